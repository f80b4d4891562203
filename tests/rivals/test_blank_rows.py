"""At the same moment.

Blank rows of units of an ended order are deleted, and its money comes late.
"""

from datetime import timedelta

import pytest
from django.utils import timezone

from shop.orders import unit_rows
from shop.orders.ending import cancel_order
from shop.orders.models import Order
from shop.orders.unit_rows import delete_blank_rows
from shop.payments.requests import release
from tests.factories.catalog import EntryFactory
from tests.factories.shop import make_cart, pay, place
from tests.rivals.processes import Rival, errors_among, no_row_locks, race

ABOUT_TO_MOVE = [(release, "move_order")]
ABOUT_TO_DELETE = [(unit_rows, "_delete_of")]


def ended() -> Order:
    order = place(make_cart(EntryFactory(handler="std_generateseats"), quantity=3))
    cancel_order(order_id=order.pk, actor=None, now=timezone.now())
    return order


def deleting(**pauses):
    later = timezone.now() + unit_rows.ROLLED_OUT_AFTER + timedelta(minutes=1)
    return Rival(lambda: delete_blank_rows(now=later), **pauses)


def rows(order: Order) -> int:
    order.refresh_from_db()
    assert order.status == "paid"
    return order.lines.get().units.count()


def test_the_rows_of_an_order_that_is_just_being_revived_are_passed_over(trial):
    order = ended()

    paid, deleted = race(Rival(lambda: pay(order), before=ABOUT_TO_MOVE), deleting(), in_turn=True)

    assert (paid.value, deleted.value, rows(order)) == ("settled", 0, 3)
    trial.note("orders revived while rows were deleted", 1)


def test_money_that_waits_for_the_deleting_brings_the_rows_back(trial):
    order = ended()

    deleted, paid = race(deleting(before=ABOUT_TO_DELETE), lambda: pay(order), in_turn=True)

    assert (deleted.value, paid.value, paid.kept_away, rows(order)) == (3, "settled", True, 3)
    trial.note("rows deleted and brought back", 3)


@pytest.mark.parametrize("who_is_first", ["money", "deleting"])
def test_control_without_the_orders_lock_a_paid_order_loses_its_rows(who_is_first):
    order = ended()
    paying = Rival(lambda: pay(order), before=ABOUT_TO_MOVE)
    rivals = [paying, deleting()] if who_is_first == "money" else [deleting(before=ABOUT_TO_DELETE), paying]

    answers = race(*rivals, in_turn=True, without=no_row_locks)

    assert errors_among(answers) == []
    assert rows(order) == 0
