"""Amounts of money: their smallest step, and minor units: 1234 for 12.34 EUR, 1234 for 1234 JPY, 1230 for 1.23 KWD.

Every amount that the shop computes or reads is a multiple of its currency's step: 0.01 for EUR, 1 for JPY. Currencies
of three decimals step by 0.01 as well, so that the last decimal is 0: card networks take no other amounts
(https://docs.stripe.com/currencies#three-decimal), and columns keep two decimals. Pages show all three.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from functools import cache

from babel.numbers import get_currency_precision, list_currencies
from django.conf import settings
from django.db.models import Case, DecimalField, ExpressionWrapper, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast


def in_minor_units(amount: Decimal, currency: str) -> int:
    """Return an amount in minor units. Raises ValueError for one finer than its currency's smallest coin."""
    units = amount.scaleb(places_of(currency))
    if units != units.to_integral_value():
        raise ValueError(f"{amount} {currency} is finer than the currency's minor unit.")
    return int(units)


def from_minor_units(units: int, currency: str) -> Decimal:
    """Return minor units as an amount, with the decimals of its currency."""
    places = places_of(currency)
    return Decimal(units).scaleb(-places).quantize(Decimal(1).scaleb(-places))


@cache
def places_of(currency: str) -> int:
    """Return the number of decimals of a currency (ISO 4217): 2 for EUR, 0 for JPY, 3 for KWD."""
    return get_currency_precision(currency)


MOST_PLACES = 2  # of columns


@cache
def step_of(currency: str) -> Decimal:
    """Return the smallest step between amounts of a currency: 0.01 for EUR and for KWD, 1 for JPY."""
    return Decimal(1).scaleb(-min(places_of(currency), MOST_PLACES))


def shop_step() -> Decimal:
    """Return the smallest step between amounts of the shop's currency."""
    return step_of(settings.SHOP_CURRENCY)


def round_to_step(amount: Decimal) -> Decimal:
    """Round an amount in the shop's currency to its step, half a step up. Written with two decimals at least."""
    rounded = amount.quantize(shop_step(), ROUND_HALF_UP)
    return rounded.quantize(Decimal("0.01"))


def is_whole(amount: Decimal, currency: str) -> bool:
    """Tell whether an amount is a multiple of its currency's step."""
    exponent = amount.normalize().as_tuple().exponent
    return isinstance(exponent, int) and -exponent <= min(places_of(currency), MOST_PLACES)


def as_amount(units: Combinable, *, currency: str = "currency") -> Cast:
    """Return an expression for minor units as an amount, with two decimals, in the currency of a column."""
    by_places: dict[int, list[str]] = {}
    for code in sorted(list_currencies()):
        by_places.setdefault(places_of(code), []).append(code)
    by_places.pop(2)  # most of them, as below
    divisor = Case(
        *(When(**{f"{currency}__in": codes}, then=Value(Decimal(10**places))) for places, codes in by_places.items()),
        default=Value(Decimal(100)),
        output_field=DecimalField(max_digits=20, decimal_places=4),
    )
    exact = DecimalField(max_digits=20, decimal_places=4)
    amount = ExpressionWrapper(Cast(units, exact) / divisor, exact)
    return Cast(amount, DecimalField(max_digits=20, decimal_places=2))
