"""Shelves and search as a shopper finds them, with the number of their queries."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import translation

from catalog.models.entries import EntryState
from catalog.pricing import tiers_of
from catalog.selectors import (
    ANYBODY,
    Shopper,
    entries_for,
    find_category,
    get_entry,
    shopper_for,
    visible_categories,
)
from tests.factories.accounts import UserFactory
from tests.factories.catalog import CategoryFactory, EntryFactory, TaxFactory

pytestmark = pytest.mark.django_db

STAFF = Shopper(is_staff=True)


def codes(entries) -> list[str]:
    return [entry.code for entry in entries]


def test_who_the_shopper_is(customers, django_assert_num_queries):
    alice = UserFactory(is_staff=True)
    customers.add(alice.pk)

    with django_assert_num_queries(0):
        assert shopper_for(AnonymousUser()) == ANYBODY
        assert shopper_for(alice) == Shopper(user=alice, is_staff=False, is_customer=True)
        alice.is_trusted_staff = True
        assert shopper_for(alice) == Shopper(user=alice, is_staff=True, is_customer=True)


@pytest.mark.parametrize(
    ("state", "for_anybody", "for_staff"),
    [
        (EntryState.DRAFT, False, False),
        (EntryState.AVAILABLE, True, True),
        (EntryState.INTERNAL, False, True),
        (EntryState.SUSPENDED, True, True),
        (EntryState.RETIRED, False, False),
    ],
)
def test_lists_show_what_is_in_the_shop(state, for_anybody, for_staff):
    entry = EntryFactory(state=state)

    assert (entry in entries_for(shopper=ANYBODY)) is for_anybody
    assert (entry in entries_for(shopper=STAFF)) is for_staff


@pytest.mark.parametrize("state", EntryState.values)
def test_a_page_opens_for_what_is_listed_and_any_page_for_staff(state):
    entry = EntryFactory(code="First-Aid", state=state)

    assert get_entry(code="first-aid", shopper=STAFF) == entry
    assert (get_entry(code="FIRST-AID", shopper=ANYBODY) == entry) is (state in ("available", "suspended"))


@pytest.mark.parametrize("code", ["", "NOPE", "a\0b", "é", "%", "x" * 5000])
def test_a_code_that_is_none_opens_nothing(code):
    EntryFactory(code="AB")

    assert get_entry(code=code, shopper=STAFF) is None


@pytest.mark.parametrize(
    "query",
    ["electricite", "ÉLECTRICITÉ", "habilitation  elec", "ELEC-01", "oeuvre", "œuvre", "l'electricite", "safety", ""],
)
def test_search_knows_neither_accents_nor_case_nor_language(query):
    entry = EntryFactory(
        code="ELEC-01",
        name_fr="Habilitation à l’Électricité",
        name_en="Electrical safety",
        description_fr="<p>Main d’œuvre</p>",
    )
    EntryFactory(code="OTHER", name_fr="Gestes", name_en="First aid")

    assert entry in entries_for(shopper=ANYBODY, query=query)


@pytest.mark.parametrize("query", ["gestes elec", "%", "_", "\\", "x\0y", "strong"])
def test_search_wants_every_word_and_takes_signs_as_they_are(query):
    EntryFactory(code="ELEC-01", name_fr="Électricité", name_en="Electricity", description_fr="<strong>Oui</strong>")

    assert codes(entries_for(shopper=ANYBODY, query=query)) == []


def test_a_very_long_search_is_answered():
    assert codes(entries_for(shopper=ANYBODY, query="word " * 10_000)) == []


def test_entries_come_by_position_then_by_name_as_people_sort_it():
    for code, position, name in [("A", 1, "Zone"), ("B", 1, "Échafaudage"), ("C", 0, "Yoga"), ("D", 1, "eau")]:
        EntryFactory(code=code, position=position, name_fr=name, name_en=name)

    with translation.override("fr"):
        assert codes(entries_for(shopper=ANYBODY)) == ["C", "D", "B", "A"]


def test_names_are_sorted_in_the_language_of_the_reader():
    EntryFactory(code="A", name_fr="Alpha", name_en="Zulu")
    EntryFactory(code="B", name_fr="Zoulou", name_en="Alpha")

    with translation.override("fr"):
        assert codes(entries_for(shopper=ANYBODY)) == ["A", "B"]
    with translation.override("en"):
        assert codes(entries_for(shopper=ANYBODY)) == ["B", "A"]


def test_the_tree_counts_what_is_below_and_leaves_out_empty_shelves():
    safety = CategoryFactory(slug="safety", position=2)
    fire = CategoryFactory(slug="fire", parent=safety)
    CategoryFactory(slug="empty", parent=safety)
    office = CategoryFactory(slug="office", position=1)
    EntryFactory(category=safety)
    EntryFactory.create_batch(2, category=fire)
    EntryFactory(category=office, state="internal")

    nodes = visible_categories(shopper=ANYBODY)

    assert [(node.category.slug, node.depth, node.entry_count) for node in nodes] == [("safety", 0, 3), ("fire", 1, 2)]
    assert nodes[0].ids == {safety.pk, fire.pk} | set(safety.children.filter(slug="empty").values_list("pk", flat=True))
    assert nodes[1].path == (safety, fire)
    assert [node.category.slug for node in visible_categories(shopper=STAFF)] == ["office", "safety", "fire"]
    assert len(entries_for(shopper=ANYBODY, category=find_category(nodes, "safety"))) == 3
    assert len(entries_for(shopper=ANYBODY, category=find_category(nodes, "fire"))) == 2
    assert find_category(nodes, "office") is None


@pytest.mark.parametrize("size", [1, 500])
def test_a_page_of_the_shop_costs_four_queries_however_much_there_is(size, django_assert_num_queries):
    tax = TaxFactory()
    shelves = [CategoryFactory(parent=CategoryFactory()) for _ in range(1 if size == 1 else 20)]
    for number in range(size):
        EntryFactory(category=shelves[number % len(shelves)], tax=tax, tiers={1: "10.00", 5: "9.00"})

    with django_assert_num_queries(4):
        visible_categories(shopper=ANYBODY)  # categories with their counts
        entries = entries_for(shopper=ANYBODY, query="entry")
        assert entries.count() == size
        for entry in entries[:20]:  # entries, tiers
            assert entry.name.startswith(("Entry", "Article"))
            assert entry.category.name
            assert entry.tax.rate == 20
            assert tiers_of(entry)[1].from_quantity == 5


def test_a_page_of_an_entry_costs_two_queries(django_assert_num_queries):
    EntryFactory(code="A", tiers={1: "10.00", 5: "9.00"})

    with django_assert_num_queries(2):
        entry = get_entry(code="A", shopper=ANYBODY)
        assert entry.tax.rate == 20
        assert entry.category.name
        assert len(tiers_of(entry)) == 2
