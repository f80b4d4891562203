"""Bank accounts to which money went back are blanked: some time after the end, and with an erasure."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from common.personal_data import HOLDINGS, Person
from shop.payments.refunds.models import Refund
from shop.payments.transfers_back.models import PayeeAccount
from shop.payments.transfers_back.services import FileClosed, content_of, mark_sent, note_arrived
from shop.payments.transfers_back.tidying import payee_accounts
from tests.constraints import run
from tests.shop.merchants import staff
from tests.shop.payments.transfers_back.conftest import put_into_file

pytestmark = pytest.mark.django_db
LATER = timedelta(days=91)


def blanked_until(moment) -> int:
    return payee_accounts(before=moment, limit=10)


def test_blanked_some_time_after_the_end(refund):
    file = put_into_file(refund)
    assert blanked_until(timezone.now() + LATER) == 0
    mark_sent(file_id=file.pk, actor=staff(), now=timezone.now())
    note_arrived(refund_id=refund.pk, now=timezone.now())

    assert blanked_until(timezone.now() - LATER) == 0
    assert blanked_until(timezone.now() + LATER) == 1

    account = PayeeAccount.objects.get()
    assert (account.secrets, account.masked, account.iban, account.holder) == ({}, "–", "", "")
    assert blanked_until(timezone.now() + LATER) == 0
    with pytest.raises(FileClosed):
        content_of(file)


def test_one_of_which_nothing_came_goes_too(refund):
    Refund.objects.update(payee=None, way="outside")
    assert blanked_until(timezone.now() + LATER) == 1


def test_an_erasure_waits_for_money_under_way_and_blanks_then(order, refund):
    holding = HOLDINGS.get("payee_accounts")
    person = Person(key=0, emails=frozenset({order.contact_email}))
    assert [value.value for value in next(iter(holding.describe(person)))] == [
        order.number,
        "Élodie Łukasz & fils",
        "•••• 3000",
    ]
    assert holding.waits(person)
    assert holding.blank(person, timezone.now(), 10) == 0

    run("UPDATE shop_refund SET state = 'done', done_at = now()")

    assert not holding.waits(person)
    assert holding.blank(person, timezone.now(), 10) == 1
    assert holding.blank(person, timezone.now(), 10) == 0
