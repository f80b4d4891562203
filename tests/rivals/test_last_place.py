"""At the same moment.

The last place of a course goes to one, whoever asks for it: a checkout, an operator, or money that came late.
"""

from datetime import timedelta

import pytest
from django.utils import timezone

from enrolments.courses.places.models import PlaceHold
from enrolments.courses.places.services import taken
from shop.orders.ending import expire_orders
from shop.orders.models import Order
from tests.enrolments.given import assign, given_pack
from tests.factories.accounts import CustomerAccountFactory, UserFactory
from tests.factories.enrolments import CourseFactory
from tests.factories.shop import make_cart, pay, place
from tests.rivals.given import COUNTING, buying, session_entry
from tests.rivals.processes import errors_among, no_row_locks, race, values_among


def buyers_of(course, count, **how):
    entry = session_entry(course)
    carts = [make_cart(entry) for _buyer in range(count)]
    # An address may have few unpaid orders at a time, so each is used in one course only.
    return race(*(buying(cart, f"buyer{n}.of{course.pk}@example.org") for n, cart in enumerate(carts)), **how)


@pytest.mark.parametrize("how", [{}, {"before": COUNTING, "after": COUNTING}], ids=["let loose", "step by step"])
def test_the_last_place_is_bought_once(trial, how):
    rounds, buyers = trial.size(1, 10), trial.size(4, 8)
    won = refused = 0
    for _round in range(rounds):
        course = CourseFactory(capacity=1)
        answers = buyers_of(course, buyers, **how)
        assert errors_among(answers) == ["HandlerRefused"] * (buyers - 1)
        assert taken([course.pk]) == {course.pk: 1}
        won += len(values_among(answers))
        refused += len(errors_among(answers))
    trial.note("buyers for a last place", rounds * buyers)
    trial.note("orders", won)
    trial.note("refused", refused)
    assert Order.objects.count() == rounds


def test_control_without_the_courses_lock_the_last_place_is_sold_to_all():
    course = CourseFactory(capacity=1)

    answers = buyers_of(course, 3, before=COUNTING, after=COUNTING, without=no_row_locks)

    assert errors_among(answers) == []
    assert taken([course.pk]) == {course.pk: 3}


def leave_no_order_unpaid():
    """Cancel unpaid orders: an address may hold few at a time, and each round has the same buyer."""
    Order.objects.filter(status="placed").update(status="cancelled")


def a_checkout_and_an_operator(course, **how):
    operator, [seat] = UserFactory(), given_pack(CustomerAccountFactory())
    cart = make_cart(session_entry(course))
    return race(
        buying(cart, "buyer@example.org"),
        lambda: assign(seat, course, "carol@example.org", operator, now=timezone.now()).is_used,
        before=COUNTING,
        after=COUNTING,
        **how,
    )


def test_a_checkout_and_an_operator_share_no_last_place(trial):
    rounds = trial.size(2, 20)
    by_operator = 0
    for number in range(rounds):
        course = CourseFactory(capacity=1)
        # Alternately without pauses, and with the checkout ahead: an operator is faster.
        bought, assigned = a_checkout_and_an_operator(course, in_turn=number % 2 == 1)
        assert [bought.error, assigned.error] in (["", "CourseFull"], ["HandlerRefused", ""])
        assert taken([course.pk]) == {course.pk: 1}
        leave_no_order_unpaid()
        by_operator += not assigned.error
    assert rounds - by_operator >= rounds // 2
    trial.note("last places between a checkout and an operator", rounds)
    trial.note("bought", rounds - by_operator)
    trial.note("assigned", by_operator)


def test_control_without_the_courses_lock_both_have_it():
    course = CourseFactory(capacity=1)

    answers = a_checkout_and_an_operator(course, without=no_row_locks)

    assert errors_among(answers) == []
    assert taken([course.pk]) == {course.pk: 2}


def late_money_and_a_rival(course, **how):
    entry = session_entry(course)
    late = place(make_cart(entry), email="late@example.org")
    expire_orders(now=late.placed_at + timedelta(days=1))
    cart = make_cart(entry)
    rival, paid = race(buying(cart, "rival@example.org"), lambda: pay(late), before=COUNTING, after=COUNTING, **how)
    return paid.value, rival.error


def test_late_money_and_a_rival_share_no_last_place(trial):
    rounds = trial.size(2, 20)
    settled = 0
    for number in range(rounds):
        course = CourseFactory(capacity=1)
        # Alternately without pauses, and with the rival ahead: money is faster.
        outcome, refusal = late_money_and_a_rival(course, in_turn=number % 2 == 1)
        assert (outcome, refusal) in (("settled", "HandlerRefused"), ("late", ""))
        assert taken([course.pk]) == {course.pk: 1}
        leave_no_order_unpaid()
        settled += outcome == "settled"
    assert rounds - settled >= rounds // 2
    trial.note("last places between late money and a rival", rounds)
    trial.note("settled late", settled)
    trial.note("bought by the rival", rounds - settled)


def test_control_without_the_courses_lock_late_money_oversells():
    course = CourseFactory(capacity=1)

    assert late_money_and_a_rival(course, without=no_row_locks) == ("settled", "")
    assert PlaceHold.objects.live().filter(course=course).count() == 2
