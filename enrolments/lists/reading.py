"""Rows of a list of people, as typed: plain values, without the database."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from common.sheets.tables import Row, Table
from common.typed import clean_line
from enrolments.courses.roles.models import Role
from enrolments.lists.columns import Columns, columns_of, plain_heading

# More than an address, a name or a short name may have: a text that was cut never becomes a valid one.
MOST_LETTERS = 500
_ADDRESSES = re.compile(r"[^\s@<>;,:/|\"'()]+@[^\s@<>;,:/|\"'()]+")
_NAMED_ADDRESS = re.compile(r"\s*[\"']?([^<>\"]*?)[\"']?\s*<[^<>]*@[^<>]*>[\s;,.]*")

_WORDS_OF_ROLES = {
    Role.STUDENT: "student, learner, participant, participante, trainee, apprenant, apprenante, stagiaire, eleve",
    Role.TUTOR: "tutor, tuteur, tutrice, trainer, formateur, formatrice, accompagnateur, accompagnatrice",
}
_WORDS_OF_LANGUAGES = {
    "en": "en, eng, english, anglais, anglaise",
    "fr": "fr, fra, fre, french, francais, francaise",
}
_ROLES = {word: code for code, words in _WORDS_OF_ROLES.items() for word in words.split(", ")}
_LANGUAGES = {word: code for code, words in _WORDS_OF_LANGUAGES.items() for word in words.split(", ")}


@dataclass(frozen=True, kw_only=True)
class PersonRow:
    """One person of a list, as typed; unchecked.

    `line` is the number of the row as a spreadsheet shows it. The texts are single lines without unseen signs, "" where
    the list has none, of at most MOST_LETTERS characters: more than any of them may have to be accepted. `surplus` are
    the cells of the row that stand under no heading: perhaps a separator in a name has shifted it.
    """

    line: int
    email: str = ""
    first_name: str = ""
    last_name: str = ""
    course: str = ""
    role: str = ""
    language: str = ""
    team: str = ""
    surplus: str = ""


def read_people(table: Table, columns: Columns | None = None) -> list[PersonRow]:
    """Return the people of a table, in its order. `columns` are those of `columns_of`, if known already.

    A name written as one is taken apart. Raises NoAddresses.
    """
    columns = columns or columns_of(table)
    people = (_person(row, columns) for row in table.rows[columns.headings :])
    return [person for person in people if person is not None]


def _person(row: Row, columns: Columns) -> PersonRow | None:
    """Return the person of a row; None where all that is read of it is blank."""
    cells = [clean_line(cell)[:MOST_LETTERS] for cell in row.cells]
    values = {field: cells[place] for place, field in columns.fields.items() if place < len(cells)}
    surplus = " ".join(cell for cell in cells[columns.width :] if cell)[:MOST_LETTERS]
    if not any(values.values()) and not surplus:
        return None
    whole = values.pop("full_name", "")
    reversed_name = values.pop("last_name_first", "")
    if not values.get("first_name") and not values.get("last_name"):
        from_address = _NAMED_ADDRESS.fullmatch(values.get("email", ""))
        first, last = parts_of_name(
            whole or reversed_name or (from_address[1] if from_address else ""), last_first=bool(reversed_name)
        )
        values |= {"first_name": first, "last_name": last}
    return PersonRow(line=row.line, surplus=surplus, **values)


def parts_of_name(whole: str, *, last_first: bool = False) -> tuple[str, str]:
    """Return first and last name of a name written as one: *Marie Dupont*, *DUPONT Marie*, *Dupont, Marie*.

    `last_first` tells that the last name comes first. A single word is the last name.
    """
    if "," in whole:
        last, _comma, first = whole.partition(",")
        return first.strip(), last.strip()
    words = whole.split()
    shouted = [word for word in words if word.isupper() and sum(map(str.isalpha, word)) > 1]
    if shouted and len(shouted) < len(words):
        return " ".join(word for word in words if word not in shouted), " ".join(shouted)
    if len(words) < 2:
        return "", whole
    return (" ".join(words[1:]), words[0]) if last_first else (words[0], " ".join(words[1:]))


def role_named(typed: str, shown: Mapping[str, str] | None = None) -> str | None:
    """Return the code of the role that a cell names in either language, or by itself; "" for an empty cell, None for
    any other text.

    `shown` gives the codes of roles by their names, in the form of `plain_heading`: these come first, since a merchant
    may have given a role the usual word for another one.
    """
    word = plain_heading(typed)
    return (shown or {}).get(word) or _ROLES.get(word) if typed else ""


def has_two_addresses(cell: str) -> bool:
    """Tell whether a cell holds the addresses of several people; one that is there twice counts once."""
    return len({found.lower() for found in _ADDRESSES.findall(cell)}) > 1


def language_named(typed: str) -> str | None:
    """Return the code of the language that a cell names in any language of the shop; "" for an empty cell, None for
    any other text."""
    return _LANGUAGES.get(plain_heading(re.sub(r"(?<=^..)[-_].*", "", typed))) if typed else ""
