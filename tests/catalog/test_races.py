"""Two merchants at the same moment, with the guard and without it."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from catalog.models.categories import Category
from catalog.models.entries import Entry
from catalog.services import categories, entries
from catalog.services.categories import save_category
from catalog.services.entries import save_entry
from tests.catalog.admin_pages import ADD, errors, merchant, typed
from tests.factories.catalog import CategoryFactory, EntryFactory, TaxFactory
from tests.rivals.processes import Rival, errors_among, no_row_locks, race, values_among

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ABOUT_TO_WRITE = [(entries, "_write")]


def rename(entry: Entry, name: str) -> str:
    mine = Entry.objects.get(pk=entry.pk)
    mine.name_fr = name
    save_entry(entry=mine, expected_version=1, now=NOW)
    return name


def two_save(**how):
    entry = EntryFactory()
    return race(lambda: rename(entry, "Alice"), lambda: rename(entry, "Bob"), before=ABOUT_TO_WRITE, **how)


def test_of_two_merchants_who_save_at_once_one_is_told():
    answers = two_save()

    assert errors_among(answers) == ["EntryChangedMeanwhile"]
    assert [Entry.objects.get().name_fr] == values_among(answers)
    assert Entry.objects.get().version == 2


def test_without_the_lock_one_overwrites_the_other():
    assert errors_among(two_save(without=no_row_locks)) == []


def move(category: Category, parent: Category) -> None:
    mine = Category.objects.get(pk=category.pk)
    mine.parent = parent
    save_category(category=mine)


def two_move(**how) -> list[str]:
    first, second = CategoryFactory(), CategoryFactory()
    moves = [lambda: move(first, second), lambda: move(second, first)]
    return errors_among(race(*moves, after=[(categories, "_check_place")], **how))


def loops() -> bool:
    first, second = Category.objects.order_by("pk")
    return first.parent_id == second.pk and second.parent_id == first.pk


def test_two_moves_never_close_a_loop():
    assert two_move() == ["CategoryLoop"]
    assert not loops()


def test_without_the_lock_they_do():
    assert two_move(without=no_row_locks) == []
    assert loops()


def test_a_code_is_given_once():
    category, tax = CategoryFactory(), TaxFactory()

    def add(code: str) -> None:
        entry = Entry(code=code, category=category, tax=tax, name_fr="Nom")
        save_entry(entry=entry, expected_version=None, now=NOW, tiers={1: Decimal(1)})

    answers = race(lambda: add("Same"), lambda: add("SAME"), before=ABOUT_TO_WRITE)

    assert errors_among(answers) == ["CodeTaken"]
    assert Entry.objects.count() == 1


def test_a_merchant_whose_code_was_taken_while_they_saved_is_told_at_the_field():
    client, data = merchant(), typed(code="Mine", name_en="Bob's")
    category, tax = CategoryFactory(), TaxFactory()

    def save():
        response = client.post(ADD, data)
        return list(errors(response)), response.context["adminform"].form["name_en"].value()

    saved, _rival = race(
        Rival(save, before=ABOUT_TO_WRITE),
        lambda: EntryFactory(code="MINE", category=category, tax=tax).pk,
        in_turn=True,
    )

    assert saved.value == (["code"], "Bob's")
    assert [entry.code for entry in Entry.objects.all()] == ["MINE"]
