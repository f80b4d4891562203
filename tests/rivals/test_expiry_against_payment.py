"""At the same moment.

An order's unpaid time is over, and its money comes.
"""

from datetime import timedelta

import pytest

from enrolments.courses.places.models import PlaceHold
from enrolments.courses.places.services import taken
from outbox.jobs.models import Job
from shop.orders import ending as orders
from shop.orders import transitions
from shop.orders.ending import expire_orders
from shop.orders.history.models import OrderEvent
from shop.orders.models import Order
from shop.payments.models import Settlement
from shop.payments.requests import release
from tests.factories.enrolments import CourseFactory
from tests.factories.shop import make_cart, pay, place
from tests.rivals.given import session_entry
from tests.rivals.processes import Rival, deadlocks_among, errors_among, no_row_locks, race

# Both have seen the order unpaid; moving it comes next.
ABOUT_TO_MOVE = [(orders, "move_order"), (release, "move_order")]


def unpaid(number=0):
    course = CourseFactory(capacity=2)
    order = place(make_cart(session_entry(course), quantity=2), email=f"buyer{number}@example.org")
    return course, order


def paying(order, **pauses):
    return Rival(lambda: pay(order, event_id=order.number), **pauses)


def expiring(order, **pauses):
    late = order.expires_at + timedelta(seconds=1)
    return Rival(lambda: expire_orders(now=late), **pauses)


def test_an_order_that_expires_while_its_money_comes_is_paid_with_its_places(trial):
    rounds = trial.size(2, 20)
    expired_first = 0
    for number in range(rounds):
        course, order = unpaid(number)
        paid, expired = race(paying(order), expiring(order), before=ABOUT_TO_MOVE if number % 2 else ())
        assert (paid.value, paid.error, expired.error) == ("settled", "", "")
        assert deadlocks_among([paid, expired]) == 0
        order.refresh_from_db()
        assert order.status == "paid"
        assert order.events.filter(what=OrderEvent.What.EXPIRED).count() == expired.value
        assert taken([course.pk]) == {course.pk: 2}
        expired_first += expired.value
    assert Settlement.objects.count() == Job.objects.filter(kind="fulfil_line").count() == rounds
    trial.note("orders that expired while their money came", rounds)
    trial.note("paid in time", rounds - expired_first)
    trial.note("expired first, places had again", expired_first)


def test_money_that_waits_for_the_expiry_has_the_places_again(trial):
    course, order = unpaid()

    expired, paid = race(expiring(order, before=ABOUT_TO_MOVE), paying(order), in_turn=True)

    assert (expired.value, paid.value) == (1, "settled")
    assert taken([course.pk]) == {course.pk: 2}
    trial.note("orders expired and paid", 1)


def test_an_expiry_passes_over_an_order_that_is_just_being_paid(trial):
    course, order = unpaid()

    paid, expired = race(paying(order, before=ABOUT_TO_MOVE), expiring(order), in_turn=True)

    assert (paid.value, expired.value) == ("settled", 0)
    assert taken([course.pk]) == {course.pk: 2}
    trial.note("orders paid and not expired", 1)


def test_an_expiry_does_not_wait_for_the_order_that_is_just_being_paid():
    _course, order = unpaid()

    _paid, expired = race(paying(order, before=ABOUT_TO_MOVE), expiring(order), in_turn=True)

    assert (expired.value, expired.kept_away) == (0, False)


def no_guard():
    """Take both guards away: the order's lock, and the check that its state is unchanged."""
    no_row_locks()

    def move_without_asking(order, to, *, what, actor, now, detail=None, **columns):
        Order.objects.filter(pk=order.pk).update(status=to, **columns)
        return transitions.record(order, what, actor=actor, now=now, to_status=to)

    orders.move_order = release.move_order = move_without_asking


@pytest.mark.parametrize(("without", "status", "places"), [(no_row_locks, "paid", 2), (no_guard, "expired", 0)])
def test_control_without_the_guards_a_paid_order_loses_its_places(without, status, places):
    """Without the order's lock the compare-and-set still keeps the order; without both the paid order expires."""
    course, order = unpaid()

    expired, paid = race(expiring(order, before=ABOUT_TO_MOVE), paying(order), in_turn=True, without=without)

    order.refresh_from_db()
    assert errors_among([expired, paid]) == []
    assert (paid.value, order.status) == ("settled", status)
    assert PlaceHold.objects.live().filter(course=course).count() == bool(places)
