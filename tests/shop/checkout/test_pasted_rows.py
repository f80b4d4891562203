"""Rows of a spreadsheet pasted into the forms of the units."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation

from catalog.entry_fields import fields_of
from catalog.offers import offer_of
from common.sheets.tables import SheetKind
from common.sheets.writing import write_sheet
from enrolments.lists.template import template_of
from shop.cart.micro_forms import asked_of
from shop.cart.models import CartUnit
from shop.checkout.forms.pasted import LONGEST_PASTE, PasteRefused, read_rows
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory
from tests.factories.entry_fields import ask, make_field
from tests.shop.steps import cart_of, put_in_cart, units_shown

pytestmark = pytest.mark.django_db

UNITS = "/checkout/units/"
ADA = {"role": "student", "email": "ada@example.org", "first_name": "Ada", "last_name": "Roy"}
BOB = {"role": "tutor", "email": "bob@example.org", "first_name": "Bob", "last_name": "Blanc"}


@pytest.fixture
def session(db):
    CourseFactory(short_name="SEC-1", capacity=50)
    return EntryFactory(handler="std_setuponecoursesession", parameters={"coursename": "SEC-1"})


def paste(client, rows: str, **more: str):
    line = cart_of(client).lines.first()
    return client.post(UNITS, {**units_shown(line, []), "rows": rows, "paste": "1", **more})


def kept() -> dict[int, dict[str, str]]:
    return {unit.index: unit.answers for unit in CartUnit.objects.all()}


@pytest.mark.parametrize(
    "rows",
    [
        "Learner\tada@example.org\tAda\tRoy\nTutor\tbob@example.org\tBob\tBlanc",
        "student;ada@example.org;Ada;Roy\r\ntutor;bob@example.org;Bob;Blanc\r\n",
        'Apprenant,ada@example.org,"Ada",Roy\n\n,,,\nTuteur,bob@example.org,Bob,Blanc',
        "Nom;Prénom;Courriel;Participe comme\nRoy;Ada;ada@example.org;Apprenant\nBlanc;Bob;bob@example.org;Tuteur",
        "LAST NAME,first_name,E-mail,Takes part as\nRoy,Ada,ada@example.org,learner\nBlanc,Bob,bob@example.org,tutor",
        # As in a list of people: without headings, with titles above them, with names written as one.
        "ada@example.org;Ada;Roy;SEC-1;\nbob@example.org;Bob;Blanc;SEC-1;tuteur",
        "3 May\n\nPrénom;NOM;Adresse e-mail;Profil\nAda;Roy;ada@example.org;\nBob;Blanc;bob@example.org;formateur",
        "Participant,E-mail pro,Rôle\nAda Roy,ada@example.org,stagiaire\nBob Blanc,bob@example.org,tutrice",
    ],
)
def test_rows_are_read_in_the_order_of_the_form_or_by_their_headings(session, rows):
    read = read_rows(rows, asked_of(offer_of(session)))
    assert [{"role": "student"} | unit.answers for unit in read.units] == [ADA, BOB]
    assert (read.unknown, read.left_out) == ((), [])


def test_columns_that_are_not_asked_for_are_named(session):
    read = read_rows("E-mail;Salaire;Nom\na@example.org;10;Roy", asked_of(offer_of(session)))
    assert read.unknown == ("Salaire",)
    assert [unit.answers for unit in read.units] == [{"email": "a@example.org", "last_name": "Roy"}]
    assert read_rows("student;a@b.example;A;B;more", asked_of(offer_of(session))).left_out == [1]


def test_dates_choices_and_ticks_are_read_as_people_write_them(db):
    entry = ask(
        EntryFactory(),
        make_field("day", "date"),
        make_field("size", "choice"),
        make_field("lunch", "checkbox"),
        make_field("weight", "number"),
    )
    asked = asked_of(offer_of(entry))
    assert [field.name for field in fields_of(entry)] == ["day", "size", "lunch", "weight"]
    label = asked.fields[1].choices[0].label["fr"]
    read = read_rows(f"31/03/2027\t{label.upper()}\toui\t2,5\n2027-04-01\t?\tnon\t", asked)
    assert [unit.fields for unit in read.units] == [
        {"day": "2027-03-31", "size": asked.fields[1].choices[0].value, "lunch": "on", "weight": "2,5"},
        {"day": "2027-04-01", "size": "?", "lunch": ""},
    ]


@pytest.mark.parametrize("rows", ["x" * (LONGEST_PASTE + 1), "a\n" * 502, "a\rb\x00\n" + '"' + "x" * 150_000])
def test_too_much_is_refused(session, rows):
    with pytest.raises(PasteRefused):
        read_rows(rows, asked_of(offer_of(session)))


def test_blank_forms_are_filled_in_and_the_others_left_alone(visitor, session):
    put_in_cart(visitor, session, 3)
    line = cart_of(visitor).lines.get()
    typed = {f"unit-{line.pk}-1-{name}": value for name, value in BOB.items()}

    answer = paste(visitor, "student;ada@example.org;Ada;Roy\n;eve@example.org;Eve;Petit", **typed)

    assert answer.url == f"{UNITS}?page=1#unit-1"
    assert [kept()[index]["email"] for index in range(3)] == ["ada@example.org", "bob@example.org", "eve@example.org"]
    page = visitor.get(answer.url)
    assert "2 forms were filled in." in page.content.decode()
    assert page.context["wrong"] == []


def test_errors_of_pasted_rows_stand_at_their_fields(visitor, session):
    put_in_cart(visitor, session, 2)
    page = visitor.get(paste(visitor, "student;ada;Ada;Roy\nstudent;bob@example.org;;Blanc").url)
    assert [(unit.number, set(unit.form.errors)) for unit in page.context["wrong"]] == [
        (1, {"email"}),
        (2, {"first_name"}),
    ]


def test_rows_without_a_blank_form_stay_in_their_field(visitor, session):
    put_in_cart(visitor, session, 1)
    answer = paste(visitor, "student;ada@example.org;Ada;Roy\ntutor;bob@example.org;Bob;Blanc")
    assert answer.status_code == 200
    assert answer.context["rows"] == "tutor\tbob@example.org\tBob\tBlanc"
    assert "No blank form was left for one row" in answer.content.decode()
    assert list(kept()) == [0]


def test_what_is_filled_in_is_replaced_only_where_that_is_said(visitor, session):
    put_in_cart(visitor, session, 2)
    paste(visitor, "student;ada@example.org;Ada;Roy\ntutor;bob@example.org;Bob;Blanc")
    paste(visitor, "E-mail;Nom\nada@new.example;Noir")
    assert kept() == {0: ADA, 1: BOB}

    paste(visitor, "E-mail;Nom\nada@new.example;Noir", replace="1")

    assert kept() == {0: ADA | {"email": "ada@new.example", "last_name": "Noir"}, 1: BOB}


def test_rows_fill_the_units_of_all_pages(visitor, session):
    put_in_cart(visitor, session, 30)
    rows = "\n".join(f"student;p{number}@example.org;P;{number}" for number in range(30))
    assert paste(visitor, rows).url == f"{UNITS}?page=1#unit-1"
    assert len(kept()) == 30


def test_rows_are_not_lost_if_another_button_is_pressed(visitor, session):
    put_in_cart(visitor, session, 1)
    line = cart_of(visitor).lines.get()
    visitor.post(UNITS, {**units_shown(line, []), "rows": "student;ada@example.org;Ada;Roy", "next": "1"})
    assert kept() == {0: ADA}


def test_short_forms_are_rows_of_a_table_and_long_ones_are_not(visitor, session):
    put_in_cart(visitor, session, 2)
    assert visitor.get(UNITS).context["is_table"]
    put_in_cart(visitor, ask(EntryFactory(code="LONG"), make_field("story", "long_text")), 2)
    assert not visitor.get(f"{UNITS}?page=2").context["is_table"]


def upload(client, content: bytes, name: str = "people.csv", **more: str):
    line = cart_of(client).lines.first()
    file = SimpleUploadedFile(name, content)
    return client.post(UNITS, {**units_shown(line, []), "file": file, "paste": "1", **more})


@pytest.mark.parametrize("kind", SheetKind)
def test_the_template_of_a_list_filled_in_fills_in_the_forms(visitor, session, kind):
    put_in_cart(visitor, session, 2)
    headings, _examples = template_of("fr")
    rows = [
        ("ada@example.org", "Ada", "Roy", "", "Apprenant", "français", "Nantes"),
        ("bob@example.org", "Bob", "Blanc", "", "Tuteur", "", ""),
    ]
    with translation.override("fr"):
        content = write_sheet(kind, headings=headings, rows=rows).read()

    answer = upload(visitor, content, f"people.{kind}")

    assert answer.url == f"{UNITS}?page=1#unit-1"
    assert kept() == {0: ADA, 1: BOB}
    page = visitor.get(answer.url).content.decode()
    assert "These columns are not asked for and were left out: Cours, Langue, Équipe." in page


def test_a_picture_is_refused_and_what_was_pasted_beside_it_stays(visitor, session):
    put_in_cart(visitor, session, 2)
    answer = upload(visitor, b"\x89PNG\r\n", rows="ada@example.org;Ada;Roy")
    assert "This file is a picture." in answer.content.decode()
    assert answer.context["rows"] == "ada@example.org;Ada;Roy"
    assert not kept()


def test_rows_left_over_keep_their_headings(visitor, session):
    put_in_cart(visitor, session, 1)
    rows = "Nom;Prénom;E-mail\nRoy;Ada;ada@example.org\nBlanc;Bob;bob@example.org"
    answer = paste(visitor, rows)
    assert answer.context["rows"] == "Nom\tPrénom\tE-mail\nBlanc\tBob\tbob@example.org"


def test_somebody_who_is_there_already_is_not_put_in_again(visitor, session):
    put_in_cart(visitor, session, 4)
    paste(visitor, "ada@example.org;Ada;Roy")

    answer = paste(visitor, "ADA@example.org;Ada;Roy\nbob@example.org;Bob;Blanc\nBob@Example.org;Bob;Blanc")

    assert [kept()[index]["email"] for index in sorted(kept())] == ["ada@example.org", "bob@example.org"]
    assert answer.context["rows"] == "ADA@example.org\tAda\tRoy\nBob@Example.org\tBob\tBlanc"
    assert "Rows 1, 3 repeat what is there already" in answer.content.decode()


def test_rows_that_are_not_in_order_are_told_with_their_unit(visitor, session):
    put_in_cart(visitor, session, 3)
    answer = paste(visitor, "ada@example.org;Ada;Roy\nbob;Bob;Blanc\neve@example.org;Eve;")
    page = visitor.get(answer.url).content.decode()
    assert "Units 2, 3 are not in order yet" in page
