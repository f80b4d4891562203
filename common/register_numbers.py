"""Numbers of organisations in the register of their country, such as the SIRET; checked without asking any server."""

from __future__ import annotations

from importlib import import_module

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from stdnum.exceptions import ValidationError as InvalidNumber
from stdnum.fr import siret

from common.typed import clean_code

MAX_REGISTER_NUMBER_LENGTH = 30
SIRET_LENGTH = 14
SIREN_LENGTH = 9
NOBODY = "0" * SIREN_LENGTH  # its check digit fits
# Departments and territories whose organisations stand in the French register (INSEE, Sirene).
WITH_SIRET = frozenset({"FR", "GP", "MQ", "GF", "RE", "YT", "PM", "BL", "MF"})
# Modules of python-stdnum by country, for countries where every organisation has a number that one of them checks.
# Elsewhere a number is taken as typed: it may be that of a register without a known form.
CHECKED: dict[str, tuple[str, ...]] = {
    "AT": ("at.businessid", "at.uid"),
    "BE": ("be.vat",),
    "CH": ("ch.uid",),
    "DK": ("dk.cvr",),
    "EE": ("ee.registrikood",),
    "ES": ("es.nif",),
    "FI": ("fi.ytunnus", "fi.alv"),
    "GR": ("gr.vat",),
    "IT": ("it.iva", "it.codicefiscale"),
    "NO": ("no.orgnr",),
    "PL": ("pl.nip", "pl.regon"),
    "PT": ("pt.nif",),
    "SE": ("se.orgnr",),
    "SI": ("si.maticna", "si.ddv"),
}
SEPARATORS = " .-/"
MISSING_SIRET = _("Type the SIRET of the organisation: 14 digits, as in the Sirene register.")
MISSING = _("Type the number of the organisation in the register of its country.")
SIREN_TYPED = _("This is a SIREN (9 digits). Type the SIRET of the establishment: the SIREN and 5 more digits.")
NOT_14_DIGITS = _("A SIRET has 14 digits. Check it for typing errors.")
INVALID_SIRET = _("This is not a valid SIRET: its check digit does not fit. Check it for typing errors.")
INVALID = _("This is not a valid registration number of that country. Check it for typing errors.")


def normalise_register_number(typed: str, *, country: str) -> str:
    """Return the number as it is kept: a SIRET as 14 digits, others without blanks, dots, hyphens and in capitals.

    `country` (two letters) is the organisation's. "" stays "". Raises ValidationError for a number that cannot be one;
    numbers of countries outside WITH_SIRET and CHECKED are letters, digits and separators of any meaning.
    """
    number = "".join(character for character in clean_code(typed).upper() if character not in SEPARATORS)
    if not number:
        return ""
    if country.upper() in WITH_SIRET:
        return _siret(number)
    if len(number) > MAX_REGISTER_NUMBER_LENGTH or not number.isascii() or not number.isalnum():
        raise ValidationError(INVALID, code="invalid")
    modules = CHECKED.get(country.upper())
    return _checked(number, modules) if modules else number


def is_siret(number: str, *, country: str) -> bool:
    """Tell whether a number of an organisation, as `normalise_register_number` returns it, is a SIRET."""
    return country.upper() in WITH_SIRET and len(number) == SIRET_LENGTH and number.isdecimal()


def missing_number(country: str) -> ValidationError:
    """Return the sentence for an organisation that typed no number."""
    return ValidationError(MISSING_SIRET if country.upper() in WITH_SIRET else MISSING, code="required")


def _siret(number: str) -> str:
    is_digits = number.isascii() and number.isdigit()
    if is_digits and len(number) == SIREN_LENGTH:
        raise ValidationError(SIREN_TYPED, code="invalid")
    if not is_digits or len(number) != SIRET_LENGTH:
        raise ValidationError(NOT_14_DIGITS, code="invalid")
    if number.startswith(NOBODY):
        raise ValidationError(INVALID_SIRET, code="invalid")
    try:
        return siret.validate(number)
    except InvalidNumber as invalid:
        raise ValidationError(INVALID_SIRET, code="invalid") from invalid


def _checked(number: str, modules: tuple[str, ...]) -> str:
    for name in modules:
        try:
            checked: str = import_module(f"stdnum.{name}").validate(number)
        except InvalidNumber:
            continue
        return "".join(character for character in checked if character not in SEPARATORS)
    raise ValidationError(INVALID, code="invalid")
