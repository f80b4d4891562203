"""Prices typed with tax: the customer pays what was typed, and tax is taken out of it, to the cent all the way down."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from billing.ledger.models import Account, LedgerLine
from billing.taxes.deciding import Supply
from catalog.services.entries import set_prices
from catalog.services.prices import read_prices
from documents.invoices.checking import check
from documents.invoices.values import from_data
from documents.issued.models import Document
from shop.orders.giving_back.models import GivingBack
from shop.orders.giving_back.services import give_units_back
from shop.orders.models import Order
from shop.papers.models import MissingPaper
from tests.factories.accounts import UserFactory
from tests.factories.catalog import EntryFactory, TaxFactory
from tests.factories.shop import deliver, fill_cart, make_cart, pay, place, postal_address
from tests.shop.papers.given import SIRET, complete_seller

pytestmark = pytest.mark.django_db


def D(text: str) -> Decimal:
    return Decimal(text)


def bought(*lines: tuple[str, int, str], with_tax: bool = True, **details) -> Order:
    """Return an order of entries of their own: price, quantity and rate of each."""
    taxes = {rate: TaxFactory(rate=rate) for rate in dict.fromkeys(rate for _price, _quantity, rate in lines)}
    entries = [EntryFactory(tiers={1: price}, tax=taxes[rate], supply=Supply.LIVE) for price, _q, rate in lines]
    read_prices(with_tax=with_tax)
    cart = make_cart(entries[0], quantity=lines[0][1])
    for entry, (_price, quantity, _rate) in zip(entries[1:], lines[1:], strict=True):
        fill_cart(cart, entry, quantity=quantity)
    return place(cart, **({"register_number": SIRET} | details))


def test_the_total_is_what_was_typed_and_tax_is_taken_out_of_the_sum():
    order = bought(("9.99", 3, "20.00"), ("9.99", 1, "20.00"), ("5.00", 1, "5.50"))

    # 39.96 holds 6.66; alone the lines would hold 4.995 and 1.665.
    assert (order.net, order.tax, order.gross) == (D("38.04"), D("6.92"), D("44.96"))
    first, second, third = order.lines.order_by("position")
    assert (first.unit_gross, first.unit_net, first.net, first.tax, first.gross) == (
        D("9.99"), D("8.32"), D("24.97"), D("5.00"), D("29.97"),
    )  # fmt: skip
    assert (second.tax, second.gross) == (D("1.66"), D("9.99"))
    assert (third.net, third.tax) == (D("4.74"), D("0.26"))


def test_the_same_figures_typed_net_have_tax_added():
    order = bought(("9.99", 3, "20.00"), with_tax=False)

    assert (order.net, order.gross, order.lines.get().unit_gross) == (D("29.97"), D("35.96"), None)


def test_a_company_that_owes_the_tax_itself_pays_the_net():
    order = bought(("119.99", 2, "20.00"), address=postal_address(country="DE"), vat_id="DE136695976")

    line = order.lines.get()
    assert (order.net, order.tax, order.gross) == (D("199.98"), 0, D("199.98"))
    assert (line.unit_gross, line.unit_net) == (None, D("99.99"))


def test_the_rate_of_another_country_leaves_the_total():
    TaxFactory(rate="19.00", country="DE")
    order = bought(("119.00", 1, "20.00"), address=postal_address(country="DE"), is_organisation=False)

    assert (order.net, order.tax, order.gross) == (100, 19, 119)


def test_papers_have_unit_nets_to_six_decimals():
    complete_seller()
    order = bought(("9.99", 3, "20.00"), ("100.00", 7, "20.00"))
    pay(order)

    invoice = from_data(Document.objects.get().data)
    assert not MissingPaper.objects.exists()
    check("invoice", invoice)
    assert [line.unit_net for line in invoice.lines] == [D("8.326667"), D("83.332857")]
    assert (invoice.net, invoice.tax, invoice.gross) == (order.net, order.tax, order.gross)


def test_units_given_back_one_by_one_are_worth_what_they_cost():
    order = bought(("9.99", 3, "20.00"))
    pay(order)
    deliver(order)
    line = order.lines.get()
    for index in range(3):
        give_units_back(
            order_id=order.pk, units={line.pk: [index]}, actor=UserFactory(), reason="x", now=timezone.now()
        )

    assert list(GivingBack.objects.order_by("pk").values_list("amount", flat=True)) == [D("9.99")] * 3
    assert all(sum_of(order, account) == 0 for account in (Account.SALES, Account.VAT))


def sum_of(order: Order, account: str) -> int:
    return sum(LedgerLine.objects.filter(account=account, order_id=order.pk).values_list("amount", flat=True))


def test_a_price_typed_later_is_read_like_the_others():
    seller = complete_seller()
    type(seller).objects.update(prices_include_tax=True)
    entry = EntryFactory()
    set_prices(entry=entry, tiers={1: D("120.00")})

    assert place(make_cart(entry)).gross == D("120.00")


PRICES = st.integers(0, 30_000).map(lambda cents: f"{cents / 100:.2f}")
RATES = st.sampled_from(["20.00", "5.50", "2.10", "0.00", "8.50"])


class TestAnyMix(TestCase):
    @given(
        lines=st.lists(st.tuples(PRICES, st.integers(1, 5), RATES), min_size=1, max_size=4),
        with_tax=st.booleans(),
        back=st.lists(st.integers(0, 4), max_size=4),
    )
    @settings(max_examples=15)
    def test_lines_codes_order_papers_and_books_agree(self, lines, with_tax, back):
        complete_seller()
        order = bought(*lines, with_tax=with_tax, user=UserFactory())
        sold = list(order.lines.order_by("position"))

        assert [sum(getattr(line, name) for line in sold) for name in ("net", "tax", "gross")] == [
            order.net, order.tax, order.gross,
        ]  # fmt: skip
        if with_tax:
            assert [line.gross for line in sold] == [D(price) * quantity for price, quantity, _rate in lines]
        if order.is_free:
            return
        pay(order)
        assert not MissingPaper.objects.filter(order=order).exists()
        invoice = from_data(Document.objects.get(order_id=order.pk).data)
        assert (invoice.net, invoice.tax, invoice.gross) == (order.net, order.tax, order.gross)
        deliver(order)
        given_back(order, sold, back)
        rest = {line.pk: range(line.quantity) for line in sold}
        assert all(amount >= 0 for amount in GivingBack.objects.values_list("amount", flat=True))
        for line in sold:
            gone = set(back) & set(rest[line.pk])
            given_back(order, [line], [index for index in rest[line.pk] if index not in gone])
        assert sum(GivingBack.objects.values_list("amount", flat=True)) == order.gross
        assert all(sum_of(order, account) == 0 for account in (Account.SALES, Account.VAT))


def given_back(order, lines, indexes) -> None:
    for line in lines:
        ours = sorted({index for index in indexes if index < line.quantity})
        if ours:
            give_units_back(
                order_id=order.pk, units={line.pk: ours}, actor=UserFactory(), reason="Asked", now=timezone.now()
            )
