"""Pages by key, or by a column and the key: as quick at the hundred-thousandth row as at the first, and steady while
rows are added."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import Model, Q, QuerySet

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class KeyPage(Generic[M]):
    """Page of rows, newest first. `older` and `newer` are the keys behind which the neighbouring pages begin; None
    where there is no such page. In the order of a column (`is_sorted`) they are the next page and the one before."""

    rows: Sequence[M]
    older: int | None = None
    newer: int | None = None
    is_sorted: bool = False

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


def sorted_page(
    rows: QuerySet[M], *, by: str, among: QuerySet[M], size: int, after: int | None = None, before: int | None = None
) -> KeyPage[M]:
    """Return one page of rows in the order of a column, then of their key: the first page, or the one beside a row.

    `among` are the rows that a key in an address may name, whether chosen now or not: where any other row stands is
    never told. One statement, another for a page beside a row; with an index of the column and the key as quick
    anywhere.
    """
    key = before if before is not None else after
    place = among.filter(pk=key).values_list(by, flat=True).first() if key is not None else None
    if place is None:
        key = before = None
    if before is not None:
        nearer = rows.filter(Q(**{f"{by}__lt": place}) | Q(pk__lt=key), **{f"{by}__lte": place})
        found = list(nearer.order_by(f"-{by}", "-pk")[: size + 1])
        page = found[:size][::-1]
        return KeyPage(
            rows=page,
            older=page[-1].pk if page else None,
            newer=page[0].pk if page and len(found) > size else None,
            is_sorted=True,
        )
    if key is not None:
        rows = _behind(rows, by, place, key)
    found = list(rows.order_by(by, "pk")[: size + 1])
    page = found[:size]
    return KeyPage(
        rows=page,
        older=page[-1].pk if len(found) > size else None,
        newer=page[0].pk if page and key is not None else None,
        is_sorted=True,
    )


def chunks(rows: QuerySet[M], *, size: int, by: str = "") -> Iterator[Sequence[M]]:
    """Yield all rows so many at a time, in the order of `key_page`, or of `sorted_page` where `by` names a column.

    One statement for each chunk; a row that is gone since the chunk before it was read is no trouble.
    """
    left, order = rows, (by, "pk") if by else ("-pk",)
    while chunk := list(left.order_by(*order)[:size]):
        yield chunk
        last = chunk[-1]
        left = _behind(rows, by, getattr(last, by), last.pk) if by else rows.filter(pk__lt=last.pk)
        if len(chunk) < size:
            return


def _behind(rows: QuerySet[M], by: str, place: Any, key: int | None) -> QuerySet[M]:
    return rows.filter(Q(**{f"{by}__gt": place}) | Q(pk__gt=key), **{f"{by}__gte": place})
