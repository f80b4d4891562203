"""Documents of any mix of lines, parts, shares and units given back sum to what is sold, to the cent, and add up."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from billing.taxes.spreading import Taxable, spread_tax
from documents.invoices.checking import faults_of
from documents.invoices.values import Due, Party
from shop.orders.lines.models import OrderLine
from shop.orders.models import Order
from shop.papers.amounts import NOTHING, spread_over
from shop.papers.contents import contents_of
from shop.papers.lines import SoldLine
from shop.papers.planning import Deducted, Share, plan_deposits, plan_invoices, plan_receipt
from shop.seller.models import ShopIdentity
from tests.shop.papers.given import SELLER, SIRET

DAY = date(2026, 12, 1)
CENT = Decimal("0.01")
CODES = [("standard", "20.00"), ("standard", "5.50"), ("training", "0.00"), ("outside", "0.00")]
AKTO = Party(name="AKTO", siren=SIRET[:9], siret=SIRET, street="1", postal_code="75019", city="Paris")
ORDER = Order(
    pk=17, number="2026-000017", currency="EUR", language="en", billing_name="Roy", billing_street="1",
    billing_city="N", billing_postal_code="44000", billing_country="FR", contact_email="a@example.org",
    register_number=SIRET, is_organisation=True, method="transfer", vat_id="FR44732829320",
)  # fmt: skip
cents = st.integers(0, 1_000_000).map(lambda units: units * CENT)


@st.composite
def lines_sold(draw) -> list[SoldLine]:
    """Draw lines of a few codes, their taxes spread as orders spread them, and what was given back of each."""
    wanted = draw(st.lists(st.tuples(cents, st.integers(1, 9), st.sampled_from(CODES)), min_size=1, max_size=5))
    taxable = [Taxable(code, Decimal(code[1]), unit * quantity) for unit, quantity, code in wanted]
    lines = []
    for place, ((unit, quantity, (treatment, rate)), tax) in enumerate(zip(wanted, spread_tax(taxable), strict=True)):
        line = OrderLine(
            pk=place + 1, position=place + 1, entry_name={"en": "Course"}, quantity=quantity, charged=quantity,
            unit_net=unit, net=unit * quantity, tax=tax, gross=unit * quantity + tax, tax_rate=Decimal(rate),
            tax_terms={"treatment": treatment},
        )  # fmt: skip
        back = draw(st.sampled_from([Decimal(0), line.gross, (line.gross / 3).quantize(CENT)]))
        lines.append(SoldLine(line, given_back=min(back, line.gross)))
    return lines


def after(lines, planned, *, are_deposits):
    """Return the lines as they stand once planned documents are issued."""
    for document in planned:
        new = {portion.line.pk: portion.invoiced for portion in document.portions}
        lines = [
            replace(
                each,
                invoiced=each.invoiced + new.get(each.line.pk, NOTHING),
                deposits=each.deposits + (new.get(each.line.pk, NOTHING) if are_deposits else NOTHING),
            )
            for each in lines
        ]
    return lines


def assert_adds_up(planned):
    """Assert that the contents of each document keep every rule about sums; which words a seller lacks is no matter."""
    for document in planned:
        # A number stands for the deposit invoices that the database would name.
        named = replace(
            document, earlier=(Deducted(number="F1", issued_on=DAY, portions=()),) if document.kind == "final" else ()
        )
        said = contents_of(ORDER, named, seller=ShopIdentity(**SELLER, country="FR"), day=DAY)
        assert list(faults_of(named.kind, said)) == []


@given(lines_sold(), st.lists(st.integers(1, 99), max_size=3), st.integers(0, 100), st.integers(0, 100))
def test_documents_sum_to_what_is_sold(lines, deposits, of_opco, owed):
    # Nothing is given back before the settlement.
    given_back, lines = [each.given_back for each in lines], [replace(each, given_back=Decimal(0)) for each in lines]
    for number, percent in enumerate(deposits, 1):
        amount = (sum(each.rest.gross for each in lines) * percent / 100).quantize(CENT)
        planned = plan_deposits(17, lines, amount, number=number, method="transfer", day=DAY)
        assert sum(each.printed.gross for each in planned) == amount
        assert_adds_up(planned)
        lines = after(lines, planned, are_deposits=True)
    lines = [replace(each, given_back=back) for each, back in zip(lines, given_back, strict=True)]
    rest = sum((each.rest.gross for each in lines), Decimal(0))
    share = (rest * of_opco / 100).quantize(CENT)
    own_due = ((rest - share) * owed / 100).quantize(CENT)
    shares = [
        *([Share(name="opco:1", amount=share, payer=AKTO, file_number="F", dues=(Due(on=DAY, amount=share),))] if share
          else []),
        Share(dues=(Due(on=DAY, amount=own_due),) if own_due else ()),
    ]  # fmt: skip

    planned = plan_invoices(17, lines, shares)

    assert_adds_up(planned)
    assert sum(each.printed.gross for each in planned if each.share.payer) == share
    assert sum((each.owed for each in planned), Decimal(0)) == share + own_due
    assert len({each.fact for each in planned}) == len(planned)
    for each in after(lines, planned, are_deposits=False):
        assert each.invoiced.gross >= each.kept.gross
        assert each.rest.gross == 0
        assert each.invoiced.tax <= each.line.tax
        if not each.given_back:
            assert (each.invoiced.net, each.invoiced.tax) == (each.line.net, each.line.tax)


@given(lines_sold(), st.integers(1, 100))
def test_receipts_say_what_was_received(lines, percent):
    amount = (sum((each.kept.gross for each in lines), Decimal(0)) * percent / 100).quantize(CENT)
    planned = plan_receipt(17, lines, amount, name="payment:1:1", method="transfer", day=DAY, share=Share())

    assert planned.printed.gross == amount
    assert not any(portion.invoiced.gross for portion in planned.portions)


@given(st.lists(cents, min_size=1), st.integers(0, 100))
def test_a_spread_sum_is_whole_and_within_its_weights(weights, percent):
    total = (sum(weights) * Decimal(percent) / 100).quantize(CENT)
    parts = spread_over(total, weights)

    assert sum(parts) == total
    assert all(0 <= part <= weight for part, weight in zip(parts, weights, strict=True))
