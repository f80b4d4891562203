"""Copies of entries."""

from __future__ import annotations

from datetime import datetime

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from catalog.models.entries import CODE_MAX_LENGTH, Entry, EntryState
from catalog.offers import offer_of
from catalog.services.entries import save_entry
from catalog.services.entry_fields import copies_of
from catalog.services.errors import CodeTaken, EntryRefused
from common.languages import languages
from handlers.discovery import SPECIFIC

TEXTS = ("name", "summary", "description", "terms")
CANCELLING = ("cancel_days_after", "cancel_days_before", "cancel_share_kept", "cancel_fee", "move_days_before")
KEPT = (
    *("category_id", "tax_id", "supply", "held_in", "handler", "min_quantity", "max_quantity"),
    *("audience", "vocational", "position"),
    *CANCELLING,
)
TRIES = 5


class SpecificNotCopied(EntryRefused):
    """An entry with a specific handler cannot be copied: the handler belongs to one code."""

    message = _(
        "This entry has a specific handler, which is bound to its code: a copy with another code would have none. "
        "Make a new entry, with a handler of its own."
    )


def duplicate_entry(*, entry_id: int, now: datetime) -> Entry:
    """Make a draft with a new code and the texts, prices, parameters, fields and a copy of the image of an entry.

    The draft's code is the entry's, followed by the first free number from 2 on. Locks nothing of the entry. Returns
    the draft; raises Entry.DoesNotExist, and a subclass of EntryRefused (SpecificNotCopied; HandlerNotInstalled when
    the handler is missing); then nothing was written.
    """
    with transaction.atomic():
        source = Entry.objects.with_prices().with_fields().get(pk=entry_id)
        if source.handler == SPECIFIC:
            raise SpecificNotCopied
        tiers = {tier.from_quantity: tier.unit_net for tier in source.tiers.all()}
        for attempt in range(1, TRIES + 1):
            try:
                return save_entry(
                    entry=_draft_of(source),
                    expected_version=None,
                    now=now,
                    tiers=tiers if 1 in tiers else None,
                    fields=copies_of(source.fields.all()),
                )
            except CodeTaken:  # a rival made a copy, too
                if attempt == TRIES:
                    raise
    raise AssertionError("unreachable")


def _draft_of(source: Entry) -> Entry:
    draft = Entry(
        code=_free_code(source.code), state=EntryState.DRAFT, **{field: getattr(source, field) for field in KEPT}
    )
    draft.parameters = offer_of(source).parameters
    for text in TEXTS:
        for language in languages():
            setattr(draft, f"{text}_{language}", getattr(source, f"{text}_{language}"))
    if source.image:
        # The copy has a file of its own: an entry deletes its image when it gets another one.
        try:
            with source.image.open("rb") as file:
                draft.image = ContentFile(file.read(), name="copy.webp")
        except OSError:
            pass  # the file is lost; the copy goes without
    return draft


def _free_code(code: str) -> str:
    """Return `CODE-2`, or the first number that is free; compared without regard to case, like codes are."""
    taken = {known.lower() for known in Entry.objects.order_by().values_list("code", flat=True)}
    number = 2
    while True:
        ending = f"-{number}"
        wanted = code[: CODE_MAX_LENGTH - len(ending)] + ending
        if wanted.lower() not in taken:
            return wanted
        number += 1
