"""Roles, groups and acts for a second person in a browser: they fit, are accessible, and give a role by mouse alone."""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.people.models import User
from accounts.second_person.models import Approval
from accounts.staff.roles import make_role_groups
from tests.browser.administration import check, signed_in
from tests.factories.accounts import UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.shop import make_cart, place


def test_a_role_is_given_and_read(browse, live_shop):
    make_role_groups()
    alice = UserFactory(first_name="Alice")
    page = signed_in(browse, live_shop.base_url, locale="en-GB")

    page.goto(f"/admin/accounts/user/{alice.pk}/change/")
    page.get_by_text("Administration", exact=True).last.click()
    check(page)
    page.set_viewport_size({"width": 1360, "height": 900})
    page.get_by_label("staff", exact=False).first.check()
    page.get_by_label("Accounting").check()
    page.locator("[name=_save]").first.click()
    page.wait_for_url("**/admin/accounts/user/")

    alice = User.objects.get(pk=alice.pk)
    rights = [alice.has_perm(right) for right in ("shop.confirm_money", "shop.enter_order")]
    assert (alice.is_staff, rights) == (True, [True, False])
    page.goto(f"/admin/auth/group/{Group.objects.get(staff_role__code='accounting').pk}/change/")
    check(page)


def test_an_act_is_read_and_approved(browse, live_shop):
    order = place(make_cart(EntryFactory()))
    values = {"order": order.pk, "amount": str(order.gross), "reference": "statement 7", "is_what_arrived": False}
    asked = {"kind": "confirm_money", "about": f"order:{order.pk}", "values": values}
    first = UserFactory(is_staff=True, is_superuser=True)
    approval = Approval.objects.create(**asked, asked_by=first, asked_at=timezone.now())
    page = signed_in(browse, live_shop.base_url, locale="en-GB")

    page.goto("/admin/accounts/approval/")
    check(page)
    page.goto(f"/admin/accounts/approval/{approval.pk}/change/")
    check(page)
    page.get_by_role("button", name="Approve, and do it").click()
    page.get_by_text("Approved, and done.").wait_for()

    order.refresh_from_db()
    assert order.status == "completed"  # nothing is to be delivered
