"""Deletion of the files of old exports. Their rows stay, and tell who made which file."""

from __future__ import annotations

from datetime import datetime

from common.tidying import delete_batch, tidies
from shop.books.models import ExportPiece


@tidies("book_exports", "shop_exportpiece", batch=50)
def book_exports(before: datetime, limit: int) -> int:
    """Delete pieces of files that were made before a moment."""
    return delete_batch(ExportPiece.objects.filter(export__made_at__lt=before).order_by("pk"), limit)
