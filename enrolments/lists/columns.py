"""Columns of a list of people, recognised by their headings in either language."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from common.refusals import Refused
from common.search import normalise
from common.sheets.tables import Table
from common.typed import clean_line

# Headings in the form of `plain_heading`; the first two of a field are those of the template, in English and French.
HEADINGS = {
    "email": """email, adresseemail, mail, courriel, courriels, mel, emailaddress, mailaddress, adressemail, adressemel,
        adressecourriel, adresseelectronique, adressedemessagerie, emails, mails, emailprofessionnel, emailpro, mailpro,
        mailprofessionnel, courrielprofessionnel, workemail""",
    "first_name": "firstname, prenom, prenoms, givenname, givennames, forename, firstnames, prenomusuel",
    "last_name": """lastname, nomdefamille, surname, familyname, nomdusage, nomusuel, nomdenaissance""",
    "name": "name, nom, noms, names",
    "full_name": """fullname, nomcomplet, prenometnom, prenomnom, prenomsetnom, participant, learner, apprenant,
        stagiaire, salarie, employee, collaborateur, displayname, nomaffiche""",
    "last_name_first": "nomprenom, nometprenom, nomprenoms, nometprenoms, lastnamefirstname, surnamefirstname",
    "course": """course, cours, shortname, nomabrege, nomcourt, courseshortname, nomabregeducours, nomcourtducours,
        coursecode, codecours, codeducours, formation, training, module""",
    "role": "role, profil, profile, takespartas, participecomme",
    "language": "language, langue, lang, languedesmails, preferredlanguage, languepreferee",
    "team": """team, equipe, site, sites, teams, department, departement, service, siteteam, siteequipe, agence,
        etablissement""",
}
FIELD_OF = {heading: field for field, words in HEADINGS.items() for heading in words.replace("\n", " ").split(", ")}
# Fields of a list without headings, besides the address, in the order of the template.
IN_ORDER = ("first_name", "last_name", "course", "role", "language", "team")

# Rows above which the headings are looked for: titles may stand there.
_TITLES_AT_MOST = 20
_ADDRESS = re.compile(r"[^\s@<>;,]@[^\s@<>;,]+\.[^\s@<>;,]")
_LONGEST_TOLD = 60


class NoAddresses(Refused):
    """Refusal of a list in which no column holds e-mail addresses."""

    message = _("No column of this list holds e-mail addresses. Give one of them the heading “E-mail”.")


@dataclass(frozen=True)
class Columns:
    """Fields by the position of their column: those of PersonRow, `full_name`, and `last_name_first` for a full name
    that begins with the last one.

    `headings` is the number of rows above the people: the row of headings and titles above it, 0 for a list without.
    `width` is the number of columns with a heading, or of those that have a meaning without. `unknown` are headings
    that name no field, `repeated` those that name a field again: their columns are not read.
    """

    fields: dict[int, str]
    headings: int
    width: int
    unknown: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()


def columns_of(table: Table) -> Columns:
    """Recognise the columns of a list of people: by its row of headings, below titles or not, else by where addresses
    stand in its rows. Raises NoAddresses.
    """
    first = _first_with_address(table)
    above = table.rows[: _TITLES_AT_MOST if first is None else min(first, _TITLES_AT_MOST)]
    known = [sum(1 for cell in row.cells if plain_heading(cell) in FIELD_OF) for row in above]
    if any(known):
        return _by_headings(table, known.index(max(known)))
    if first is None:
        raise NoAddresses
    return _by_place(table)


def plain_heading(cell: str) -> str:
    """Return a heading without accents, case, blanks and signs, and without what stands in brackets behind it."""
    return "".join(filter(str.isalnum, normalise(re.sub(r"\(.*|\[.*", "", clean_line(cell[:200])))))


def _first_with_address(table: Table) -> int | None:
    return next((i for i, row in enumerate(table.rows) if any(_ADDRESS.search(cell) for cell in row.cells)), None)


def _by_headings(table: Table, at: int) -> Columns:
    cells = table.rows[at].cells
    named = [FIELD_OF.get(plain_heading(cell), "") for cell in cells]
    named = [name_or_part(named) if field == "name" else field for field in named]
    if "email" not in named and (place := _place_of_addresses(table, at + 1)) is not None:
        named += [""] * (place + 1 - len(named))
        named[place] = "email"
    if "email" not in named:
        raise NoAddresses
    fields: dict[int, str] = {}
    unknown, repeated = [], []
    for place, field in enumerate(named):
        heading = clean_line(cells[place])[:_LONGEST_TOLD] if place < len(cells) else ""
        if field and not _is_there(field, fields, named):
            fields[place] = field
        elif field:
            repeated.append(heading)
        elif heading:
            unknown.append(heading)
    width = max(place for place in range(len(named)) if place in fields or clean_line(cells[place])) + 1
    return Columns(fields, at + 1, width, tuple(unknown), tuple(repeated))


def name_or_part(named: Sequence[str]) -> str:
    """Return the field of a heading “Name”: the last one beside a first name, the first one beside a last name, else
    all of it."""
    if "first_name" in named:
        return "last_name"
    return "first_name" if "last_name" in named else "full_name"


def _is_there(field: str, fields: dict[int, str], named: Sequence[str]) -> bool:
    if field in ("full_name", "last_name_first"):
        parts = {"first_name", "last_name"}
        return parts <= {*named} or bool({"full_name", "last_name_first"} & {*fields.values()})
    return field in fields.values()


def _place_of_addresses(table: Table, start: int) -> int | None:
    """Return the position of the column with most addresses, below the row of headings."""
    counted = Counter(_places(table, start))
    return counted.most_common(1)[0][0] if counted else None


def _places(table: Table, start: int) -> Iterator[int]:
    for row in table.rows[start:]:
        yield from (place for place, cell in enumerate(row.cells) if _ADDRESS.search(cell))


def _by_place(table: Table) -> Columns:
    """Return the columns of a list without headings: the address wherever it stands, the others in the usual order."""
    place = _place_of_addresses(table, 0)
    assert place is not None
    width = max(len(row.cells) for row in table.rows)
    others = [each for each in range(width) if each != place and _is_filled(table, each)]
    fields = {place: "email"}
    if len(others) == 1:
        fields[others[0]] = "full_name"
    else:
        fields |= dict(zip(others, IN_ORDER, strict=False))
        if len(others) > 1 and _is_shouted(table, others[0]) and not _is_shouted(table, others[1]):
            fields |= {others[0]: "last_name", others[1]: "first_name"}
    return Columns(fields, 0, max(fields) + 1)


def _is_filled(table: Table, place: int) -> bool:
    return any(clean_line(row.cells[place]) for row in table.rows if place < len(row.cells))


def _is_shouted(table: Table, place: int) -> bool:
    """Tell whether a column is written in capitals, as last names are in French lists."""
    texts = [row.cells[place] for row in table.rows if place < len(row.cells) and row.cells[place].strip()]
    return all(text.isupper() for text in texts)
