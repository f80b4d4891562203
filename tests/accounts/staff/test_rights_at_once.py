"""Rights taken and passed on at the same moment."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.people.models import User
from accounts.staff import rights
from accounts.staff.rights import Wanted, change_rights
from accounts.staff.roles import make_role_groups
from tests.factories.accounts import UserFactory
from tests.rivals.processes import Rival, errors_among, race

pytestmark = pytest.mark.django_db(transaction=True)


def no_lock() -> None:
    rights.lock_rights = lambda: None


def taken_while_passed_on(**how):
    """Take the administrator's role while the administrator gives it to somebody; return the answers and the giver."""
    make_role_groups()
    role = Group.objects.get(staff_role__code="administrator").pk
    boss = UserFactory(is_superuser=True)
    giver, alice = UserFactory(is_staff=True), UserFactory()
    giver.groups.add(role)

    def changes(user, actor, *groups):
        wanted = Wanted(is_staff=True, is_superuser=False, groups=frozenset(groups), permissions=frozenset())
        return change_rights(user_id=user.pk, wanted=wanted, actor_id=actor.pk, now=timezone.now())

    def take():
        from django.db import transaction

        with transaction.atomic():
            return changes(giver, boss)

    def pass_on():
        from django.db import transaction

        with transaction.atomic():
            return changes(alice, giver, role)

    # The one who takes has decided, and writes next, when the other asks for the giver's rights.
    answers = race(Rival(take, before=[(rights, "_tell")]), pass_on, in_turn=True, **how)
    return answers, User.objects.get(pk=alice.pk).groups.exists()


def test_a_right_that_is_being_taken_is_not_passed_on():
    answers, has_it = taken_while_passed_on()

    assert errors_among(answers) == ["MayNotGive"]
    assert not has_it


def test_control_without_the_lock_it_is_passed_on():
    answers, has_it = taken_while_passed_on(without=no_lock)

    assert errors_among(answers) == []
    assert has_it
