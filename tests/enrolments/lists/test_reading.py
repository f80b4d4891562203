"""Lists of people, as people write them."""

import pytest

from common.sheets.reading import read_pasted
from enrolments.lists.columns import NoAddresses, columns_of
from enrolments.lists.reading import (
    MOST_LETTERS,
    PersonRow,
    language_named,
    parts_of_name,
    read_people,
    role_named,
)

ADA = PersonRow(line=2, email="ada@example.org", first_name="Ada", last_name="Roy")


def people(text: str) -> list[PersonRow]:
    return read_people(read_pasted(text))


@pytest.mark.parametrize(
    "text",
    [
        "E-mail;Prénom;Nom\nada@example.org;Ada;Roy",
        "NOM\tPRENOM\tCOURRIEL\nRoy\tAda\tada@example.org",
        "First name,Last name,E-mail address\nAda,Roy,ada@example.org",
        "surname,GIVEN NAME,mail\nRoy,Ada,ada@example.org",
        "Family name;Prénom;Adresse e-mail *\nRoy;Ada;ada@example.org",
        "Nom de famille;Prénom;Adresse électronique (obligatoire)\nRoy;Ada;ada@example.org",
        "Name;First name;E-mail\nRoy;Ada;ada@example.org",
        "Name;Surname;E-mail\nAda;Roy;ada@example.org",
        "Full name;Email\nAda Roy;ada@example.org",
        "Nom complet;Courriel\nAda Roy;ada@example.org",
        "Nom;Courriel\nAda Roy;ada@example.org",
        'Name,Mail\n"Roy, Ada",ada@example.org',
        "Nom et prénom;Mail\nRoy Ada;ada@example.org",
        "Prénom;Nom;Contact\nAda;Roy;ada@example.org",
        " e_mail ; PRÉNOM: ; nom \n ada@example.org ; Ada ; Roy ",
        "E-mail;Pre\u0301nom;Nom\nada@example.org;Ada;Roy",
        "E-mail\nAda Roy <ada@example.org>",
    ],
)
def test_headings_are_recognised_in_any_order_and_spelling(text):
    email = text.rpartition("\n")[2] if "<" in text else ADA.email

    assert people(text) == [PersonRow(line=2, email=email, first_name="Ada", last_name="Roy")]


@pytest.mark.parametrize(
    "text",
    [
        "ada@example.org;Ada;Roy\nbob@example.org;Bob;Blanc",
        "Ada,Roy,ada@example.org\nBob,Blanc,bob@example.org",
        "Ada Roy;ada@example.org\nBob Blanc;bob@example.org",
    ],
)
def test_a_list_without_headings_begins_with_its_first_row(text):
    assert columns_of(read_pasted(text)).headings == 0
    assert people(text) == [
        PersonRow(line=1, email="ada@example.org", first_name="Ada", last_name="Roy"),
        PersonRow(line=2, email="bob@example.org", first_name="Bob", last_name="Blanc"),
    ]


def test_without_headings_a_column_in_capitals_is_that_of_last_names():
    found = people("ROY\tAda\tada@example.org\nBLANC\tBob\tbob@example.org")

    assert [(person.first_name, person.last_name) for person in found] == [("Ada", "ROY"), ("Bob", "BLANC")]


def test_addresses_alone_are_a_list():
    assert people("ada@example.org\n\nbob@example.org\n") == [
        PersonRow(line=1, email="ada@example.org"),
        PersonRow(line=3, email="bob@example.org"),
    ]


def test_a_bad_address_in_a_first_row_is_no_heading():
    found = people("ada(at)example.org;Ada;Roy\nbob@example.org;Bob;Blanc")

    assert [person.email for person in found] == ["ada(at)example.org", "bob@example.org"]


def test_every_column_is_read_in_both_languages():
    row = "ada@example.org;Ada;Roy;SEC-1;Tuteur;français;Lyon"
    expected = PersonRow(
        line=2,
        email="ada@example.org",
        first_name="Ada",
        last_name="Roy",
        course="SEC-1",
        role="Tuteur",
        language="français",
        team="Lyon",
    )

    assert people(f"E-mail;Prénom;Nom;Cours;Rôle;Langue;Équipe\n{row}") == [expected]
    assert people(f"E-mail;First name;Last name;Course;Role;Language;Team\n{row}") == [expected]
    assert people(f"Mail;Prénom;Nom;Nom abrégé;Profil;Langue;Site\n{row}") == [expected]
    assert people(f"Mail;Forename;Surname;Short name;Role;Lang;Department\n{row}") == [expected]
    assert people(f"{row}\n{row}")[1] == expected


def test_titles_above_the_headings_are_passed_over():
    found = people("Formation 2026;;\n\nPrénom;Nom;E-mail\nAda;Roy;ada@example.org")

    assert found == [PersonRow(line=4, email="ada@example.org", first_name="Ada", last_name="Roy")]


def test_columns_unknown_and_twice_are_told_and_not_read():
    columns = columns_of(
        read_pasted("E-mail;Salaire;Nom;Prénom;Courriel;Nom complet\na@example.org;10;Roy;Ada;b@x.org;C")
    )

    assert columns.unknown == ("Salaire",)
    assert columns.repeated == ("Courriel", "Nom complet")
    assert columns.fields == {0: "email", 2: "last_name", 3: "first_name"}


def test_cells_under_no_heading_are_kept_apart():
    found = people("E-mail;Prénom;Nom\nada@example.org;Ada;Roy;et Fils;\nbob@example.org;Bob;Blanc;;")

    assert [person.surplus for person in found] == ["et Fils", ""]


def test_a_short_row_lacks_what_it_lacks():
    assert people("E-mail;Prénom;Nom\nada@example.org\n;Bob;Blanc") == [
        PersonRow(line=2, email="ada@example.org"),
        PersonRow(line=3, first_name="Bob", last_name="Blanc"),
    ]


@pytest.mark.parametrize("text", ["Nom;Prénom\nRoy;Ada", "Ada;Roy", "Prénom"])
def test_a_list_without_addresses_is_refused(text):
    with pytest.raises(NoAddresses):
        people(text)


def test_texts_are_lines_without_unseen_signs_and_as_long_as_no_valid_one():
    email = "a" * 300 + "@example.org"
    found = people(f'E-mail;Prénom;Nom\n{email};<b>\u200bAda</b>;"Roy\n et\u00a0fils"\n{"b" * 600};{"c" * 600};D')

    assert found[0] == PersonRow(line=2, email=email, first_name="<b>Ada</b>", last_name="Roy et fils")
    assert found[1].email == "b" * MOST_LETTERS
    assert found[1].first_name == "c" * MOST_LETTERS


@pytest.mark.parametrize(
    ("whole", "parts"),
    [
        ("Marie Dupont", ("Marie", "Dupont")),
        ("DUPONT Marie", ("Marie", "DUPONT")),
        ("Marie DE LA TOUR", ("Marie", "DE LA TOUR")),
        ("Dupont, Marie Claire", ("Marie Claire", "Dupont")),
        ("MARIE DUPONT", ("MARIE", "DUPONT")),
        ("J. Dupont", ("J.", "Dupont")),
        ("Dupont", ("", "Dupont")),
        ("", ("", "")),
    ],
)
def test_a_name_written_as_one_is_taken_apart(whole, parts):
    assert parts_of_name(whole) == parts


def test_a_last_name_that_comes_first():
    assert parts_of_name("Dupont Marie Claire", last_first=True) == ("Marie Claire", "Dupont")


def test_roles_are_named_in_either_language():
    assert [role_named(word) for word in ("Apprenant", "learner", "STUDENT", "Stagiaire")] == ["student"] * 4
    assert [role_named(word) for word in ("Tuteur", "tutor", "Formatrice")] == ["tutor"] * 3
    assert (role_named(""), role_named("chef")) == ("", None)


def test_languages_are_named_in_either_language_or_by_their_code():
    assert [language_named(word) for word in ("fr", "FR-fr", "Français", "french")] == ["fr"] * 4
    assert [language_named(word) for word in ("en_GB", "Anglais", "English")] == ["en"] * 3
    assert (language_named(""), language_named("klingon")) == ("", None)
