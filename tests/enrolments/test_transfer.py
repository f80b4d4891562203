"""Claiming an order takes everything the order made into the claimant's account."""

import pytest
from django.apps import apps

from accounts.members.models import CustomerAccount
from enrolments.calendar.links import make_link
from enrolments.calendar.models import CalendarLink
from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.places.models import PlaceHold
from enrolments.courses.places.services import hold_places
from enrolments.grounds.enrol_line import enrol_on_line
from enrolments.grounds.models import Ground
from enrolments.lists.models import PeopleList
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.history.models import SeatEvent
from enrolments.seats.models import Seat
from enrolments.transfer import move_order
from enrolments.values import Terms
from enrolments.waiting.models import WaitingPlace
from outbox.jobs.running import run_due_jobs
from tests.enrolments.given import NOW, given_pack, given_session, new_line
from tests.enrolments.joining.given import given_link
from tests.enrolments.lists.given import begin, given_list, people
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.enrolments import CourseFactory, role

pytestmark = pytest.mark.django_db

MODELS = (SeatBatch, Seat, SeatEvent, CourseGroup, Ground, PlaceHold)


def given_order(account):
    course = CourseFactory()
    line = new_line(account)
    given_session(course, account, learners=(UserFactory(),), blanks=1, line=line)
    given_pack(account, seats=2, line=new_line(account, order_id=line.order_id))
    other = CourseFactory()
    last = new_line(account, order_id=line.order_id)
    hold_places(course=other, line=last, places=1, now=NOW)
    enrol_on_line(line=last, course=other, user=UserFactory(), role=role(), group=None, terms=Terms(), now=NOW)
    return line.order_id


def counts(account):
    return [model.objects.filter(account=account).count() for model in MODELS]


def test_everything_of_the_order_moves_and_nothing_else():
    visitor, claimant = CustomerAccountFactory.create_batch(2)
    order_id = given_order(visitor)
    given_order(visitor)
    given_pack(claimant)
    everything = counts(visitor)

    move_order(order_id=order_id, from_account=visitor, to_account=claimant)

    half = [count // 2 for count in everything]
    assert counts(visitor) == half
    assert counts(claimant) == [count + more for count, more in zip(half, (1, 1, 1, 0, 0, 0), strict=True)]
    assert set(SeatBatch.objects.filter(order_id=order_id).values_list("account", "seats__account")) == {
        (claimant.pk, claimant.pk)
    }


def test_moving_takes_as_many_statements_for_many_seats_as_for_few(django_assert_num_queries):
    visitor, claimant = CustomerAccountFactory.create_batch(2)
    [seat, *_others] = given_pack(visitor, seats=500)

    with django_assert_num_queries(18):
        move_order(order_id=seat.batch.order_id, from_account=visitor, to_account=claimant)


def test_lists_links_and_calendars_of_the_account_move_too():
    owner = MembershipFactory(is_operator=True)
    visitor, claimant, course = owner.account, CustomerAccountFactory(), CourseFactory()
    [seat, *_others] = given_pack(visitor, seats=4)
    given_pack(claimant, seats=4)
    twice = given_list(visitor, owner.user, people("ada@example.org"), course)
    theirs = given_list(claimant, owner.user, people("ada@example.org"), course)
    begun = begin(given_list(visitor, owner.user, people("bob@example.org"), course))
    run_due_jobs(limit=1)
    link = given_link(seat.batch, owner.user)
    old, kept = (make_link(person=owner.user, account=account, shown=0, now=NOW) for account in (visitor, claimant))

    move_order(order_id=seat.batch.order_id, from_account=visitor, to_account=claimant)

    assert dict(PeopleList.objects.values_list("pk", "account")) == {
        theirs.pk: claimant.pk, begun.pk: claimant.pk,
    }  # fmt: skip
    assert twice.pk not in PeopleList.objects.values_list("pk", flat=True)
    link.refresh_from_db()
    assert link.account == claimant
    assert list(CalendarLink.objects.filter(account__isnull=False)) == [kept]
    assert old != kept
    MembershipFactory(account=claimant, user=owner.user, is_operator=True)
    run_due_jobs()
    begun.refresh_from_db()
    assert begun.state == PeopleList.State.DONE
    assert Seat.objects.get(person__email="bob@example.org").account == claimant


def test_waiting_places_of_the_account_keep_their_turn_and_none_is_there_twice():
    visitor, claimant, both, own = (*CustomerAccountFactory.create_batch(2), *CourseFactory.create_batch(2))
    order_id = given_order(visitor)
    kept, moved = (
        WaitingPlace.objects.create(course=course, account=account, joined_at=NOW, nonce=token, token_hash=token)
        for course, account, token in ((both, claimant, "a"), (own, visitor, "b"))
    )
    WaitingPlace.objects.create(course=both, account=visitor, joined_at=NOW, nonce="c", token_hash="c")

    move_order(order_id=order_id, from_account=visitor, to_account=claimant)

    assert set(WaitingPlace.objects.values_list("pk", "account")) == {(kept.pk, claimant.pk), (moved.pk, claimant.pk)}


# Rows that refer to an account, and what becomes of them when the account of a claimed order goes away.
MOVED = {"CourseGroup", "PlaceHold", "Ground", "SeatBatch", "Seat", "SeatEvent"}
MOVED_WITH_ACCOUNT = {"PeopleList", "JoinLink", "CourseRequest", "CalendarLink", "WaitingPlace", "WaitingEvent", "Run"}


def test_every_row_of_this_floor_that_refers_to_an_account_is_moved():
    """A new table that keeps an account from being deleted would end the move of a claimed order with an error."""
    referring = {
        model.__name__
        for model in apps.get_app_config("enrolments").get_models()
        for field in model._meta.concrete_fields
        if field.related_model is CustomerAccount
    }

    assert referring == MOVED | MOVED_WITH_ACCOUNT


def test_another_accounts_order_of_that_number_stays():
    owner, claimant = CustomerAccountFactory.create_batch(2)
    order_id = given_order(owner)

    move_order(order_id=order_id, from_account=CustomerAccountFactory(), to_account=claimant)

    assert counts(claimant) == [0] * len(MODELS)
