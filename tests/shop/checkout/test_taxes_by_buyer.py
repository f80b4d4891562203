"""Taxes by buyer: what the review shows is what is placed, frozen on the line and posted."""

from decimal import Decimal

import pytest

from billing.ledger.models import Account, LedgerLine
from billing.taxes.deciding import Supply
from billing.taxes.kinds import TaxKind
from catalog.models.entries import Entry
from tests.factories.accounts import UserFactory
from tests.factories.catalog import EntryFactory, TaxFactory
from tests.factories.shop import fill_cart, make_cart, pay, place, postal_address
from tests.shop.papers.given import complete_seller

pytestmark = pytest.mark.django_db


@pytest.fixture
def live() -> Entry:
    return EntryFactory(supply=Supply.LIVE, tiers={1: "100.00"})


def sold_to(country: str, entry: Entry, **details):
    address = postal_address(country=country)
    return place(make_cart(entry), address=address, user=UserFactory(), **details)


def test_a_company_of_the_union_owes_the_tax_itself(live):
    order = sold_to("DE", live, vat_id="DE136695976")

    line = order.lines.get()
    assert (order.net, order.tax, order.gross) == (100, 0, 100)
    assert (line.tax_rate, line.tax_terms["kind"], line.tax_terms["category"]) == (0, "reverse", "AE")
    assert (line.tax_terms["vatex"], line.tax_terms["mention"]["fr"]) == ("VATEX-EU-AE", "Autoliquidation")
    assert (line.tax_terms["rule"], line.tax_terms["country"]) == ("reverse_charge", "DE")


def test_without_its_number_it_pays_ours(live):
    assert sold_to("DE", live).tax == 20


def test_the_number_of_another_country_does_not_count(live):
    assert sold_to("DE", live, vat_id="FR40303265045").tax == 20


def test_a_rate_kept_for_the_country_is_taken(live):
    TaxFactory(rate="19.00", country="DE")
    reduced = TaxFactory(rate="7.00", country="DE", kind=TaxKind.REDUCED)
    own_reduced = EntryFactory(supply=Supply.LIVE, tax=TaxFactory(rate="5.50", kind=TaxKind.REDUCED))

    assert sold_to("DE", live).tax == 19
    order = sold_to("DE", own_reduced)
    assert order.tax == 7
    assert order.lines.get().tax_terms["code"] == reduced.pk


def test_outside_the_union_there_is_none(live):
    line = sold_to("US", live).lines.get()

    assert (line.tax, line.tax_terms["kind"], line.tax_terms["vatex"]) == (0, "outside", "VATEX-EU-O")


def test_the_merchants_own_code_of_that_kind_gives_its_words(live):
    TaxFactory(rate="0.00", kind=TaxKind.OUTSIDE, exemption="", mention_en="Not in our scope")

    assert sold_to("US", live).lines.get().tax_terms["mention"]["en"] == "Not in our scope"


def test_at_home_the_entrys_own_code_is_frozen(live):
    line = sold_to("FR", live).lines.get()

    assert (line.tax, line.tax_rate) == (20, 20)
    assert line.tax_terms == live.tax.terms()


def test_lines_of_one_order_may_be_taxed_apart(live):
    cart = make_cart(live)
    fill_cart(cart, EntryFactory(supply=Supply.ON_SITE))
    order = place(cart, address=postal_address(country="DE"), vat_id="DE136695976", user=UserFactory())

    assert sorted(order.lines.values_list("tax", flat=True)) == [Decimal("0.00"), Decimal("20.00")]


def test_the_books_name_the_kind_where_no_code_is_kept(live):
    complete_seller()
    order = sold_to("DE", live, vat_id="DE136695976")
    pay(order)

    sales = LedgerLine.objects.filter(account=Account.SALES, order_id=order.pk)
    assert list(sales.values_list("part", "amount")) == [("reverse:0.00", -10000)]


def test_the_tax_of_several_lines_is_that_of_their_sum():
    tax = TaxFactory(rate="20.00")
    cart = make_cart(EntryFactory(tiers={1: "0.02"}, tax=tax))
    fill_cart(cart, EntryFactory(tiers={1: "0.02"}, tax=tax))
    order = place(cart)

    # 0.004 each, 0.008 together: the first line bears the cent.
    assert order.tax == Decimal("0.01")
    assert list(order.lines.order_by("position").values_list("tax", flat=True)) == [Decimal("0.01"), Decimal("0.00")]
