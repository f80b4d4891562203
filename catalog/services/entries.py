"""Writing catalogue entries."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError, transaction

from catalog.guards import sold_among
from catalog.html import clean_html
from catalog.models import Entry, EntryState, PriceTier
from catalog.services.derived import fill_derived
from catalog.services.errors import (
    CodeFixed,
    CodeTaken,
    EntryChangedMeanwhile,
    EntryRefused,
    FirstPriceMissing,
    FolderTaken,
    HandlerNotInstalled,
    NameMissing,
    UnknownParameters,
)
from catalog.services.images import prepare_image
from catalog.texts import languages
from handlers.contract import Handler, HandlerMissing
from handlers.registry import SPECIFIC, canonical_name, handler_for

_ON_SALE = (EntryState.AVAILABLE, EntryState.INTERNAL)
_REFUSAL_OF = {"catalog_entry_code_ci": CodeTaken, "catalog_entry_specific_folder": FolderTaken}


def save_entry(
    *, entry: Entry, expected_version: int | None, now: datetime, tiers: Mapping[int, Decimal] | None = None
) -> Entry:
    """Writes ``entry``, new or changed, and its prices if ``tiers`` gives them (quantity → net price).

    ``expected_version`` is the version that was read before the change, None for a new entry.
    Locks the entry's row; a change of code takes it with ``FOR UPDATE``, so that it waits for an
    order that is just being placed and then sees it. Cleans the description, writes an uploaded
    image anew, completes the parameters, fills the columns that are searched and sorted.

    Returns the entry. Raises a subclass of ``EntryRefused``; then nothing was written.
    """
    with transaction.atomic():
        stored = lock_entry(entry=entry, expected_version=expected_version) if entry.pk else None
        _check_code(entry, stored)
        if not any(getattr(entry, f"name_{code}") for code in languages()):
            raise NameMissing(field=f"name_{languages()[0]}")
        _take_handler(entry, stored)
        for code in languages():
            setattr(entry, f"description_{code}", clean_html(getattr(entry, f"description_{code}") or ""))
        _take_image(entry, stored)
        fill_derived(entry)
        entry.created_at = stored.created_at if stored else now
        entry.updated_at = now
        entry.version = stored.version + 1 if stored else 1
        _write(entry)
        if tiers is not None:
            set_prices(entry=entry, tiers=tiers)
    return entry


def lock_entry(*, entry: Entry, expected_version: int | None) -> Entry:
    """Locks the row of ``entry`` until the transaction ends and returns it as it stands there.

    Raises ``EntryChangedMeanwhile`` when it is not the version that was read, or is gone.
    """
    unlocked_code = Entry.objects.filter(pk=entry.pk).values_list("code", flat=True).first()
    code_changes = unlocked_code != entry.code
    stored = Entry.objects.select_for_update(no_key=not code_changes).filter(pk=entry.pk).first()
    if stored is None or stored.version != expected_version:
        raise EntryChangedMeanwhile
    return stored


def set_prices(*, entry: Entry, tiers: Mapping[int, Decimal]) -> None:
    """Replaces the price tiers of ``entry``. Locks the entry's row.

    Raises ``FirstPriceMissing`` when no price begins at quantity 1.
    """
    if 1 not in tiers:
        raise FirstPriceMissing
    with transaction.atomic():
        Entry.objects.select_for_update(no_key=True).get(pk=entry.pk)
        PriceTier.objects.filter(entry=entry).delete()
        PriceTier.objects.bulk_create(
            PriceTier(entry=entry, from_quantity=quantity, unit_net=price) for quantity, price in sorted(tiers.items())
        )


def is_code_fixed(entry: Entry) -> bool:
    """Whether the stored ``entry`` keeps its code: it was sold, or has a specific handler."""
    return entry.handler == SPECIFIC or bool(sold_among([entry.pk]))


def _check_code(entry: Entry, stored: Entry | None) -> None:
    if stored is None or stored.code == entry.code:
        return
    if sold_among([stored.pk]):
        raise CodeFixed(stored.code, sold=True)
    if stored.handler == SPECIFIC:
        raise CodeFixed(stored.code, sold=False)


def _take_handler(entry: Entry, stored: Entry | None) -> None:
    entry.handler = canonical_name(entry.handler)
    try:
        handler = handler_for(entry.handler, entry.code)
    except HandlerMissing as missing:
        # What is not on sale may be saved without its handler: one must be able to suspend it.
        if stored is None or stored.handler != entry.handler or entry.state in _ON_SALE:
            raise HandlerNotInstalled(missing.message) from missing
        entry.parameters, entry.handler_version = stored.parameters, stored.handler_version
        return
    if handler is None:
        entry.parameters, entry.handler_version = {}, 0
    else:
        entry.parameters = _complete(handler, entry.parameters)
        entry.handler_version = handler.version


def _complete(handler: Handler, parameters: dict[str, object]) -> dict[str, object]:
    defaults = handler.MerchantForm.default_parameters()
    unknown = sorted(set(parameters) - set(defaults))
    if unknown:
        raise UnknownParameters(unknown)
    return defaults | parameters


def _take_image(entry: Entry, stored: Entry | None) -> None:
    if entry.image and not entry.image._committed:
        prepared = prepare_image(entry.image.file)
        entry.image.save(prepared.name, prepared, save=False)
    if stored and stored.image and stored.image.name != entry.image.name:
        storage, name = stored.image.storage, stored.image.name
        transaction.on_commit(lambda: storage.delete(name), robust=True)


def _write(entry: Entry) -> None:
    try:
        with transaction.atomic():
            entry.save()
    except IntegrityError as error:
        refusal = _REFUSAL_OF.get(getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or "")
        if refusal is None:
            raise
        raise refusal from error


__all__ = ["EntryRefused", "is_code_fixed", "lock_entry", "save_entry", "set_prices"]
