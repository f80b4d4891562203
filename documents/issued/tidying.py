"""Emptying of documents that no law asks for any more: their numbers stay, so that no series shows a gap."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now

from common.moments import local_day
from common.registry import Registry
from common.tidying import tidies
from documents.issued.models import Document, DocumentFile

# Keys of orders whose documents somebody still works with, however old; registered by floors that know orders.
ORDERS_AT_WORK: Registry[Callable[[], QuerySet[Any]]] = Registry("orders whose documents are still needed")


@tidies("documents", "documents_document", "documents_documentfile", batch=100)
def documents(before: datetime, limit: int) -> int:
    """Empty documents of the years that ended before a moment, and delete their files.

    A document that another one corrects goes after that one, and those of an order at work stay whole.
    """
    first_kept = date(local_day(before).year, 1, 1)
    corrected = Document.objects.kept().filter(corrects=OuterRef("pk"))
    old = Document.objects.kept().filter(issued_on__lt=first_kept).exclude(Exists(corrected))
    for at_work in ORDERS_AT_WORK:
        old = old.exclude(order_id__in=at_work())
    return _empty(old.order_by("issued_on", "pk"), limit)


@transaction.atomic
def _empty(old: QuerySet[Document], limit: int) -> int:
    """Empty at most so many documents; return their number. Locks them and waits for none."""
    locked = old.select_for_update(no_key=True, skip_locked=True, of=("self",)).values_list("pk", flat=True)
    keys = list(locked[:limit])
    DocumentFile.objects.filter(document__in=keys).delete()
    return Document.objects.filter(pk__in=keys).update(data={}, emptied_at=Now())
