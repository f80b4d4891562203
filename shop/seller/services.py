"""Changes to the seller."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

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
from common.colours import LEAST_CONTRAST, contrast_with_white
from common.refusals import Refused
from common.vat import normalise_vat_id
from documents.pictures.services import NoPicture, keep_picture
from handlers.contract import in_words
from shop.seller.models import ShopIdentity
from shop.seller.prices import NOT_CONFIRMED, lock_if_read_anew, needs_confirming, read_as

# Upper limits of the unpaid times, in the unit of each field.
LONGEST_UNPAID_TIMES = {
    "immediate_minutes": 7 * 24 * 60,
    "deferred_days": 365,
    "undecided_minutes": 7 * 24 * 60,
    "zero_total_hours": 30 * 24,
}

# Days from the day on which a payment is due.
LONGEST_BEFORE = 60
LONGEST_REMINDER = 180


class SellerRefused(Refused):
    """Refusal to save the seller. `errors` has a sentence per field at fault."""

    def __init__(self, errors: Mapping[str, str | Promise]) -> None:
        super().__init__(next(iter(errors.values())))
        self.errors = dict(errors)


@transaction.atomic
def save_seller(*, seller: ShopIdentity, rereads_prices: bool = False) -> ShopIdentity:
    """Save the seller's single row, created the first time. Locks it, and before it every entry if prices are now read
    another way, net or with tax, which after a sale asks for `rereads_prices`.

    Numbers are stored in their usual format (`tidy_seller`); an uploaded logo is decoded within bounds and encoded
    anew, and the previous one is deleted after the commit. Raises SellerRefused; then nothing was written.
    """
    errors = tidy_seller(seller)
    if not rereads_prices and needs_confirming(seller):
        errors["rereads_prices"] = NOT_CONFIRMED
    if errors:
        raise SellerRefused(errors)
    lock_if_read_anew(seller)
    stored = ShopIdentity.objects.select_for_update(no_key=True).filter(pk=1).first()
    _take_logo(seller, stored)
    _keep_for_papers(seller, stored)
    seller.pk = 1
    seller.save()
    read_as(seller, stored)
    return seller


@transaction.atomic
def keep_logo_for_papers() -> None:
    """Keep the picture of a logo that was uploaded before papers showed any. Locks the seller's row; one query where
    there is none such."""
    seller = ShopIdentity.objects.select_for_update(no_key=True).filter(papers_logo="").exclude(logo="").first()
    if seller is not None:
        _keep_for_papers(seller, seller)
        seller.save(update_fields=["papers_logo"])


def tidy_seller(seller: ShopIdentity) -> dict[str, str | Promise]:
    """Format SIRET, VAT number, IBAN and BIC as usual; return a sentence for each field, unpaid times and share
    included, that is invalid.

    Empty stays empty. A shop outside France keeps its registration number as typed. Writes nothing to the database.
    """
    errors = _wrong_unpaid_times(seller)
    if not 0 <= seller.unproved_share <= 100:
        errors["unproved_share"] = _("A whole number from 0 to 100.")
    seller.accent = seller.accent.lower()
    if contrast_with_white(seller.accent) < LEAST_CONTRAST:
        errors["accent"] = _("White text on this colour cannot be read well. Choose a darker one.")
    errors |= _wrong_reminders(seller)
    for field, tidy in (("siret", _siret), ("vat_number", _vat_number), ("iban", _iban), ("bic", _bic)):
        try:
            setattr(seller, field, tidy(seller))
        except (InvalidNumber, ValidationError):
            errors[field] = _NOT_VALID[field]
    return errors


def _wrong_reminders(seller: ShopIdentity) -> dict[str, str | Promise]:
    """Return a sentence for each reminder that does not come after the one before it, or too far from the due day."""
    days = (0, seller.reminder_first_days, seller.reminder_second_days, seller.reminder_last_days)
    fields = ("reminder_first_days", "reminder_second_days", "reminder_last_days")
    errors: dict[str, str | Promise] = {
        field: _("A whole number of days, more than that of the reminder before, and at most %(most)d.")
        % {"most": LONGEST_REMINDER}
        for field, before, own in zip(fields, days, days[1:], strict=False)
        if not before < own <= LONGEST_REMINDER
    }
    if not 0 <= seller.reminder_before_days <= LONGEST_BEFORE:
        errors["reminder_before_days"] = _("A whole number from 0 to %(most)d.") % {"most": LONGEST_BEFORE}
    return errors


_NOT_VALID: dict[str, str | Promise] = {
    "siret": _("This is not a valid SIRET: it has 14 digits, and the last ones check the others."),
    "vat_number": _("This is not a valid VAT number. Check it for typing errors, or leave it empty."),
    "iban": _("This is not a valid IBAN. Check it for typing errors."),
    "bic": _("This is not a valid BIC: it has 8 or 11 letters and digits."),
}


def _siret(seller: ShopIdentity) -> str:
    if not seller.siret or seller.country != "FR":
        return seller.siret.strip()
    return str(siret.format(siret.validate(seller.siret)))


def _vat_number(seller: ShopIdentity) -> str:
    return normalise_vat_id(seller.vat_number, country=str(seller.country))


def _iban(seller: ShopIdentity) -> str:
    return str(iban.format(iban.validate(seller.iban))) if seller.iban else ""


def _bic(seller: ShopIdentity) -> str:
    return str(bic.validate(seller.bic)) if seller.bic else ""


def _wrong_unpaid_times(seller: ShopIdentity) -> dict[str, str | Promise]:
    return {
        field: _within(most) for field, most in LONGEST_UNPAID_TIMES.items() if not 1 <= getattr(seller, field) <= most
    }


def _within(most: int) -> str | Promise:
    return in_words(lambda: gettext("A whole number from 1 to %(most)d.") % {"most": most})


def _keep_for_papers(seller: ShopIdentity, stored: ShopIdentity | None) -> None:
    """Keep the picture of the logo for papers, which show it for ten years; none where the logo cannot be read."""
    is_same = stored is not None and stored.logo.name == seller.logo.name
    if is_same and (seller.papers_logo or not seller.logo):
        return
    seller.papers_logo = ""
    if seller.logo:
        with suppress(NoPicture, OSError), seller.logo.open("rb") as file:
            seller.papers_logo = keep_picture(file.read())


def _take_logo(seller: ShopIdentity, stored: ShopIdentity | None) -> None:
    if seller.logo and not seller.logo._committed:  # type: ignore[attr-defined]  # assigned, not stored yet
        try:
            prepared = prepare_image(seller.logo.file)
        except ImageRefused as refusal:
            raise SellerRefused({"logo": refusal.message}) from refusal
        seller.logo.save(prepared.name or "", prepared, save=False)
    if stored and stored.logo and stored.logo.name != seller.logo.name:
        storage, name = stored.logo.storage, stored.logo.name or ""
        transaction.on_commit(lambda: storage.delete(name), robust=True)
