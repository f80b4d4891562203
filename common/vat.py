"""VAT identification numbers: their form, checked without asking any server."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from stdnum import get_cc_module
from stdnum.eu import vat as eu_vat
from stdnum.exceptions import ValidationError as InvalidNumber

from common.typed import clean_code

MAX_VAT_ID_LENGTH = 20
INVALID_VAT_ID = _("This is not a valid VAT number. Check it for typing errors, or leave it empty.")


def normalise_vat_id(typed: str, *, country: str) -> str:
    """Return a VAT number as it is written on invoices: without blanks or dots, in capitals, with its country.

    `country` (two letters) is the organisation's; a European number may name another country by its own first two
    letters. For a country without a known form the typed number is kept. Empty stays empty. Raises ValidationError for
    a number that cannot be one.
    """
    number = "".join(character for character in clean_code(typed).upper() if character not in " .-")
    if not number:
        return ""
    if len(number) > MAX_VAT_ID_LENGTH or not number.isascii() or not number.isalnum():
        raise ValidationError(INVALID_VAT_ID, code="invalid")
    try:
        if is_european(number[:2]):
            return eu_vat.validate(_vat_prefix(number[:2]) + number[2:])
        if is_european(country):
            return eu_vat.validate(_vat_prefix(country) + number)
        module = get_cc_module(country.lower(), "vat") if country else None
        return module.compact(module.validate(number)) if module else number
    except InvalidNumber as invalid:
        raise ValidationError(INVALID_VAT_ID, code="invalid") from invalid


def is_of_country(number: str, country: str) -> bool:
    """Tell whether a VAT number, as `normalise_vat_id` returns it, is one of a country (two letters)."""
    return bool(number) and number.startswith(_vat_prefix(country))


def is_european(code: str) -> bool:
    """Tell whether two letters are those of a country whose VAT numbers are European."""
    return code.lower() in {*eu_vat.MEMBER_STATES, "el", "xi"}


def _vat_prefix(country: str) -> str:
    # Greek numbers begin with letters that are not the country code.
    return "EL" if country.upper() == "GR" else country.upper()
