"""Rights given by two people."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from accounts.people.models import User
from accounts.second_person.models import Approval
from accounts.second_person.services import approve
from accounts.security_log.models import SecurityEvent
from accounts.staff.acts import give_rights_or_ask
from accounts.staff.rights import RightNotHeld, Wanted
from accounts.staff.roles import make_role_groups
from tests.factories.accounts import UserFactory
from tests.made_from import noted
from tests.shop.merchants import browser_of, staff

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def by_two(settings) -> None:
    settings.SECOND_PERSON_RIGHTS = True
    make_role_groups()


def administrator() -> User:
    user = staff()
    user.groups.add(role("administrator"))
    return user


def role(code: str) -> Group:
    return Group.objects.get(staff_role__code=code)


def test_rights_typed_on_a_persons_page_wait_and_the_rest_is_saved():
    first, second, alice = administrator(), administrator(), UserFactory()
    page, browser = reverse("admin:accounts_user_change", args=[alice.pk]), browser_of(first)
    sent = {
        "first_name": "Alix", "last_name": "A", "language": "en", "is_active": "on", "is_staff": "on",
        "groups": [role("sales").pk], "memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0",
    }  # fmt: skip

    answer = browser.post(page, noted(browser, page, sent), follow=True)

    assert "wait for a second person" in answer.content.decode()
    alice.refresh_from_db()
    assert (alice.first_name, alice.is_staff, alice.groups.count()) == ("Alix", False, 0)
    assert not SecurityEvent.objects.filter(kind="rights_changed").exists()

    browser_of(second).post(reverse("admin:accounts_approval_approve", args=[Approval.objects.get().pk]))

    alice.refresh_from_db()
    assert (alice.is_staff, alice.groups.get()) == (True, role("sales"))
    event = SecurityEvent.objects.get(kind="rights_changed")
    assert (event.user_id, event.actor_id, event.details["asked_by"]) == (alice.pk, second.pk, first.pk)


def test_the_second_person_too_gives_only_what_they_have():
    first, alice = administrator(), UserFactory()
    second = staff("accounts.view_approval", "accounts.give_rights")
    wanted = Wanted(is_staff=True, is_superuser=False, groups=frozenset([role("sales").pk]), permissions=frozenset())
    kept = give_rights_or_ask(user_id=alice.pk, wanted=wanted, actor=first, now=timezone.now())
    assert kept is not None

    with pytest.raises(RightNotHeld):
        approve(approval_id=kept.pk, actor=second, now=timezone.now())

    assert not alice.groups.exists()
    assert Approval.objects.get().state == "open"
