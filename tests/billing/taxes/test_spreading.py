"""Tax of an order, spread over its lines: line, code and order agree to the cent, whatever the mix."""

from decimal import ROUND_HALF_UP, Decimal

from hypothesis import given
from hypothesis import strategies as st

from billing.taxes.spreading import Taxable, spread_tax

CENT = Decimal("0.01")
CENTS = st.integers(0, 10**9).map(lambda cents: Decimal(cents) / 100)
RATES = st.sampled_from([Decimal(each) for each in ("0", "2.1", "5.5", "10", "19.6", "20", "7.77")])
LINES = st.lists(
    st.builds(Taxable, code=st.integers(1, 3), rate=RATES, amount=CENTS, includes_tax=st.booleans()), max_size=40
)


@given(LINES)
def test_lines_sum_to_the_tax_of_their_code(lines):
    taxes = spread_tax(lines)

    for alike in {(line.code, line.rate, line.includes_tax) for line in lines}:
        ours = [
            (line, tax)
            for line, tax in zip(lines, taxes, strict=True)
            if (line.code, line.rate, line.includes_tax) == alike
        ]
        _code, rate, includes_tax = alike
        amount = sum(line.amount for line, _tax in ours)
        exact = amount * rate / (100 + rate) if includes_tax else amount * rate / 100
        assert sum(tax for _line, tax in ours) == exact.quantize(CENT, ROUND_HALF_UP)


@given(LINES)
def test_no_line_is_a_cent_or_more_beside_its_own_tax(lines):
    for line, tax in zip(lines, spread_tax(lines), strict=True):
        assert abs(tax - line.exact_tax) < CENT
        assert tax == tax.quantize(CENT) >= 0


@given(LINES.filter(bool), st.randoms())
def test_the_order_of_lines_moves_no_sum(lines, random):
    shuffled = random.sample(lines, len(lines))

    assert sum(spread_tax(lines)) == sum(spread_tax(shuffled))


def test_cents_left_go_to_the_largest_remainders_the_earlier_first():
    lines = [Taxable("S", Decimal(20), Decimal(net)) for net in ("0.02", "0.03", "0.03", "0.01")]

    # 0.004, 0.006, 0.006 and 0.002 make 0.018: two cents, for the second and the third.
    assert spread_tax(lines) == [Decimal(each) for each in ("0.00", "0.01", "0.01", "0.00")]


def test_one_line_is_rounded_half_a_cent_up():
    assert spread_tax([Taxable("S", Decimal("5.5"), Decimal("9.00"))]) == [Decimal("0.50")]
    assert spread_tax([Taxable("S", Decimal("20"), Decimal("0.025"))]) == [Decimal("0.01")]
