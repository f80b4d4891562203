"""Operators limited to a part of an account are told when its seats of an entry are nearly used up, or all."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.members.models import Membership
from enrolments.overview.mail_kinds import is_due
from enrolments.overview.tasks import tell_of_used_up_seats
from enrolments.overview.thresholds_of_parts import tell_used_up_in_parts
from enrolments.seats.release import release_seat
from outbox.mails.models import Mail
from outbox.mails.rendering import render_mail
from tests.enrolments.given import assign
from tests.enrolments.teams.given import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    world = World()
    world.limit(teams=[world.nantes.pk])
    return world


def use(world, *seats):
    for seat in seats:
        assign(seat, world.safety, f"p{seat.pk}@example.org", world.alice, now=timezone.now())


def told(world):
    mails = Mail.objects.filter(kind="seats_used_up", recipient=world.bob.email).order_by("pk")
    return [(mail.context["used"], mail.context["total"]) for mail in mails]


def test_their_part_alone_is_counted_and_told_once(world):
    use(world, world.inside[1])
    tell_of_used_up_seats()
    assert told(world) == []

    use(world, world.inside[2])
    for _twice in range(2):
        tell_of_used_up_seats()

    assert told(world) == [(3, 3)]
    mail = Mail.objects.get(kind="seats_used_up", recipient=world.bob.email)
    assert is_due(mail, timezone.now())
    assert "The part of the account that you work with is counted." in render_mail(
        mail, blank_secrets=True
    ).text.replace("\n", " ")
    assert not Mail.objects.filter(kind="seats_used_up", recipient=world.alice.email).exists()


def test_a_seat_freed_after_all_were_used_is_no_news(world):
    use(world, world.inside[1], world.inside[2])
    tell_used_up_in_parts(now=timezone.now())
    release_seat(account=world.account, seat_id=world.inside[1].pk, actor=None, now=timezone.now())
    world.limit(teams=[world.nantes.pk], orders=[world.outside[0].batch.order_id])

    tell_used_up_in_parts(now=timezone.now())

    assert told(world) == [(3, 3)]


def test_who_does_not_want_it_hears_nothing(world):
    use(world, world.inside[1], world.inside[2])
    Membership.objects.update(wants_thresholds=False)

    assert tell_used_up_in_parts(now=timezone.now()) == 0


def test_operators_of_one_part_are_counted_together(world):
    def statements():
        with CaptureQueriesContext(connection) as asked:
            tell_used_up_in_parts(now=timezone.now())
        return len(asked)

    statements()
    once = statements()
    Membership.objects.filter(user=world.alice).update(
        is_owner=False, is_operator=True, limits=Membership.objects.get(pk=world.membership.pk).limits
    )

    assert statements() == once
