"""Entries kept in memory are those of the database, whoever changed a row."""

from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from catalog.kept_entries import kept_entries, kept_entry
from catalog.models.categories import Category
from catalog.models.entries import Entry, EntryState, PriceTier
from catalog.models.taxes import Tax
from catalog.pricing import tiers_of
from tests.factories.catalog import EntryFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def remembering(settings):
    settings.FRAME_SECONDS = 3600


def shown(key):
    entry = kept_entries([key])[key]
    prices = [tier.unit_price for tier in tiers_of(entry)]
    return entry.state, entry.tax.rate, entry.category.name_en, prices, [each.name for each in entry.fields.all()]


def execute(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_a_second_look_takes_one_statement_for_any_number():
    keys = [EntryFactory().pk for _number in range(5)]
    before = kept_entries(keys)

    with CaptureQueriesContext(connection) as captured:
        after = kept_entries(keys)
        assert [tiers_of(entry) for entry in after.values()]

    assert len(captured) == 1
    assert {key: id(entry) for key, entry in after.items()} == {key: id(entry) for key, entry in before.items()}


def test_what_changes_is_seen_at_once_whoever_changes_it():
    entry = EntryFactory()
    seen = [shown(entry.pk)]
    changes = [
        lambda: Entry.objects.filter(pk=entry.pk).update(state=EntryState.SUSPENDED),
        lambda: Tax.objects.filter(pk=entry.tax_id).update(rate=Decimal("5.50")),
        lambda: Category.objects.filter(pk=entry.category_id).update(name_en="Elsewhere"),
        lambda: PriceTier.objects.filter(entry=entry).update(unit_net=Decimal("7.00")),
        lambda: PriceTier.objects.create(entry=entry, from_quantity=50, unit_net=Decimal("3.00")),
        lambda: execute("UPDATE catalog_pricetier SET unit_net = 2 WHERE entry_id = %s", entry.pk),
        lambda: PriceTier.objects.filter(entry=entry, from_quantity=50).delete(),
        lambda: entry.fields.create(name="size", label_en="Size", kind="text", position=1),
        lambda: entry.fields.update(name="colour"),
        lambda: entry.fields.all().delete(),
    ]
    for change in changes:
        change()
        now = shown(entry.pk)
        assert now != seen[-1]
        seen.append(now)


def test_two_changes_in_one_transaction_are_both_seen():
    entry = EntryFactory()
    with transaction.atomic():
        for price in (Decimal(8), Decimal(9), Decimal(8)):
            PriceTier.objects.filter(entry=entry).update(unit_net=price)
            assert shown(entry.pk)[3] == [price]


def test_a_change_that_is_rolled_back_was_none():
    entry = EntryFactory()
    before = shown(entry.pk)
    with transaction.atomic():
        Entry.objects.filter(pk=entry.pk).update(state=EntryState.RETIRED)
        assert shown(entry.pk)[0] == EntryState.RETIRED
        transaction.set_rollback(True)
    assert shown(entry.pk) == before


def test_an_entry_that_is_deleted_is_gone():
    entry = EntryFactory(code="Gone")
    assert kept_entry("gONE") == entry
    Entry.objects.filter(pk=entry.pk).delete()
    assert kept_entry("Gone") is None
    assert kept_entries([entry.pk]) == {}
