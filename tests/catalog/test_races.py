"""Two merchants at the same moment, and the same without the guard."""

import threading
import time
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection, transaction

from catalog import guards
from catalog.models import Category, Entry, PriceTier
from catalog.services import categories, entries
from catalog.services.categories import save_category
from catalog.services.entries import save_entry
from catalog.services.errors import CategoryLoop, CodeFixed, CodeTaken, EntryChangedMeanwhile
from tests.catalog.admin_pages import ADD, errors, merchant, typed
from tests.factories.catalog import CategoryFactory, EntryFactory, TaxFactory
from tests.races import errors_among, meeting_before, run_together, without_row_locks

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def rename(entry: Entry, name: str) -> str:
    mine = Entry.objects.get(pk=entry.pk)
    mine.name_fr = name
    save_entry(entry=mine, expected_version=1, now=NOW)
    return name


def test_of_two_merchants_who_save_at_once_one_is_told():
    entry = EntryFactory()

    with meeting_before(entries, "_write"):
        results = run_together(lambda: rename(entry, "Alice"), lambda: rename(entry, "Bob"))

    assert [type(error) for error in errors_among(results)] == [EntryChangedMeanwhile]
    assert Entry.objects.get().name_fr in results
    assert Entry.objects.get().version == 2


def test_without_the_lock_one_overwrites_the_other():
    entry = EntryFactory()

    with without_row_locks(), meeting_before(entries, "_write"):
        results = run_together(lambda: rename(entry, "Alice"), lambda: rename(entry, "Bob"))

    assert errors_among(results) == []


def move(category: Category, parent: Category) -> None:
    mine = Category.objects.get(pk=category.pk)
    mine.parent = parent
    save_category(category=mine)


def loops() -> bool:
    first, second = Category.objects.order_by("pk")
    return first.parent_id == second.pk and second.parent_id == first.pk


@pytest.mark.parametrize("guarded", [True, False])
def test_two_moves_never_close_a_loop_and_without_the_lock_they_do(guarded):
    first, second = CategoryFactory(), CategoryFactory()

    def race():
        with meeting_before(categories, "_check_place"):
            return run_together(lambda: move(first, second), lambda: move(second, first))

    if guarded:
        results = race()
        assert [type(error) for error in errors_among(results)] == [CategoryLoop]
        assert not loops()
    else:
        with without_row_locks():
            assert errors_among(race()) == []
        assert loops()


def test_a_code_is_given_once():
    category, tax = CategoryFactory(), TaxFactory()

    def add(code: str) -> None:
        entry = Entry(code=code, category=category, tax=tax, name_fr="Nom")
        save_entry(entry=entry, expected_version=None, now=NOW, tiers={1: Decimal(1)})

    with meeting_before(entries, "_write"):
        results = run_together(lambda: add("Same"), lambda: add("SAME"))

    assert [type(error) for error in errors_among(results)] == [CodeTaken]
    assert Entry.objects.count() == 1


def test_a_merchant_whose_code_was_taken_while_he_saved_is_told_at_the_field(monkeypatch):
    client, data = merchant(), typed(code="Mine", name_en="Bob's")
    write, rivals = entries._write, []

    def write_after_a_rival(entry: Entry) -> None:
        if not rivals:
            rivals.append(threading.Thread(target=add_rival))
            rivals[0].start()
            rivals[0].join()
        write(entry)

    def add_rival() -> None:
        EntryFactory(code="MINE")
        connection.close()

    monkeypatch.setattr(entries, "_write", write_after_a_rival)
    response = client.post(ADD, data)

    assert list(errors(response)) == ["code"]
    assert response.context["adminform"].form["name_en"].value() == "Bob's"
    assert [entry.code for entry in Entry.objects.all()] == ["MINE"]


@pytest.mark.parametrize("guarded", [True, False])
def test_a_code_waits_for_the_order_that_is_just_being_placed(guarded):
    # The row that refers to the entry stands for the line of an order.
    guards.register_sold_check(
        lambda keys: set(PriceTier.objects.filter(from_quantity=999, entry__in=keys).values_list("entry", flat=True))
    )
    entry = EntryFactory(code="OLD")
    referred = threading.Event()

    def place() -> None:
        with transaction.atomic():
            if guarded:
                entries.pin_entries([entry.pk])
            PriceTier.objects.create(entry_id=entry.pk, from_quantity=999, unit_net=1)
            referred.set()
            time.sleep(0.5)

    def change_code() -> None:
        referred.wait(10)
        mine = Entry.objects.get(pk=entry.pk)
        mine.code = "NEW"
        save_entry(entry=mine, expected_version=1, now=NOW)

    results = run_together(place, change_code)

    assert [type(error) for error in errors_among(results)] == ([CodeFixed] if guarded else [])
    assert Entry.objects.get().code == ("OLD" if guarded else "NEW")
