"""Writing the fields of an entry, whoever asks; and the answers a customer may give."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone, translation

from catalog.entry_fields import fields_of
from catalog.entry_fields_form import FieldsForm
from catalog.models.entries import Entry
from catalog.models.entry_fields import EntryField
from catalog.regular_expressions import matches
from catalog.services.checks import check_entry
from catalog.services.duplicate import duplicate_entry
from catalog.services.entries import save_entry
from catalog.services.entry_fields import MOST_FIELDS, FieldRefused, TooManyFields, set_fields
from catalog.services.errors import EntryChangedMeanwhile
from handlers.contract import answers_to_store
from tests.factories.catalog import EntryFactory
from tests.factories.entry_fields import ask, make_field

pytestmark = pytest.mark.django_db

LATER = datetime(2031, 3, 2, 12, tzinfo=UTC)


def write(entry, *fields, version=None):
    set_fields(entry=entry, fields=fields, expected_version=version or entry.version, now=LATER)


def test_a_change_raises_the_version_and_no_change_does_not():
    entry = EntryFactory()

    write(entry, make_field("a"), make_field("b"))
    assert (entry.version, entry.updated_at) == (2, LATER)
    ids = dict(entry.fields.values_list("name", "pk"))
    write(entry, make_field("a"), make_field("b"))
    assert Entry.objects.get().version == 2
    write(entry, make_field("b"), make_field("a", is_required=True))

    assert Entry.objects.get().version == 3
    assert [(field.name, field.pk) for field in entry.fields.all()] == [("b", ids["b"]), ("a", ids["a"])]


def test_what_somebody_else_changed_is_not_overwritten():
    entry = ask(EntryFactory(), make_field("a"))
    with pytest.raises(EntryChangedMeanwhile):
        write(entry, version=entry.version - 1)
    assert entry.fields.count() == 1


@pytest.mark.parametrize(
    ("field", "column"),
    [
        (make_field("Größe"), "name"),
        (make_field("a\n"), "name"),
        (make_field("a" * 41), "name"),
        (make_field(label_en="", label_fr=""), "label_fr"),
        (make_field(kind="choice", choices=[]), "choices"),
        (make_field(kind="choice", choices=[{"value": "a", "label": {}}] * 2), "choices"),
        (make_field(kind="choice", choices=[{"value": v, "label": {}} for v in ("a", "b" * 61)]), "choices"),
        (make_field(choices=[{"value": "a", "label": {}}]), "choices"),
        (make_field(least=Decimal(1)), "least"),
        (make_field(kind="number", earliest=date(2026, 1, 1)), "earliest"),
        (make_field(kind="email", max_length=3), "max_length"),
        (make_field(kind="long_text", pattern="a", example="a"), "pattern"),
        (make_field(max_length=2, example="abc"), "example"),
        (make_field(pattern=r"(a)\1", example="aa"), "pattern"),
        (make_field(pattern="(" * 100 + "a{900}" + "){900}" * 100, example="a"), "pattern"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(field, column):
    entry = EntryFactory()
    with pytest.raises(FieldRefused) as refused:
        write(entry, make_field("right"), field)
    assert (refused.value.index, refused.value.field) == (1, column)
    assert not EntryField.objects.exists()


def test_there_are_so_many_at_most_and_each_name_once():
    entry = EntryFactory()
    with pytest.raises(TooManyFields):
        write(entry, *(make_field(f"f{number}") for number in range(MOST_FIELDS + 1)))
    with pytest.raises(FieldRefused):
        write(entry, make_field("a"), make_field("a"))


def test_a_new_entry_and_a_copy_have_them():
    entry = ask(EntryFactory(code="A"), make_field("size", "choice"), make_field("plate", pattern="a+", example="aa"))

    copied = duplicate_entry(entry_id=entry.pk, now=timezone.now())
    draft = Entry(code="B", category=entry.category, tax=entry.tax, name_fr="B")
    written = save_entry(entry=draft, expected_version=None, now=LATER, fields=[make_field("a")])

    assert fields_of(copied) == fields_of(entry)
    assert [(copied.version, written.version), [field.name for field in fields_of(written)]] == [(1, 1), ["a"]]


def test_a_pattern_takes_no_time_whatever_is_typed():
    assert matches("(a+)+b", "a" * 500) is False
    assert matches("(a|a)*(a|a)*(a|a)*b", "a" * 500) is False


def answer(field: EntryField, typed, language="en"):
    """Return the stored value of an answer, or the list of its errors."""
    entry = EntryFactory()
    asked = fields_of(ask(entry, field))
    with translation.override(language):
        form = FieldsForm(asked, {field.name: typed})
        return (
            answers_to_store(form.cleaned_data)[field.name]
            if form.is_valid()
            else [str(error) for error in form.errors[field.name]]
        )


@pytest.mark.parametrize(
    ("kind", "typed", "stored"),
    [
        ("text", " Ann ", "Ann"),
        ("long_text", "a\r\nb", "a\nb"),
        ("choice", "m", "m"),
        ("checkbox", "on", True),
        ("checkbox", None, False),
        ("number", "1 234,50", "1234.50"),
        ("number", "-3", "-3"),
        ("number", "", None),
        ("email", "ann@example.org", "ann@example.org"),
        ("date", "2026-03-31", "2026-03-31"),
        ("date", " ", None),
    ],
)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_an_answer_is_stored_the_same_in_every_language(kind, typed, stored, language):
    assert answer(make_field(kind=kind), typed, language) == stored


@pytest.mark.parametrize(
    ("kind", "more", "typed"),
    [
        ("text", {}, "a" * 501),
        ("text", {"max_length": 3}, "abcd"),
        ("text", {"is_required": True}, "  "),
        ("text", {"pattern": "[A-Z]{2}", "example": "AB"}, "ABC"),
        ("text", {"pattern": "[A-Z]{2}", "example": "AB"}, "AB\nAB"),
        ("text", {}, "a\0b"),
        ("long_text", {}, "a" * 2001),
        ("choice", {}, "xl"),
        ("choice", {"is_required": True}, ""),
        ("checkbox", {"is_required": True}, None),
        ("number", {}, "NaN"),
        ("number", {}, "Infinity"),
        ("number", {}, "1e9"),
        ("number", {}, "9" * 4000),
        ("number", {}, "0.00001"),
        ("number", {}, "١٢"),
        ("number", {}, "1.2.3"),
        ("number", {"least": Decimal(2)}, "1.9"),
        ("number", {"greatest": Decimal(2)}, "2,1"),
        ("email", {}, "ann"),
        ("email", {}, f"{'a' * 250}@example.org"),
        ("date", {}, "2026-02-30"),
        ("date", {}, "0000-00-00"),
        ("date", {}, "31/12/2026"),
        ("date", {}, "20260101"),
        ("date", {"earliest": date(2026, 1, 2)}, "2026-01-01"),
        ("date", {"latest": date(2026, 1, 2)}, "2026-01-03"),
    ],
)
def test_what_is_no_answer_is_told_in_words(kind, more, typed):
    [error] = answer(make_field(kind=kind, **more), typed)
    assert error


def test_a_wrong_answer_to_a_pattern_is_shown_the_example():
    assert answer(make_field(pattern="[A-Z]{2}-[0-9]+", example="AB-12"), "ab") == [
        "Write this like the example: AB-12"
    ]


def test_a_help_text_is_text():
    [asked] = fields_of(ask(EntryFactory(), make_field(help_en="<b>bold</b>", help_fr="")))
    with translation.override("fr"):
        [control] = FieldsForm([asked])
    assert control.help_text == "&lt;b&gt;bold&lt;/b&gt;"


def test_what_nobody_can_answer_or_read_is_found():
    yesterday = timezone.localdate() - timedelta(days=1)
    entry = ask(
        EntryFactory(),
        make_field("plate", label_fr="", pattern="a+", example="aa"),
        make_field("day", "date", latest=yesterday, is_required=True),
    )
    with connection.cursor() as cursor:
        cursor.execute("UPDATE catalog_entryfield SET pattern = '[' WHERE name = 'plate'")

    with translation.override("en"):
        found = [(finding.level.value, str(finding.message)) for finding in check_entry(Entry.objects.get(pk=entry.pk))]

    assert found == [
        ("error", "Field “Plate”: This pattern cannot be read: missing ]: [."),
        ("error", "Field “Day”: the latest day is over, so no day can be chosen any more."),
        ("warning", "Field “Plate”: the label in French is missing; another language is shown instead."),
    ]
    # A fault of the merchant's never stops a customer: any answer is accepted.
    [plate, _day] = fields_of(Entry.objects.get(pk=entry.pk))
    assert FieldsForm([plate], {"plate": "anything"}).is_valid()
