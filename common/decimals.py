"""One reader of numbers with decimals, for all forms: in either language's way, typed or pasted."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.formats import localize_input
from django.utils.translation import gettext_lazy as _

from common.currencies import MOST_PLACES, is_whole, places_of, step_of

TWO_WAYS = "two_ways"  # code of the error of a number that can be read in two ways
ONE_SIGN = _("“%(value)s” can be read in two ways. Write it without thousands separators, like 1234.50 or 1234,50.")
NO_NUMBER = _("“%(value)s” is not a number. Write it in digits, like 1234.50 or 1234,50.")
TOO_MANY_PLACES = _("“%(value)s” has too many decimals: at most %(places)s can be stored.")
TOO_FINE = _("“%(value)s” is too fine: amounts in %(currency)s are multiples of %(step)s.")

_BLANK = r"[ \t\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}\N{FIGURE SPACE}]"
# A currency or a per cent sign, before or after.
_AROUND = re.compile(rf"(?:[€$£%]|{re.escape(settings.SHOP_CURRENCY)}|EUR){_BLANK}*", re.IGNORECASE)
_PLAIN = re.compile(r"[0-9]+(?:[.,][0-9]+)?", re.ASCII)
_GROUPS = "|".join(
    # Thousands apart by one sign, and another sign before the decimals.
    rf"[0-9]{{1,3}}(?:{apart}[0-9]{{3}})+(?:[{point}][0-9]+)?"
    for apart, point in (
        (rf"{_BLANK}", ".,"), ("[’']", ".,"), (r"\.", ","), (",", "."),
    )
)  # fmt: skip
_GROUPED = re.compile(_GROUPS, re.ASCII)
_MOST_DIGITS = 20
_TWO_WAYS = re.compile(r"[0-9]{1,3}[.,][0-9]{3}", re.ASCII)


def read_decimal(typed: str, *, places: int | None) -> Decimal:
    """Read a number: `12,50`, `12.50`, `1 234,50 €`, `1.234,50`, `1,234.50`, with a sign before it or not.

    `places` is the number of decimals that can be stored, None for any. Up to two, as of money and rates, `1.234` and
    `1,234` are refused, since they mean 1234 to one reader and 1.234 to another; from three on, a sign that stands
    alone stands before the decimals. Raises ValidationError.
    """
    text = typed.strip().replace("\N{MINUS SIGN}", "-")
    sign = "-" if text.startswith("-") else ""
    digits = _AROUND.sub("", text.removeprefix("-").removeprefix("+"))
    digits = re.sub(rf"^{_BLANK}+|{_BLANK}+$", "", digits)
    params = {"value": typed.strip()[:40]}
    if places is not None and places < 3 and _TWO_WAYS.fullmatch(digits) and not digits.startswith("0"):
        raise ValidationError(ONE_SIGN, code=TWO_WAYS, params=params)
    if not (_PLAIN.fullmatch(digits) or _GROUPED.fullmatch(digits)):
        raise ValidationError(NO_NUMBER, code="invalid", params=params)
    number = Decimal(sign + _with_point(digits))
    exponent = number.normalize().as_tuple().exponent
    if places is not None and isinstance(exponent, int) and -exponent > places:
        raise ValidationError(TOO_MANY_PLACES, code="max_decimal_places", params={**params, "places": places})
    return number


def _with_point(digits: str) -> str:
    bare = re.sub(rf"{_BLANK}|[’']", "", digits)
    points = [sign for sign in bare if sign in ".,"]
    if not points:
        return bare
    if len(set(points)) == 1 and len(points) > 1:
        return bare.replace(points[0], "")
    whole, _point, decimals = bare.rpartition(points[-1])
    return re.sub("[.,]", "", whole) + "." + decimals


def read_amount(typed: str, *, currency: str) -> Decimal:
    """Read an amount of money like `read_decimal`. Raises ValidationError, also for one that is no multiple of the
    currency's step."""
    places = places_of(currency)
    amount = read_decimal(typed, places=None if places > MOST_PLACES else MOST_PLACES)
    if not is_whole(amount, currency):
        step = localize_input(step_of(currency).quantize(Decimal(1).scaleb(-places)))
        params = {"value": typed.strip()[:40], "currency": currency, "step": step}
        raise ValidationError(TOO_FINE, code="too_fine", params=params)
    # 1.230 is written with a decimal more than columns have. What is too long is left to the field.
    return amount.quantize(Decimal(1).scaleb(-MOST_PLACES)) if amount.adjusted() < _MOST_DIGITS else amount


class DecimalInput(forms.TextInput):
    """Control for a number with decimals: a text, because browsers drop the comma from a number."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"inputmode": "decimal", "autocomplete": "off", "maxlength": "30", **(attrs or {})})

    def format_value(self, value: Any) -> str | None:
        """Return the number that is stored in the reader's way, without thousands separators."""
        return str(localize_input(value)) if isinstance(value, Decimal) else super().format_value(value)


class DecimalField(forms.DecimalField):
    """Number with decimals, read by `read_decimal` and bounded like Django's field."""

    widget = DecimalInput

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values or isinstance(value, Decimal | int):
            return super().to_python(value)
        return read_decimal(str(value), places=self.decimal_places)

    def prepare_value(self, value: Any) -> Any:
        """Return the stored number with all its decimals, or what was typed."""
        if isinstance(value, Decimal) and self.decimal_places is not None:
            return value.quantize(Decimal(1).scaleb(-self.decimal_places))
        return value

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {}


class AmountField(DecimalField):
    """Amount of money in the shop's currency, read by `read_amount`."""

    def __init__(self, **how: Any) -> None:
        super().__init__(**{"max_digits": 12, "decimal_places": MOST_PLACES} | how)

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values or isinstance(value, Decimal | int):
            return super().to_python(value)
        return read_amount(str(value), currency=settings.SHOP_CURRENCY)

    def prepare_value(self, value: Any) -> Any:
        """Return the stored amount with the decimals of the currency, or what was typed."""
        if isinstance(value, Decimal) and is_whole(value, settings.SHOP_CURRENCY):
            return value.quantize(Decimal(1).scaleb(-places_of(settings.SHOP_CURRENCY)))
        return super().prepare_value(value)
