"""Prices: the whole line at its tier, by charged units, rounded per line."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.pricing import LinePrice, NoPrice, Tier, Total, price_line, round_money, total

TIERS = [Tier(1, Decimal("100.00")), Tier(10, Decimal("80.00")), Tier(50, Decimal("60.00"))]
VAT = Decimal("20.00")


def price(quantity: int, charged: int | None = None, *, tiers=TIERS, tax_rate: Decimal = VAT) -> LinePrice:
    return price_line(
        tiers=tiers, quantity=quantity, charged=quantity if charged is None else charged, tax_rate=tax_rate
    )


@pytest.mark.parametrize(
    ("quantity", "unit", "net"),
    [(1, "100.00", "100.00"), (9, "100.00", "900.00"), (10, "80.00", "800.00"), (50, "60.00", "3000.00")],
)
def test_the_whole_line_is_sold_at_the_price_of_its_tier(quantity, unit, net):
    line = price(quantity)

    assert line.unit_net == Decimal(unit)
    assert line.net == Decimal(net)


def test_tiers_count_charged_units_only():
    # Ten people of whom one is a free tutor: nine are charged, at the price of nine.
    line = price(10, 9)

    assert (line.unit_net, line.net) == (Decimal("100.00"), Decimal("900.00"))


def test_a_line_without_a_charged_unit_costs_nothing():
    line = price(3, 0)

    assert (line.net, line.tax, line.gross) == (Decimal("0.00"), Decimal("0.00"), Decimal("0.00"))


def test_tax_is_rounded_half_up_on_the_line_and_not_on_the_unit():
    tiers = [Tier(1, Decimal("0.10"))]

    # 3 x 0.10 = 0.30, of which 5.5 % are 0.0165; by unit it would be 0.0055 -> 0.01, three times.
    assert price(3, tiers=tiers, tax_rate=Decimal("5.50")).tax == Decimal("0.02")
    # Exactly half a cent goes up: 0.10 x 5 % = 0.005.
    assert price(1, tiers=tiers, tax_rate=Decimal("5.00")).tax == Decimal("0.01")


def test_the_order_of_the_tiers_does_not_matter():
    assert price(20, tiers=TIERS[::-1]) == price(20)


@pytest.mark.parametrize("tiers", [[], [Tier(2, Decimal("10.00"))]])
def test_without_a_price_from_one_on_there_is_no_price(tiers):
    with pytest.raises(NoPrice):
        price(1, tiers=tiers)


@pytest.mark.parametrize(("quantity", "charged"), [(0, 0), (-1, 0), (2, 3), (2, -1)])
def test_numbers_that_make_no_sense_are_refused(quantity, charged):
    with pytest.raises(ValueError, match=r"quantity|units"):
        price(quantity, charged)


def test_a_total_adds_the_lines_as_they_were_rounded():
    line = price(1, tiers=[Tier(1, Decimal("0.10"))], tax_rate=Decimal("5.00"))

    assert total([line, line]) == Total(net=Decimal("0.20"), tax=Decimal("0.02"), gross=Decimal("0.22"))
    assert total([]) == Total(Decimal("0.00"), Decimal("0.00"), Decimal("0.00"))


money = st.decimals(min_value=0, max_value=100_000, places=2)
rates = st.decimals(min_value=0, max_value=100, places=2)
more_tiers = st.dictionaries(st.integers(2, 200), money, max_size=5)


@given(first=money, more=more_tiers, quantity=st.integers(1, 10_000), free=st.integers(0, 10_000), rate=rates)
def test_what_holds_for_every_price(first, more, quantity, free, rate):
    tiers = [Tier(1, first), *(Tier(number, amount) for number, amount in more.items())]
    charged = max(quantity - free, 0)

    line = price_line(tiers=tiers, quantity=quantity, charged=charged, tax_rate=rate)

    assert line.gross == line.net + line.tax
    assert min(line.net, line.tax) >= 0
    assert line.net == line.unit_net * charged
    assert line.unit_net in {tier.unit_price for tier in tiers}
    assert all(amount == round_money(amount) for amount in (line.unit_net, line.net, line.tax, line.gross))
    # Never more than half a cent away from the exact tax.
    assert abs(line.tax - line.net * rate / 100) <= Decimal("0.005")
    reached = max(tier.from_quantity for tier in tiers if tier.from_quantity <= max(charged, 1))
    assert line.unit_net == next(tier.unit_price for tier in tiers if tier.from_quantity == reached)
