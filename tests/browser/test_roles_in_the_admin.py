"""Roles, groups, acts for a second person and the security log in a browser: they fit and are accessible as a whole."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from accounts.people.models import User
from accounts.second_person.models import Approval
from accounts.security_log.kinds import Kind
from accounts.security_log.models import SecurityEvent
from accounts.security_log.services import record
from accounts.staff.roles import make_role_groups
from tests.browser.administration import check, signed_in
from tests.browser.looks import findings, tab_to
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


@pytest.mark.parametrize(("locale", "scheme"), [("en-GB", "light"), ("fr-FR", "dark")])
def test_the_security_log_is_read_on_any_screen_and_by_keyboard(browse, live_shop, locale, scheme):
    make_role_groups()
    page = signed_in(browse, live_shop.base_url, locale=locale, color_scheme=scheme, reduced_motion="reduce")
    alice = UserFactory()
    for kind in Kind:
        record(kind, now=timezone.now(), user_id=alice.pk, details={"page": "accounts.user", "row": alice.pk})
    event = SecurityEvent.objects.latest("pk")
    log = reverse("admin:accounts_securityevent_changelist")
    role = Group.objects.get(staff_role__code="accounting").pk
    addresses = [
        f"{log}{event.pk}/change/",
        f"{log}?person=nobody@example.org",
        reverse("admin:auth_group_changelist"),
        reverse("admin:auth_group_change", args=[role]),
        log,
    ]
    for address in addresses:
        page.set_viewport_size({"width": 1360, "height": 800})
        page.goto(address)
        check(page)
        assert findings(page, runOnly=["wcag2a", "wcag2aa", "best-practice"]) == [], address
    title = page.locator("h1")
    assert title.evaluate("title => title.scrollWidth <= title.clientWidth + 1")

    menu = page.locator("#nav-sidebar")
    expect(menu).to_be_hidden()
    tab_to(page, "main button[aria-label]")
    page.keyboard.press("Enter")
    expect(menu).to_be_visible()
