"""Deletion of documents that no law asks for any more."""

from __future__ import annotations

from datetime import date, datetime

from django.db.models import Exists, OuterRef

from common.moments import local_day
from common.tidying import delete_batch, tidies
from documents.issued.models import Document


@tidies("documents", "documents_document", "documents_documentfile", batch=100)
def documents(before: datetime, limit: int) -> int:
    """Delete documents of the years that ended before a moment, with their files.

    A document that another one corrects goes after that one.
    """
    first_kept = date(local_day(before).year, 1, 1)
    corrected = Document.objects.filter(corrects=OuterRef("pk"))
    old = Document.objects.filter(issued_on__lt=first_kept).exclude(Exists(corrected))
    return delete_batch(old.order_by("issued_on", "pk"), limit)
