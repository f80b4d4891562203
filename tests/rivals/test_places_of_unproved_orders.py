"""At the same moment.

The hour of an unproved order is over, and its money comes; its address is proved, and somebody buys the last place.
"""

from datetime import timedelta

import pytest
from django.utils import timezone

from enrolments.courses.places.services import taken
from shop.orders import places as module
from shop.orders.models import Order
from shop.orders.places import prove_order, release_unproved_places
from shop.payments.requests import release
from shop.payments.services import choose_method
from tests.factories.enrolments import CourseFactory
from tests.factories.shop import make_cart, pay, place
from tests.rivals.given import COUNTING, session_entry
from tests.rivals.processes import Rival, deadlocks_among, errors_among, no_row_locks, race

HOUR = timedelta(hours=1)
# Both have read the order: to release its places, to pay it.
HAVE_READ = [(module, "undo_pre_payment"), (release, "move_order")]


def unproved(course, number=0):
    order = place(make_cart(session_entry(course)), email=f"buyer{number}@example.org", is_proved=False)
    choose_method(order_id=order.pk, method="transfer", actor=None, now=order.placed_at)
    return order


def releasing(order, **pauses):
    return Rival(lambda: release_unproved_places(now=order.placed_at + HOUR), **pauses)


def paying(order, **pauses):
    return Rival(lambda: pay(order, event_id=order.number), **pauses)


def test_an_order_that_loses_its_places_while_its_money_comes_is_paid_with_them(trial):
    rounds = trial.size(2, 20)
    released_first = 0
    for number in range(rounds):
        course = CourseFactory(capacity=1)
        order = unproved(course, number)
        released, paid = race(releasing(order), paying(order), before=HAVE_READ if number % 2 else ())
        assert (errors_among([released, paid]), paid.value) == ([], "settled")
        assert deadlocks_among([released, paid]) == 0
        order.refresh_from_db()
        assert (order.status, order.places_released_at, taken([course.pk])) == ("paid", None, {course.pk: 1})
        released_first += released.value
    trial.note("orders whose hour ended while their money came", rounds)
    trial.note("released first, places had again", released_first)


def test_a_release_passes_over_an_order_that_is_just_being_paid():
    course = CourseFactory(capacity=1)
    order = unproved(course)

    paid, released = race(paying(order, before=HAVE_READ), releasing(order), in_turn=True)

    assert (paid.value, released.value, released.kept_away) == ("settled", 0, False)
    assert taken([course.pk]) == {course.pk: 1}


def test_control_without_the_orders_lock_a_paid_order_loses_its_places():
    course = CourseFactory(capacity=1)
    order = unproved(course)

    released, paid = race(releasing(order, before=HAVE_READ), paying(order), in_turn=True, without=no_row_locks)

    assert paid.value == "settled"
    # The constraint refuses to write that a paid order has no places; the release is undone with it.
    assert (released.value, taken([course.pk])) == (0, {course.pk: 1})
    assert Order.objects.get(pk=order.pk).places_released_at is None


def a_proof_and_a_rival(course, number=0, **how):
    order = unproved(course, number)
    assert release_unproved_places(now=order.placed_at + HOUR) == 1
    cart = make_cart(session_entry(course))

    def proving():
        return prove_order(order_id=order.pk, actor=None, now=timezone.now()).has_lost_places

    def buying():
        return place(cart, email=f"rival{number}@example.org").pk

    bought, proved = race(Rival(buying), Rival(proving), before=COUNTING, after=COUNTING, **how)
    return bought, proved


@pytest.mark.parametrize("in_turn", [False, True])
def test_a_proof_and_a_rival_share_no_last_place(trial, in_turn):
    rounds = trial.size(2, 10)
    gone = 0
    for number in range(rounds):
        course = CourseFactory(capacity=1)
        bought, proved = a_proof_and_a_rival(course, number, in_turn=in_turn)
        assert (bought.error, proved.value) in (("", True), ("HandlerRefused", False))
        assert deadlocks_among([bought, proved]) == 0
        assert taken([course.pk]) == {course.pk: 1}
        gone += proved.value
    trial.note("last places between a proof and a rival", rounds)
    trial.note("bought by the rival", gone)


def test_control_without_the_courses_lock_both_have_the_last_place():
    course = CourseFactory(capacity=1)

    bought, proved = a_proof_and_a_rival(course, without=no_row_locks)

    assert (bought.error, proved.value) == ("", False)
    assert taken([course.pk]) == {course.pk: 2}
