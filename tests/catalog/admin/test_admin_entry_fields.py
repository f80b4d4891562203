"""A merchant adds fields to an entry in the admin."""

import pytest

from catalog.models.entries import Entry
from catalog.models.entry_fields import EntryField
from tests.catalog.admin_pages import ADD, change_url, errors, merchant, shown, typed
from tests.factories.catalog import EntryFactory
from tests.factories.entry_fields import SIZES, ask, make_field
from tests.shop.merchants import browser_of, staff

pytestmark = pytest.mark.django_db


def row(number: int, **typed_in: str) -> dict[str, str]:
    """Return the form values of one field of a new row, as posted by a browser."""
    blank = {"kind": "text", "name": "", "position": "", "label_fr": "", "label_en": ""}
    return {f"fields-{number}-{name}": value for name, value in (blank | typed_in).items()}


def with_fields(*rows: dict[str, str]) -> dict[str, str]:
    sent = {name: value for each in rows for name, value in each.items()}
    return typed(**{"fields-TOTAL_FORMS": str(len(rows))}, **sent)


def test_fields_are_written_in_their_order_and_named_after_their_labels():
    response = merchant().post(
        ADD,
        with_fields(
            row(0, kind="date", label_fr="Date d’arrivée", earliest="2026-01-02", position="2"),
            row(1, kind="choice", label_fr="Taille", label_en="Size", position="1", is_required="on",
                choices="s | Petite | Small\nm | Moyenne | Medium"),
            row(2, kind="number", label_en="2 legs?", least="1.5", greatest="3"),
            row(3, kind="text", label_fr="Taille"),
        ),
        follow=True,
    )  # fmt: skip

    assert response.redirect_chain, errors(response)
    fields = list(EntryField.objects.all())
    assert [field.name for field in fields] == ["taille", "date_d_arrivee", "field_2_legs", "taille_2"]
    assert (fields[0].kind, fields[0].choices, fields[0].is_required) == ("choice", SIZES, True)
    assert (str(fields[1].earliest), str(fields[2].least), str(fields[2].greatest)) == (
        "2026-01-02",
        "1.5000",
        "3.0000",
    )
    assert [field.position for field in fields] == [1, 2, 3, 4]


def test_saving_what_is_shown_changes_nothing_but_the_version():
    client = merchant()
    entry = ask(
        EntryFactory(),
        make_field("size", "choice", help_fr="Voyez le tableau."),
        make_field("plate", pattern="[A-Z]{2}", example="AB", max_length=9),
        make_field("arrival", "date", earliest="2026-01-02"),
        make_field("weight", "number", least="1.5"),
        make_field("agreed", "checkbox", is_required=True),
    )
    before = list(entry.fields.rewrite(False).values())

    response = client.post(change_url(entry), shown(client, entry), follow=True)

    assert response.redirect_chain, errors(response)
    assert list(entry.fields.rewrite(False).values()) == before
    assert {"label_fr", "label_en"} <= before[0].keys()
    assert Entry.objects.get().version == entry.version + 1


def test_fields_are_changed_moved_and_taken_away():
    client = merchant()
    entry = ask(EntryFactory(), make_field("a"), make_field("b"), make_field("c"))
    ids = {field.name: field.pk for field in entry.fields.all()}

    client.post(
        change_url(entry),
        shown(client, entry)
        | {"fields-0-position": "9", "fields-1-DELETE": "on", "fields-2-label_en": "See", "fields-2-is_required": "on"},
    )

    kept = list(entry.fields.values_list("pk", "name", "label_en", "is_required"))
    assert kept == [(ids["c"], "c", "See", True), (ids["a"], "a", "A", False)]


@pytest.mark.parametrize(
    ("typed_in", "column"),
    [
        ({"label_fr": "", "position": "1"}, "label_fr"),
        ({"name": "Größe"}, "name"),
        ({"name": "1st"}, "name"),
        ({"kind": "secret"}, "kind"),
        ({"kind": "choice"}, "choices"),
        ({"kind": "choice", "choices": "only one"}, "choices"),
        ({"kind": "choice", "choices": "a\nb\na"}, "choices"),
        ({"kind": "choice", "choices": "a | b | c | d\nb"}, "choices"),
        ({"kind": "choice", "choices": "| x\nb"}, "choices"),
        ({"kind": "number", "least": "many"}, "least"),
        ({"kind": "number", "least": "NaN"}, "least"),
        ({"kind": "number", "least": "3", "greatest": "2"}, "greatest"),
        ({"kind": "date", "earliest": "2026-02-31"}, "earliest"),
        ({"kind": "date", "earliest": "2026-02-03", "latest": "2026-02-02"}, "latest"),
        ({"max_length": "0"}, "max_length"),
        ({"max_length": "501"}, "max_length"),
        ({"pattern": "["}, "pattern"),
        ({"pattern": "(?=a)b", "example": "b"}, "pattern"),
        ({"pattern": "[A-Z]+"}, "example"),
        ({"pattern": "[A-Z]+", "example": "abc"}, "example"),
    ],
)
def test_what_cannot_be_is_told_at_its_field_and_nothing_is_written(typed_in, column):
    response = merchant().post(ADD, with_fields(row(0, **({"label_fr": "Champ"} | typed_in))))

    assert list(errors(response)) == [f"fields.{column}"]
    assert not Entry.objects.exists()


def test_a_name_stands_once():
    response = merchant().post(ADD, with_fields(row(0, label_fr="A", name="size"), row(1, label_fr="B", name="size")))
    assert list(errors(response)) == ["fields.name"]


def test_what_does_not_belong_to_the_kind_counts_for_nothing():
    leftovers = {"choices": "only one", "earliest": "nonsense", "pattern": "[", "least": "2", "max_length": "3"}
    response = merchant().post(ADD, with_fields(row(0, kind="number", label_fr="Poids", **leftovers)))

    assert response.status_code == 302, errors(response)
    field = EntryField.objects.get()
    assert (field.choices, field.earliest, field.pattern, field.max_length) == ([], None, "", None)
    assert field.least == 2


def test_one_text_in_a_line_is_the_choice_in_every_language():
    merchant().post(ADD, with_fields(row(0, kind="choice", label_fr="Taille", choices="S\nxl | Très grande\n\n")))

    assert EntryField.objects.get().choices == [
        {"value": "S", "label": {"fr": "S", "en": "S"}},
        {"value": "xl", "label": {"fr": "Très grande", "en": "Très grande"}},
    ]


def test_whoever_may_only_look_sees_them():
    entry = ask(EntryFactory(), make_field("size", "choice", label_en="Size of the overall"))
    response = browser_of(staff("catalog.view_entry", "catalog.view_entryfield")).get(change_url(entry))

    assert response.status_code == 200
    assert "Size of the overall" in response.content.decode()


@pytest.mark.parametrize("fields", [1, 6])
def test_the_page_costs_no_more_queries_for_more_fields(fields, django_assert_max_num_queries):
    client = merchant()
    entry = ask(EntryFactory(), *(make_field(f"f{number}") for number in range(fields)))
    with django_assert_max_num_queries(12):
        client.get(change_url(entry))
