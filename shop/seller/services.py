"""Writing who sells: the shop's identity."""

from __future__ import annotations

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from stdnum import bic, iban
from stdnum.exceptions import ValidationError as InvalidNumber
from stdnum.fr import siret

from catalog.services.errors import ImageRefused
from catalog.services.images import prepare_image
from common.refusals import Refused
from common.vat import normalise_vat_id
from handlers.contract import in_words
from shop.seller.models import ShopIdentity

# What an unpaid order may wait at most, in the unit of each field.
LONGEST_UNPAID_TIMES = {
    "immediate_minutes": 7 * 24 * 60,
    "deferred_days": 365,
    "undecided_minutes": 7 * 24 * 60,
    "zero_total_hours": 30 * 24,
}


class IdentityRefused(Refused):
    """The identity cannot be saved like this. `errors` has a sentence per field to blame."""

    def __init__(self, errors: Mapping[str, str | Promise]) -> None:
        super().__init__(next(iter(errors.values())))
        self.errors = dict(errors)


@transaction.atomic
def save_identity(*, identity: ShopIdentity) -> ShopIdentity:
    """Writes the shop's one row, made the first time. Locks it.

    Numbers are written the usual way (`tidy_identity`); an uploaded logo is decoded within bounds and written anew, and
    the one before goes away with the commit. Raises IdentityRefused; then nothing was written.
    """
    errors = tidy_identity(identity)
    if errors:
        raise IdentityRefused(errors)
    stored = ShopIdentity.objects.select_for_update(no_key=True).filter(pk=1).first()
    _take_logo(identity, stored)
    identity.pk = 1
    identity.save()
    return identity


def tidy_identity(identity: ShopIdentity) -> dict[str, str | Promise]:
    """Writes SIRET, VAT number, IBAN and BIC the usual way; a sentence for each field that cannot be right.

    Empty stays empty. A shop outside France keeps its registration number as typed. Writes nothing to the database.
    """
    errors = _wrong_unpaid_times(identity)
    for field, tidy in (("siret", _siret), ("vat_number", _vat_number), ("iban", _iban), ("bic", _bic)):
        try:
            setattr(identity, field, tidy(identity))
        except (InvalidNumber, ValidationError):
            errors[field] = _NOT_VALID[field]
    return errors


_NOT_VALID: dict[str, str | Promise] = {
    "siret": _("This is not a valid SIRET: it has 14 digits, and the last ones check the others."),
    "vat_number": _("This is not a valid VAT number. Check it for typing errors, or leave it empty."),
    "iban": _("This is not a valid IBAN. Check it for typing errors."),
    "bic": _("This is not a valid BIC: it has 8 or 11 letters and digits."),
}


def _siret(identity: ShopIdentity) -> str:
    if not identity.siret or identity.country != "FR":
        return identity.siret.strip()
    return str(siret.format(siret.validate(identity.siret)))


def _vat_number(identity: ShopIdentity) -> str:
    return normalise_vat_id(identity.vat_number, country=str(identity.country))


def _iban(identity: ShopIdentity) -> str:
    return str(iban.format(iban.validate(identity.iban))) if identity.iban else ""


def _bic(identity: ShopIdentity) -> str:
    return str(bic.validate(identity.bic)) if identity.bic else ""


def _wrong_unpaid_times(identity: ShopIdentity) -> dict[str, str | Promise]:
    return {
        field: _within(most)
        for field, most in LONGEST_UNPAID_TIMES.items()
        if not 1 <= getattr(identity, field) <= most
    }


def _within(most: int) -> str | Promise:
    return in_words(lambda: gettext("A whole number from 1 to %(most)d.") % {"most": most})


def _take_logo(identity: ShopIdentity, stored: ShopIdentity | None) -> None:
    if identity.logo and not identity.logo._committed:  # type: ignore[attr-defined]  # assigned, not stored yet
        try:
            prepared = prepare_image(identity.logo.file)
        except ImageRefused as refusal:
            raise IdentityRefused({"logo": refusal.message}) from refusal
        identity.logo.save(prepared.name or "", prepared, save=False)
    if stored and stored.logo and stored.logo.name != identity.logo.name:
        storage, name = stored.logo.storage, stored.logo.name or ""
        transaction.on_commit(lambda: storage.delete(name), robust=True)
