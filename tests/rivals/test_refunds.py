"""At the same moment.

Two merchants send back what is owed for one order.
"""

from decimal import Decimal
from functools import partial

from django.utils import timezone

from shop.orders.giving_back.owed import owed_for
from shop.orders.giving_back.services import give_units_back
from shop.payments.refunds import sending
from shop.payments.refunds.models import Refund
from tests.factories.accounts import UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.shop import make_cart, pay, place, units_left
from tests.rivals.processes import deadlocks_among, errors_among, no_row_locks, race

# What is owed was read; the refunds come next.
ABOUT_TO_SEND = [(sending, "shares_of")]


def sent_by_two(number=0, **how):
    """Give back one of two units, and let two people send the money; return the order and their answers."""
    merchant, now = UserFactory(is_staff=True), timezone.now()
    order = place(make_cart(EntryFactory(), quantity=2), email=f"buyer{number}@example.org")
    pay(order, event_id=order.number)
    [(line_id, indexes)] = units_left(order).items()
    give_units_back(order_id=order.pk, units={line_id: indexes[:1]}, actor=merchant, reason="", now=now)
    send = partial(sending.send_back, order_id=order.pk, owed=owed_for(order), actor=merchant, now=now)
    return order, race(send, send, before=ABOUT_TO_SEND, **how)


def sent(order):
    return sum(Refund.objects.filter(order=order).values_list("amount", flat=True), Decimal(0))


def test_two_send_back_at_once(trial):
    rounds = trial.size(1, 10)
    for number in range(rounds):
        order, answers = sent_by_two(number)
        assert errors_among(answers) == ["NothingOwed"]
        assert deadlocks_among(answers) == 0
        assert sent(order) == order.gross / 2
    trial.note("refunds asked for by two merchants at once", rounds)


def test_control_without_the_orders_lock_one_of_them_is_told_nothing_they_understand():
    order, answers = sent_by_two(without=no_row_locks)

    assert errors_among(answers) == ["ValueError"]
    assert sent(order) == order.gross / 2
