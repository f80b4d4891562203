"""Texts are searched and sorted alike in Python and in the database."""

import unicodedata

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import TextField, Value
from django.db.models.functions import Cast

from accounts.people.models import User
from common.admin.search import FindsText
from common.search import Normalised, matching, normalise
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db

ALIKE = {
    "Éluard": "eluard",
    "E\u0301LUARD": "eluard",
    "l’évacuation": "l'evacuation",
    "l‘évacuation": "l'evacuation",
    "Œuvre, cœur": "oeuvre, coeur",
    "Straße": "strasse",
    "STRASSE": "strasse",
    "Łódź": "lodz",
    "co\u00adopé\u200bration\ufeff": "cooperation",
    "  two \u00a0 blanks\t": "two blanks",
    "Jean–Luc": "jean-luc",
    "\u2103": "°c",
    "ΟΔΟΣ": "οδοσ",
    "ﬁn": "fin",
}


def in_the_database(text: str) -> str:
    compiler = User.objects.all().query.get_compiler(connection=connection)
    sql, params = Normalised(TextValue(text)).resolve_expression(User.objects.all().query).as_sql(compiler, connection)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {sql}", params)
        return cursor.fetchone()[0]


def TextValue(text):

    return Cast(Value(text), TextField())


@pytest.mark.parametrize(("typed", "kept"), ALIKE.items())
def test_spellings_of_one_text_are_one(typed, kept):
    assert normalise(typed) == kept
    assert in_the_database(typed) == kept


def test_every_letter_is_normalised_alike_on_both_sides():
    letters = [chr(point) for point in range(1, 0x10000) if unicodedata.category(chr(point)) not in {"Cn", "Cs", "Co"}]
    differing = []
    for begin in range(0, len(letters), 500):
        text = "x\n".join(letters[begin : begin + 500])
        if in_the_database(text) != normalise(text):
            differing += [each for each in letters[begin : begin + 500] if in_the_database(each) != normalise(each)]
    assert [f"{ord(each):04x}" for each in differing] == []


@pytest.mark.parametrize(
    "typed", ["eluard", "ÉLUARD", "E\u0301luard", "elodie eluard", "d'arc", "d’arc", "coeur", "CŒUR", "zoe@"]
)
def test_people_are_found_however_their_names_are_typed(typed):
    UserFactory(first_name="Élodie", last_name="Éluard-d’Arc-Cœur", email="zoe@shop.example")
    UserFactory(first_name="Paul", last_name="Zola", email="paul@shop.example")

    assert [user.email for user in matching(User.objects.all(), typed, "search_text")] == ["zoe@shop.example"]


def test_accented_names_stand_beside_plain_ones():
    for last_name in ("Zola", "Éluard", "Emile", "eco", "Ødegaard", "O’Brien"):
        UserFactory(first_name="A", last_name=last_name)

    names = list(User.objects.order_by("sort_name").values_list("last_name", flat=True))

    assert names == ["eco", "Éluard", "Emile", "O’Brien", "Ødegaard", "Zola"]


def test_every_search_of_the_administration_finds_text():
    searched = [page for page in admin.site._registry.values() if page.search_fields]

    assert len(searched) > 10
    assert [type(page).__name__ for page in searched if not isinstance(page, FindsText)] == []
    django_prefixes = ("^", "@")
    assert [field for page in searched for field in page.search_fields if field.startswith(django_prefixes)] == []
