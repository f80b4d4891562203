"""Writing categories: a tree, never a loop."""

from django.db import transaction

from catalog.models.categories import Category
from catalog.services.errors import CategoryLoop, TooDeep

LEVELS_AT_MOST = 6


def save_category(*, category: Category) -> Category:
    """Write ``category``, in its ``parent``.

    Locks all categories by key, so that of two moves that close a loop together the second sees the first. Raises
    ``CategoryLoop`` or ``TooDeep``; then nothing was written.
    """
    with transaction.atomic():
        lock_place(category_id=category.pk, parent_id=category.parent_id)
        category.save()
    return category


def lock_place(*, category_id: int | None, parent_id: int | None) -> None:
    """Lock all categories until the transaction ends; raise if the category cannot stand in that parent."""
    rows = Category.objects.select_for_update(no_key=True).order_by("pk").values_list("pk", "parent_id")
    _check_place(category_id, parent_id, dict(rows))


def _check_place(category_id: int | None, parent_id: int | None, parents: dict[int, int | None]) -> None:
    above, ancestor = 0, parent_id
    while ancestor is not None:
        above += 1
        if ancestor == category_id or above > len(parents):
            raise CategoryLoop
        ancestor = parents.get(ancestor)
    if above + _height(category_id, parents) > LEVELS_AT_MOST:
        raise TooDeep


def _height(category_id: int | None, parents: dict[int, int | None]) -> int:
    """Return the number of levels that the category and those below it take."""
    level, height = {category_id}, 0
    while level and height <= LEVELS_AT_MOST:
        height += 1
        level = {pk for pk, parent in parents.items() if parent is not None and parent in level}
    return height
