"""Amounts of credit notes: never more than was invoiced, and shared to the cent."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.pricing import CENT
from shop.papers.amounts import NOTHING, Amount
from shop.papers.credit_notes.amounts import invoiced_beyond, shared_among

cents = st.integers(0, 10**7).map(lambda units: Decimal(units) / 100)
amounts = st.builds(Amount, cents, cents)


def of(net: str, tax: str) -> Amount:
    return Amount(Decimal(net), Decimal(tax))


def test_all_that_is_above_what_is_left_is_credited():
    assert invoiced_beyond(of("30.03", "6.01"), of("10.01", "2.00")) == of("20.02", "4.01")


def test_what_was_invoiced_in_part_is_credited_only_above_what_is_left():
    assert invoiced_beyond(of("50.00", "10.00"), of("60.00", "12.00")) == NOTHING
    assert invoiced_beyond(of("50.00", "10.00"), of("40.00", "8.00")) == of("10.00", "2.00")


@given(invoiced=amounts, left=amounts)
def test_is_within_what_was_invoiced(invoiced, left):
    credited = invoiced_beyond(invoiced, left)

    assert credited.gross == max(0, invoiced.gross - left.gross)
    assert 0 <= credited.net <= invoiced.net
    assert 0 <= credited.tax <= invoiced.tax


def test_one_cent_goes_to_the_first_of_equals():
    shares = shared_among(of("0.01", "0.00"), {1: of("5.00", "1.00"), 2: of("5.00", "1.00")})

    assert shares == {1: of("0.01", "0.00")}


@given(rests=st.dictionaries(st.integers(), amounts, min_size=1, max_size=5), percent=st.integers(0, 100))
def test_shares_sum_to_the_total_and_none_is_above_its_rest(rests, percent):
    whole = sum(rests.values(), NOTHING)
    total = Amount(*((amount * percent / 100).quantize(CENT, ROUND_DOWN) for amount in (whole.net, whole.tax)))

    shares = shared_among(total, rests)

    assert sum(shares.values(), NOTHING) == total
    assert all(
        0 <= share.net <= rests[key].net and 0 <= share.tax <= rests[key].tax and share.gross
        for key, share in shares.items()
    )


def test_more_than_is_left_is_refused():
    with pytest.raises(ValueError, match="not within"):
        shared_among(of("10.01", "0.00"), {1: of("10.00", "2.00")})
