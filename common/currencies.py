"""Amounts in minor units of their currency: 1234 for 12.34 EUR, 1234 for 1234 JPY, 1234 for 1.234 KWD."""

from __future__ import annotations

from decimal import Decimal
from functools import cache

from babel.numbers import get_currency_precision


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
