"""Pages by key: as quick at the hundred-thousandth row as at the first, and steady while rows are added."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class KeyPage(Generic[M]):
    """Page of rows, newest first. `older` and `newer` are the keys behind which the neighbouring pages begin; None
    where there is no such page."""

    rows: Sequence[M]
    older: int | None = None
    newer: int | None = None

    @property
    def has_other_pages(self) -> bool:
        return self.older is not None or self.newer is not None


def key_page(
    rows: QuerySet[M], *, size: int, older_than: int | None = None, newer_than: int | None = None
) -> KeyPage[M]:
    """Return one page of rows by falling primary key, in one statement: the first page, or the one beside a key."""
    if newer_than is not None:
        found = list(rows.filter(pk__gt=newer_than).order_by("pk")[: size + 1])
        page = found[:size][::-1]
        return KeyPage(
            rows=page,
            older=page[-1].pk if page else None,
            newer=page[0].pk if page and len(found) > size else None,
        )
    found = list((rows if older_than is None else rows.filter(pk__lt=older_than)).order_by("-pk")[: size + 1])
    page = found[:size]
    return KeyPage(
        rows=page,
        older=page[-1].pk if len(found) > size else None,
        newer=page[0].pk if page and older_than is not None else None,
    )
