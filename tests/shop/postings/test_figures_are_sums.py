"""Figures of money say, after any history, what the rows say that they came from."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import Sum
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from billing.ledger.models import LedgerLine
from shop.orders.figures import Period, owed_back, sales
from shop.orders.giving_back.models import GivingBack
from shop.orders.giving_back.paying_back import mark_owed_again
from shop.orders.giving_back.services import give_units_back
from shop.orders.giving_back.units import went_back
from shop.orders.models import Order
from shop.payments.attention import mark_open_again, mark_resolved
from shop.payments.models import PaymentEvent
from shop.payments.pieces import pieces_of
from shop.postings.verifying import faults_of_books
from tests.factories.catalog import EntryFactory, TaxFactory
from tests.factories.shop import make_cart, pay, place
from tests.shop.admin_pages import order_url, text_of
from tests.shop.merchants import browser_of, staff
from tests.shop.papers.given import SIRET, complete_seller
from tests.shop.postings.test_postings import note_paid_back

ACTS = ("give back", "pay back", "owe again", "second charge", "resolve", "reopen")


class TestAnyHistory(TestCase):
    @settings(max_examples=15)
    @given(acts=st.lists(st.tuples(st.integers(0, 1), st.sampled_from(ACTS)), max_size=8))
    def test_figures_are_those_of_the_rows(self, acts):
        entry = EntryFactory(tiers={1: "10.01"}, tax=TaxFactory(rate=Decimal("5.50")))
        orders = [place(make_cart(entry, quantity=4), email=f"{n}@example.org") for n in range(2)]
        for order in orders:
            pay(order, reference=order.number, event_id=order.number)
        actor = staff()
        for step, (which, act) in enumerate(acts):
            self.do(orders[which], act, step, actor)

        assert list(faults_of_books()) == []
        owing = [order for order in orders if owed_by_rows(order)]
        assert owed_back() == (len(owing), sum(map(owed_by_rows, orders), Decimal(0)))
        sold = sum(day.gross for day in sales(period=Period.DAY, now=timezone.now()))
        assert sold == sum((order.gross - given_by_rows(order) for order in orders), Decimal(0))
        for order in went_back(Order.objects.all()):
            assert (order.went_back, order.owed_back) == (given_by_rows(order), owed_by_rows(order))
            second = order.payment_events.filter(outcome="second_charge")
            kept = second.exclude(handlings__isnull=False, handlings__undone_at__isnull=True)
            assert pieces_of(order).number == kept.count()
            assert pieces_of(order).amount == sum((event.amount for event in kept), Decimal(0))
        assert LedgerLine.objects.aggregate(sum=Sum("amount"))["sum"] == 0

    def do(self, order: Order, act: str, step: int, actor) -> None:
        line, now = order.lines.get(), timezone.now() + timedelta(seconds=step)
        given = GivingBack.objects.filter(line=line)
        open_events = PaymentEvent.objects.filter(order=order).needing_attention()
        match act:
            case "give back" if given.count() < line.quantity:
                units = {line.pk: [given.count()]}
                give_units_back(order_id=order.pk, units=units, actor=actor, reason="Agreed", now=now)
            case "pay back" if owed_by_rows(order):
                note_paid_back(order)
            case "owe again" if given.filter(paid_back_at__isnull=False):
                mark_owed_again(order_id=order.pk, actor=actor, now=now)
            case "second charge":
                pay(order, reference=f"second {step}", event_id=f"second {step}", now=now)
            case "resolve" if open_events:
                mark_resolved(event_id=open_events.first().pk, note="", actor=actor, now=now)
            case "reopen":
                resolved = PaymentEvent.objects.filter(order=order).resolved().first()
                if resolved is not None:
                    mark_open_again(event_id=resolved.pk, actor=actor, now=now)


def given_by_rows(order: Order) -> Decimal:
    return GivingBack.objects.filter(line__order=order).aggregate(sum=Sum("amount"))["sum"] or Decimal(0)


def owed_by_rows(order: Order) -> Decimal:
    owed = GivingBack.objects.owed().filter(line__order=order)
    return owed.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)


@pytest.mark.django_db
def test_an_orders_page_shows_its_balances_and_entries_to_those_who_read_the_ledger():
    complete_seller()
    order = place(make_cart(EntryFactory(tax=TaxFactory(name_en="VAT 20%"))), register_number=SIRET)
    pay(order)

    page = text_of(browser_of(staff("shop.view_order", "billing.view_ledgerentry")).get(order_url(order)))

    assert "money in transit Card (test) €120.00" in page
    assert "VAT collected VAT 20% (20.00 %) €20.00" in page
    assert "money allocated to an order €120.00" in page
    assert "VAT collected" not in text_of(browser_of(staff("shop.view_order")).get(order_url(order)))
