"""Reads for the storefront. The number of queries of each read does not grow with the catalogue."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce

from accounts.people.models import User
from catalog.guards import is_customer
from catalog.kept_entries import kept_entries, kept_entry
from catalog.models.categories import Category
from catalog.models.entries import Entry, EntryQuerySet
from common.search import normalise

AnyCategory = TypeVar("AnyCategory", bound=Category)


@dataclass(frozen=True, slots=True)
class Shopper:
    """A visitor or signed-in person, with the facts that the catalogue needs."""

    user: User | None = None
    is_staff: bool = False
    is_customer: bool = False


ANYBODY = Shopper()


def shopper_for(user: User | AnonymousUser, *, by_staff: bool = False) -> Shopper:
    """Return the shopper behind ``request.user``: no query for a visitor, one for a person signed in.

    ``by_staff`` tells that staff buy for this person, who then gets all that staff sell. Staff themselves get it in a
    session that has proved their second factor.
    """
    if not isinstance(user, User) or not user.is_authenticated:
        return replace(ANYBODY, is_staff=by_staff)
    return Shopper(user=user, is_staff=bool(user.is_trusted_staff) or by_staff, is_customer=is_customer(user))


@dataclass(frozen=True, slots=True)
class CategoryNode:
    """A category with its place in the tree.

    ``entry_count`` counts the visible entries in the category and in all below; ``ids`` are the keys of the category
    and of all below; ``path`` leads from the root to the category itself.
    """

    category: Category
    depth: int
    entry_count: int
    ids: frozenset[int]
    path: tuple[Category, ...]


def visible_categories(*, shopper: Shopper) -> list[CategoryNode]:
    """Return the tree, flattened in the order of reading, without the branches that hold no visible entry.

    One query, however large the tree.
    """
    counts = (
        Entry.objects.visible_to(is_staff=shopper.is_staff)
        .filter(category=OuterRef("pk"))
        .order_by()
        .values("category")
        .annotate(entries=Count("pk"))
        .values("entries")
    )
    categories = Category.objects.annotate(standing_in=Coalesce(Subquery(counts), 0))
    return [node for node in _tree(categories, lambda category: category.standing_in) if node.entry_count]


def category_tree() -> list[CategoryNode]:
    """Return every category in the order of reading, empty ones too. One query."""
    return _tree(Category.objects.all(), lambda category: 0)


def _tree(categories: Iterable[AnyCategory], entries_in: Callable[[AnyCategory], int]) -> list[CategoryNode]:
    children: dict[int | None, list[Category]] = {}
    counts: dict[int, int] = {}
    for category in categories:
        children.setdefault(category.parent_id, []).append(category)
        counts[category.pk] = entries_in(category)
    for siblings in children.values():
        siblings.sort(key=lambda category: (category.position, normalise(category.name or ""), category.pk))
    return list(_branch(None, children, counts, ()))


def _branch(
    parent_id: int | None,
    children: dict[int | None, list[Category]],
    counts: dict[int, int],
    path: tuple[Category, ...],
) -> Iterator[CategoryNode]:
    for category in children.get(parent_id, ()):
        own_path = (*path, category)
        below = list(_branch(category.pk, children, counts, own_path))
        direct = [node for node in below if node.depth == len(own_path)]
        yield CategoryNode(
            category=category,
            depth=len(path),
            entry_count=counts[category.pk] + sum(node.entry_count for node in direct),
            ids=frozenset({category.pk}).union(*(node.ids for node in direct)),
            path=own_path,
        )
        yield from below


def find_category(nodes: Iterable[CategoryNode], slug: str) -> CategoryNode | None:
    """Return the node whose category has this slug; None when there is none."""
    return next((node for node in nodes if node.category.slug == slug), None)


def entries_for(*, shopper: Shopper, category: CategoryNode | None = None, query: str = "") -> EntryQuerySet:
    """Return the entries that ``shopper`` sees in ``category`` (and below), holding every word of ``query``.

    With prices loaded and in the shop's order: two queries when evaluated.
    """
    entries = Entry.objects.visible_to(is_staff=shopper.is_staff)
    if category is not None:
        entries = entries.in_categories(category.ids)
    return entries.matching(query).with_prices().in_shop_order()


def entries_to_price(keys: Collection[int]) -> Mapping[int, Entry]:
    """Return entries by key, with tax, tiers and fields loaded, for a cart. One statement, three more for what is not
    in memory as it stands. Nobody may change them."""
    return kept_entries(keys)


def get_entry(*, code: str, shopper: Shopper) -> Entry | None:
    """Return the entry with this code, if ``shopper`` may open its page; staff also open drafts. Like
    `entries_to_price`."""
    entry = kept_entry(code) if "\0" not in code else None
    return entry if entry is not None and (shopper.is_staff or entry.is_visible) else None
