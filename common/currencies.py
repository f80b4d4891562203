"""Amounts in minor units of their currency: 1234 for 12.34 EUR, 1234 for 1234 JPY, 1234 for 1.234 KWD."""

from __future__ import annotations

from decimal import Decimal
from functools import cache

from babel.numbers import get_currency_precision, list_currencies
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
