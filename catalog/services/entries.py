"""Writing catalogue entries."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError, connection, transaction

from catalog.guards import prices_include_tax, sold_among
from catalog.html import clean_html
from catalog.models.entries import ON_SALE, Entry, PriceTier
from catalog.models.entry_fields import EntryField
from catalog.services.derived import fill_derived
from catalog.services.entry_fields import write_fields
from catalog.services.errors import (
    CodeFixed,
    CodeTaken,
    EntryChangedMeanwhile,
    FirstPriceMissing,
    FolderTaken,
    HandlerNotInstalled,
    NameMissing,
    UnknownParameters,
)
from catalog.services.images import prepare_image
from catalog.services.recheck import recheck
from common.languages import languages
from handlers.contract import Handler, HandlerMissing
from handlers.discovery import SPECIFIC
from handlers.faults import HookBroken
from handlers.registry import canonical_name, handler_for

_REFUSAL_OF = {"catalog_entry_code_ci": CodeTaken, "catalog_entry_specific_folder": FolderTaken}


def save_entry(
    *,
    entry: Entry,
    expected_version: int | None,
    now: datetime,
    tiers: Mapping[int, Decimal] | None = None,
    fields: Sequence[EntryField] | None = None,
) -> Entry:
    """Write ``entry``, new or changed; its prices if ``tiers`` is given (quantity → price), and the fields asked
    for each unit if ``fields`` is given (in the order of asking).

    ``expected_version`` is the version that was read before the change, None for a new entry. Locks the entry's row; a
    change of code locks it ``FOR UPDATE``, which waits for an order that is being placed (``pin_entries``), so that the
    sale is seen. Cleans the description, writes an uploaded image anew, completes the parameters, fills the columns
    that are searched and sorted.

    Returns the entry. Raises a subclass of ``EntryRefused``; then nothing was written.
    """
    with transaction.atomic():
        stored = None
        if entry.pk:
            stored = lock_entry(entry_id=entry.pk, expected_version=expected_version, code=entry.code)
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
        if fields is not None:
            write_fields(entry=entry, fields=fields)
        recheck([entry.pk], now=now)
    return entry


def lock_entry(*, entry_id: int, expected_version: int | None, code: str) -> Entry:
    """Lock the entry's row until the transaction ends and return the row as stored, ready to take ``code``.

    Raises ``EntryChangedMeanwhile`` when the entry is gone or not of ``expected_version``, and ``CodeFixed`` when
    ``code`` changes although the entry was sold or has a specific handler.
    """
    entries = Entry.objects.filter(pk=entry_id)
    keeps_code = entries.values_list("code", flat=True).first() == code
    stored = entries.select_for_update(no_key=keeps_code).first()
    if stored is None or stored.version != expected_version:
        raise EntryChangedMeanwhile
    if not keeps_code:
        if sold_among([entry_id]):
            raise CodeFixed(stored.code, sold=True)
        if stored.handler == SPECIFIC:
            raise CodeFixed(stored.code, sold=False)
    return stored


def pin_entries(entry_ids: Collection[int]) -> None:
    """Keep the codes of these entries until the transaction ends. For a transaction that sells them.

    Rows that refer to an entry do not hold its code before they are committed. Locks the entries by key with ``FOR KEY
    SHARE``: sales never wait for each other, nor for a change of texts or prices.
    """
    table, key = connection.ops.quote_name(Entry._meta.db_table), connection.ops.quote_name("id")
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {key} FROM {table} WHERE {key} = ANY(%s) ORDER BY {key} FOR KEY SHARE",  # noqa: S608
            [list(entry_ids)],
        )


def is_code_fixed(entry: Entry) -> bool:
    """Tell whether the stored ``entry`` keeps its code: it was sold, or has a specific handler."""
    return entry.handler == SPECIFIC or bool(sold_among([entry.pk]))


def find_handler(*, name: str, code: str, state: str, stored: Entry | None) -> Handler | None:
    """Return the handler an entry is to have; None for no handler, or for a missing one that the entry may keep.

    Raises ``HandlerNotInstalled``. An entry that is not on sale may keep a handler that has gone missing, or whose
    parameters cannot be read: such an entry must be open to suspension.
    """
    try:
        handler = handler_for(name, code)
        if handler is not None:
            handler.MerchantForm.default_parameters()
        return handler
    except (HandlerMissing, HookBroken) as missing:
        if stored is None or stored.handler != name or state in ON_SALE:
            said = missing.fault.message if isinstance(missing, HookBroken) else missing.message
            raise HandlerNotInstalled(said) from missing
        return None


def set_prices(*, entry: Entry, tiers: Mapping[int, Decimal]) -> None:
    """Replace the price tiers of ``entry``, typed net or with tax as the shop types them. Locks the entry's row, then
    the shop's choice.

    Raises ``FirstPriceMissing`` when no price begins at quantity 1.
    """
    if 1 not in tiers:
        raise FirstPriceMissing
    with transaction.atomic():
        Entry.objects.select_for_update(no_key=True).get(pk=entry.pk)
        PriceTier.objects.filter(entry=entry).exclude(from_quantity__in=tiers).delete()
        includes_tax = prices_include_tax(keeps=True)
        PriceTier.objects.bulk_create(
            (
                PriceTier(entry=entry, from_quantity=quantity, unit_net=price, includes_tax=includes_tax)
                for quantity, price in sorted(tiers.items())
            ),
            update_conflicts=True,
            unique_fields=["entry", "from_quantity"],
            update_fields=["unit_net", "includes_tax"],
        )


def _take_handler(entry: Entry, stored: Entry | None) -> None:
    entry.handler = canonical_name(entry.handler)
    handler = find_handler(name=entry.handler, code=entry.code, state=entry.state, stored=stored)
    if handler is not None:
        entry.parameters = _complete(handler, entry.parameters)
        entry.handler_version = handler.version
    elif entry.handler and stored:
        entry.parameters, entry.handler_version = stored.parameters, stored.handler_version
    else:
        entry.parameters, entry.handler_version = {}, 0


def _complete(handler: Handler, parameters: dict[str, object]) -> dict[str, object]:
    defaults = handler.MerchantForm.default_parameters()
    unknown = sorted(set(parameters) - set(defaults))
    if unknown:
        raise UnknownParameters(unknown)
    return defaults | parameters


def _take_image(entry: Entry, stored: Entry | None) -> None:
    if entry.image and not entry.image._committed:  # type: ignore[attr-defined]  # assigned, not stored yet
        prepared = prepare_image(entry.image.file)
        entry.image.save(prepared.name or "", prepared, save=False)
    if stored and stored.image and stored.image.name != entry.image.name:
        storage, name = stored.image.storage, stored.image.name or ""
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
