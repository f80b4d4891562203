"""Amounts as Stripe counts them: in its own minor units, which differ from ISO 4217 for a few currencies.

From https://docs.stripe.com/currencies (zero-decimal, three-decimal and special cases), read in November 2026.
"""

from __future__ import annotations

from decimal import Decimal

from shop.payments.port import CallRefused

_NONE = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"}
)
_THREE = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})


def at_stripe(amount: Decimal, currency: str) -> int:
    """Return an amount as Stripe takes it. Raises CallRefused for one that it cannot take: its last of three decimals
    must be 0."""
    units = amount.scaleb(_places(currency))
    if units != units.to_integral_value() or (currency in _THREE and units % 10):
        raise CallRefused("amount_too_fine")
    return int(units)


def from_stripe(units: int, currency: str) -> Decimal:
    """Return an amount that Stripe tells, in the currency's main unit."""
    places = _places(currency)
    return Decimal(units).scaleb(-places).quantize(Decimal(1).scaleb(-min(places, 2)))


def _places(currency: str) -> int:
    if currency in _NONE:
        return 0
    return 3 if currency in _THREE else 2
