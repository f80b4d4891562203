"""Writing categories: a tree, never a loop."""

from django.db import transaction

from catalog.models import Category
from catalog.services.errors import CategoryLoop, TooDeep

LEVELS_AT_MOST = 6


def save_category(*, category: Category) -> Category:
    """Writes ``category`` where its ``parent`` says.

    Locks all categories by key, so that two moves that close a loop together meet here.
    Raises ``CategoryLoop`` or ``TooDeep``; then nothing was written.
    """
    with transaction.atomic():
        parents = dict(Category.objects.select_for_update(no_key=True).order_by("pk").values_list("pk", "parent_id"))
        check_place(category=category, parents=parents)
        category.save()
    return category


def check_place(*, category: Category, parents: dict[int, int | None]) -> None:
    """Raises ``CategoryLoop`` or ``TooDeep`` if ``category`` may not stand inside its parent.

    ``parents`` maps every stored category to the one it stands in.
    """
    above = 0
    ancestor = category.parent_id
    while ancestor is not None:
        above += 1
        if ancestor == category.pk or above > len(parents):
            raise CategoryLoop
        ancestor = parents.get(ancestor)
    if above + _height(category.pk, parents) > LEVELS_AT_MOST:
        raise TooDeep


def _height(category_id: int | None, parents: dict[int, int | None]) -> int:
    """How many levels the category and those below it take."""
    level, height = {category_id}, 0
    while level and height <= LEVELS_AT_MOST:
        height += 1
        level = {pk for pk, parent in parents.items() if parent is not None and parent in level}
    return height
