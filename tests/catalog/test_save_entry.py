"""Rules of saving an entry, whoever asks."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from catalog.models.entries import Entry
from catalog.services.entries import pin_entries, save_entry, set_prices
from catalog.services.errors import (
    CodeFixed,
    CodeTaken,
    EntryChangedMeanwhile,
    EntryRefused,
    FirstPriceMissing,
    FolderTaken,
    HandlerNotInstalled,
    NameMissing,
    UnknownParameters,
)
from handlers.registry import temporary
from tests.catalog.handlers import Bespoke, EveryField, EveryFieldForm
from tests.factories.catalog import CategoryFactory, EntryFactory, TaxFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = datetime(2026, 3, 2, 12, tzinfo=UTC)
ONE = {1: Decimal("100.00")}


def draft(**fields: object) -> Entry:
    return Entry(
        **{
            "code": "FIRST-AID",
            "category": CategoryFactory(),
            "tax": TaxFactory(),
            "name_fr": "Premiers secours",
            "name_en": "First aid",
        }
        | fields
    )


def saved(**fields: object) -> Entry:
    return save_entry(entry=draft(**fields), expected_version=None, now=NOW, tiers=ONE)


def test_a_new_entry():
    entry = saved(description_fr="<p>Œuvre</p><script>x</script>")

    stored = Entry.objects.get()
    assert stored == entry
    assert (stored.version, stored.created_at, stored.updated_at) == (1, NOW, NOW)
    assert stored.description_fr == "<p>Œuvre</p>"
    assert stored.search_text == "first-aid premiers secours first aid oeuvre"
    assert (stored.sort_name_fr, stored.sort_name_en) == ("premiers secours", "first aid")
    assert list(stored.tiers.values_list("from_quantity", "unit_net")) == [(1, Decimal("100.00"))]


def test_a_change_raises_the_version_and_keeps_the_birthday():
    entry = saved()
    entry.name_fr = "Secours"

    save_entry(entry=entry, expected_version=1, now=LATER)

    stored = Entry.objects.get()
    assert (stored.version, stored.created_at, stored.updated_at) == (2, NOW, LATER)
    assert stored.sort_name_fr == "secours"


@pytest.mark.parametrize("version", [None, 0, 2])
def test_what_somebody_else_changed_is_not_overwritten(version):
    entry = saved()
    entry.name_fr = "Autre"

    with pytest.raises(EntryChangedMeanwhile):
        save_entry(entry=entry, expected_version=version, now=LATER)

    assert Entry.objects.get().name_fr == "Premiers secours"


def test_an_entry_that_is_gone_is_not_made_again():
    entry = saved()
    Entry.objects.all().delete()

    with pytest.raises(EntryChangedMeanwhile):
        save_entry(entry=Entry(pk=entry.pk or 1, code="X"), expected_version=1, now=LATER)

    assert not Entry.objects.exists()


def test_a_code_is_fixed_once_sold(sold):
    entry = saved()
    sold.add(entry.pk)
    entry.code = "OTHER"

    with pytest.raises(CodeFixed) as refusal:
        save_entry(entry=entry, expected_version=1, now=LATER)

    assert refusal.value.field == "code"
    assert "FIRST-AID" in str(refusal.value)
    assert Entry.objects.get().code == "FIRST-AID"


def test_a_code_is_fixed_while_a_specific_handler_is_bound_to_it():
    with temporary(Bespoke, specific=True):
        entry = saved(code="BIG-ORDER", handler="specific")
        entry.code = "OTHER"
        with pytest.raises(CodeFixed):
            save_entry(entry=entry, expected_version=1, now=LATER)
        entry.code, entry.handler = "BIG-ORDER", ""
        save_entry(entry=entry, expected_version=1, now=LATER)
        entry.code = "OTHER"
        save_entry(entry=entry, expected_version=2, now=LATER)

    assert Entry.objects.get().code == "OTHER"


def test_a_code_is_taken_whatever_its_case():
    saved()

    with pytest.raises(CodeTaken):
        saved(code="first-aid")


def test_a_specific_handler_serves_one_entry():
    with temporary(Bespoke, specific=True):
        saved(code="BIG-ORDER", handler="specific")
        with pytest.raises(FolderTaken):
            saved(code="Big_Order", handler="specific")
        saved(code="Big_Order", handler="")


def test_a_missing_specific_handler_is_refused():
    with pytest.raises(HandlerNotInstalled) as refusal:
        saved(handler="specific")

    assert refusal.value.field == "handler"
    assert "specific/first_aid" in str(refusal.value)


def test_an_older_spelling_of_a_handler_is_written_as_today():
    with temporary(EveryField):
        entry = saved(handler="std_enrolonecourse", parameters={"coursename": "X"})

    assert entry.handler == "std_enroloncourse"


def test_parameters_are_completed_and_unknown_ones_refused():
    with temporary(EveryField):
        entry = saved(handler="ext_everyfield", parameters={"packsize": 5})
        assert entry.parameters == EveryFieldForm.default_parameters() | {"packsize": 5}
        assert entry.handler_version == 3
        with pytest.raises(UnknownParameters) as refusal:
            saved(code="B", handler="ext_everyfield", parameters={"seats": 5})

    assert "seats" in str(refusal.value)


def test_without_a_handler_there_are_no_parameters():
    entry = saved(parameters={"left": "over"})

    assert (entry.parameters, entry.handler_version) == ({}, 0)


@pytest.mark.parametrize("state", ["draft", "suspended", "retired"])
def test_what_is_off_sale_may_keep_a_handler_that_went_missing(state):
    entry = EntryFactory(handler="ext_gone", parameters={"kept": True}, handler_version=2)
    entry.state = state
    entry.parameters = {}

    save_entry(entry=entry, expected_version=1, now=LATER)

    stored = Entry.objects.get()
    assert (stored.state, stored.parameters, stored.handler_version) == (state, {"kept": True}, 2)


@pytest.mark.parametrize("state", ["available", "internal"])
def test_what_is_on_sale_needs_its_handler(state):
    entry = EntryFactory(handler="ext_gone", state=state)

    with pytest.raises(HandlerNotInstalled):
        save_entry(entry=entry, expected_version=1, now=LATER)


def test_a_name_in_one_language_is_enough_and_none_is_not():
    assert saved(name_fr="").sort_name_fr == "first aid"
    with pytest.raises(NameMissing):
        saved(code="B", name_fr="", name_en="")


def test_a_sale_pins_its_entries_with_one_query(django_assert_num_queries):
    entry = saved()

    with django_assert_num_queries(1):
        pin_entries([entry.pk, 0])
    pin_entries([])


@pytest.mark.parametrize("tiers", [{}, {2: Decimal(5)}])
def test_there_is_a_price_from_one_on(tiers):
    with pytest.raises(FirstPriceMissing) as refused:
        save_entry(entry=draft(), expected_version=None, now=NOW, tiers=tiers)

    assert refused.value.field == "tiers"
    assert not Entry.objects.exists()


def test_prices_are_replaced_as_a_whole(django_assert_num_queries):
    entry = EntryFactory(tiers={1: "100", 5: "90", 10: "80"})

    with django_assert_num_queries(6):  # savepoint, lock, delete, upsert, release
        set_prices(entry=entry, tiers={1: Decimal(99), 10: Decimal(70), 20: Decimal(60)})

    assert dict(entry.tiers.values_list("from_quantity", "unit_net")) == {1: 99, 10: 70, 20: 60}


def test_every_refusal_speaks_and_names_a_field_of_the_form():
    for refusal in EntryRefused.__subclasses__():
        assert refusal.field in {None, "code", "handler", "tiers", "fields", "image"}
