"""Asking for exports, making them in a job, and handing their files out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date, datetime
from typing import IO
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts.people.models import User
from accounts.security_log.kinds import Kind as SecurityKind
from accounts.security_log.services import Plain, record
from billing.closures.models import Closure
from billing.journal.entries import other_currencies
from common.languages import reader_language
from common.moments import local_day
from common.refusals import Refused
from outbox.jobs.services import enqueue
from shop.books.files import siren_of_seller, write
from shop.books.models import BookExport, ExportPiece

MAKE_EXPORT = "make_book_export"
PIECE = 1024 * 1024
Kind, Form = BookExport.Kind, BookExport.Form


class BadPeriod(Refused):
    """Refusal of a period that ends before it begins."""

    field = "ends_on"
    message = _("The last day lies before the first.")


class NotOver(Refused):
    """Refusal of a period that ends after today."""

    field = "ends_on"
    message = _("The last day lies in the future.")


class SeveralYears(Refused):
    """Refusal of a French journal over more than one year: its numbers begin anew with each."""

    field = "ends_on"
    message = _("The French journal is of one calendar year at most: its numbers begin anew with each year.")


class NoSiren(Refused):
    """Refusal of a French journal while the seller's number is unknown, by which the file is named."""

    field = "kind"
    message = _("The file is named by the seller’s SIREN: write the SIRET on the page of the seller first.")


class FileGone(Refused):
    """Refusal of a download of a file that is not made yet, or was deleted by its age."""

    message = _("This file is not made yet, or was deleted by its age. Make the export anew.")


@transaction.atomic
def ask_for_export(
    *, kind: str, form: str, starts_on: date, ends_on: date, basis: str, asked_as: UUID, actor: User, now: datetime
) -> BookExport:
    """Record an export and the job that makes it; return its row, or that of a form posted before.

    `form` counts for tables, `basis` for VAT. Raises BadPeriod, NotOver, SeveralYears, NoSiren.
    """
    if ends_on < starts_on:
        raise BadPeriod
    if ends_on > local_day(now):
        raise NotOver
    if kind == Kind.FEC:
        if starts_on.year != ends_on.year:
            raise SeveralYears
        if not siren_of_seller():
            raise NoSiren
    export, _is_new = BookExport.objects.get_or_create(
        asked_as=asked_as,
        defaults={
            "kind": kind,
            "form": Form.TXT if kind == Kind.FEC else form,
            "starts_on": starts_on,
            "ends_on": ends_on,
            "currency": settings.SHOP_CURRENCY,
            "basis": basis if kind in BookExport.OF_VAT else "",
            "language": reader_language(),
            "asked_at": now,
            "asked_by": actor,
        },
    )
    enqueue(kind=MAKE_EXPORT, key=f"{MAKE_EXPORT}:{export.pk}", payload={"export": export.pk})
    return export


def make_export(*, export_id: int, now: datetime) -> None:
    """Write an export's file into its pieces, in the transaction of its job; nothing for one that is made.

    Memory stays small, whatever the number of rows. A closure is looked for before the entries are read: what a closed
    period holds is final.
    """
    export = BookExport.objects.get(pk=export_id)
    if export.made_at is not None:
        return
    is_final = Closure.objects.filter(kind=Closure.Kind.DAY, ends_on=export.ends_on).exists()
    with translation.override(export.language):
        written = write(export)
    with written.file as file:
        digest, size = _keep(export, file)
    BookExport.objects.filter(pk=export.pk).update(
        made_at=now,
        failed_at=None,
        file_name=written.name,
        rows=written.rows,
        left_out=other_currencies(starts=export.starts_on, ends=export.ends_on, currency=export.currency),
        size=size,
        digest=digest,
        is_final=is_final,
    )


def _keep(export: BookExport, file: IO[bytes]) -> tuple[bytes, int]:
    digest, size, position = hashlib.sha256(), 0, 0
    while content := file.read(PIECE):
        ExportPiece.objects.create(export=export, position=position, content=content)
        digest.update(content)
        size, position = size + len(content), position + 1
    return digest.digest(), size


def give_up(*, export_id: int, now: datetime) -> None:
    """Note that the job of an export has used up its attempts."""
    BookExport.objects.filter(pk=export_id, made_at__isnull=True).update(failed_at=now)


def try_again(*, export_id: int) -> None:
    """Note that the job of an export runs again."""
    BookExport.objects.filter(pk=export_id).update(failed_at=None)


@transaction.atomic
def hand_out(*, export_id: int, actor: User, request: HttpRequest, now: datetime) -> tuple[BookExport, Iterator[bytes]]:
    """Return an export and its file piece by piece, and note in the security log who took it. Raises FileGone, and
    BookExport.DoesNotExist."""
    export = BookExport.objects.get(pk=export_id)
    positions = list(export.pieces.order_by("position").values_list("position", flat=True))
    if export.made_at is None or (export.size and not positions):
        raise FileGone
    details: dict[str, Plain] = {"page": "book_export", "export": export.pk, "kind": str(export.kind)}
    record(SecurityKind.EXPORTED, now=now, request=request, actor_id=actor.pk, details=details)
    return export, _pieces(export, positions)


def _pieces(export: BookExport, positions: list[int]) -> Iterator[bytes]:
    for position in positions:
        yield bytes(ExportPiece.objects.values_list("content", flat=True).get(export=export, position=position))
