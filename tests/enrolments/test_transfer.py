"""Claiming an order takes everything the order made into the claimant's account."""

import pytest

from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.places.models import PlaceHold
from enrolments.courses.places.services import hold_places
from enrolments.grounds.enrol_line import enrol_on_line
from enrolments.grounds.models import Ground
from enrolments.seats.models import Seat, SeatBatch, SeatEvent
from enrolments.transfer import move_order
from enrolments.values import Terms
from tests.enrolments.given import NOW, given_pack, given_session, new_line
from tests.factories.accounts import CustomerAccountFactory, UserFactory
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

    with django_assert_num_queries(9):
        move_order(order_id=seat.batch.order_id, from_account=visitor, to_account=claimant)


def test_another_accounts_order_of_that_number_stays():
    owner, claimant = CustomerAccountFactory.create_batch(2)
    order_id = given_order(owner)

    move_order(order_id=order_id, from_account=CustomerAccountFactory(), to_account=claimant)

    assert counts(claimant) == [0] * len(MODELS)
