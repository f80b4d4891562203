"""Amounts of credit notes: never more than was invoiced, and shared to the cent."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.pricing import CENT
from shop.orders.lines.models import OrderLine
from shop.papers.amounts import NOTHING, Amount, to_credit
from shop.papers.credit_notes.amounts import shared_among

cents = st.integers(0, 10**7).map(lambda units: Decimal(units) / 100)
amounts = st.builds(Amount, cents, cents)
percents = st.integers(0, 100)


def of(net: str, tax: str) -> Amount:
    return Amount(Decimal(net), Decimal(tax))


def part_of(amount: Decimal, percent: int) -> Decimal:
    return (amount * percent / 100).quantize(CENT, ROUND_DOWN)


@given(sold=amounts, of_net=percents, of_tax=percents, of_gross=percents)
def test_what_is_to_credit_is_within_what_was_invoiced(sold, of_net, of_tax, of_gross):
    line = OrderLine(net=sold.net, tax=sold.tax, gross=sold.gross)
    invoiced = Amount(part_of(sold.net, of_net), part_of(sold.tax, of_tax))
    given_back = part_of(sold.gross, of_gross)

    credited = to_credit(line, invoiced=invoiced, given_back=given_back)

    assert credited.gross == max(0, invoiced.gross - (sold.gross - given_back))
    assert 0 <= credited.net <= invoiced.net
    assert 0 <= credited.tax <= invoiced.tax


def test_one_cent_goes_to_the_first_of_equals():
    shares = shared_among(of("0.01", "0.00"), {1: of("5.00", "1.00"), 2: of("5.00", "1.00")})

    assert shares == {1: of("0.01", "0.00")}


@given(left=st.lists(amounts, min_size=1, max_size=4), percent=percents)
def test_shares_sum_to_the_total_and_none_is_above_its_rest(left, percent):
    rests, whole = dict(enumerate(left)), sum(left, NOTHING)
    total = Amount(part_of(whole.net, percent), part_of(whole.tax, percent))

    shares = shared_among(total, rests)

    assert sum(shares.values(), NOTHING) == total
    assert all(
        0 <= share.net <= rests[key].net and 0 <= share.tax <= rests[key].tax and share.gross
        for key, share in shares.items()
    )


def test_more_than_is_left_is_refused():
    with pytest.raises(ValueError, match="not within"):
        shared_among(of("10.01", "0.00"), {1: of("10.00", "2.00")})
