"""At the same moment two people of the staff note that a bank took the same money back."""

from __future__ import annotations

import os
from functools import partial

from django.utils import timezone

from shop.payments.charge_backs import by_hand
from shop.payments.charge_backs.models import ChargeBack
from tests.factories.accounts import UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.shop import make_cart, pay, place
from tests.rivals.processes import Rival, deadlocks_among, errors_among, race

ABOUT_TO_TELL = [(by_hand, "settle")]


def noted_twice(**how):
    """Note the whole payment as taken back while a colleague does."""
    order = place(make_cart(EntryFactory()), email="buyer@example.org")
    pay(order, provider="transfer", reference="cheque 7")
    payment, now = order.payments.get(), timezone.now()
    told = {"payment_id": payment.pk, "amount": payment.amount, "left": payment.amount, "day": timezone.localdate()}
    first, second = (
        partial(by_hand.note_charge_back, **told, reason="Returned", actor=UserFactory(is_staff=True), now=now)
        for _ in "12"
    )
    return race(Rival(first, before=ABOUT_TO_TELL), second, in_turn=True, **how)


def test_it_is_noted_once():
    answers = noted_twice()
    assert errors_among(answers) == ["LeftDiffers"]
    assert deadlocks_among(answers) == 0
    assert ChargeBack.objects.count() == 1


def test_control_with_a_name_of_each_it_is_noted_twice():
    assert errors_among(noted_twice(without=with_names_of_their_own)) == []
    assert ChargeBack.objects.count() == 2


def with_names_of_their_own() -> None:
    by_hand._BY_HAND = f"by hand {os.getpid()} "
