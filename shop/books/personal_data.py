"""Personal data in files for the accountant: those that name customers go with the erasure of one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from common.personal_data import Person, Record, hold
from shop.books.models import BookExport, ExportPiece
from shop.orders.models import Order

Kind = BookExport.Kind
# Kinds whose rows name customers, or tell their VAT numbers or references of their payments.
NAMING = (Kind.FEC, Kind.SALES, Kind.REVERSE, Kind.ORDERS, Kind.DOCUMENTS, Kind.PAYMENTS)


def _has_bought(person: Person) -> bool:
    return Order.objects.filter(Q(buyer=person.key) | Q(contact_email__in=person.emails)).exists()


def _naming() -> QuerySet[BookExport]:
    return BookExport.objects.filter(kind__in=NAMING)


def describe(person: Person) -> Iterable[Record]:
    """Yield nothing: files of all customers together are no record of one."""
    return ()


def blank(person: Person, now: datetime, limit: int) -> int:
    """Delete at most so many pieces of files that may name the person. The exports stay, with their digests."""
    if not _has_bought(person):
        return 0
    keys = ExportPiece.objects.filter(export__in=_naming()).order_by("pk").values_list("pk", flat=True)[:limit]
    return ExportPiece.objects.filter(pk__in=list(keys)).delete()[0]


def waits(person: Person) -> bool:
    """Tell whether such a file is being made, and may have read the name already."""
    being_made = _naming().filter(made_at__isnull=True, failed_at__isnull=True)
    return being_made.exists() and _has_bought(person)


hold(
    "book_exports",
    _("Files for our accountant"),
    columns={},
    describe=describe,
    blank=blank,
    waits=waits,
)
