"""Template of a list of people, to download and fill in; and people written as such a list."""

from __future__ import annotations

from collections.abc import Sequence

from common.sheets.writing import Cells, tabbed
from enrolments.lists.reading import PersonRow

_HEADINGS = {
    "en": ("E-mail", "First name", "Last name", "Course", "Role", "Language", "Team"),
    "fr": ("E-mail", "Prénom", "Nom", "Cours", "Rôle", "Langue", "Équipe"),
}
# Addresses that reach nobody, should somebody send the template as it is.
_EXAMPLES: dict[str, list[Cells]] = {
    "en": [
        ("mary.shelley@example.org", "Mary", "Shelley", "", "Learner", "English", ""),
        ("alan.turing@example.org", "Alan", "Turing", "", "Tutor", "French", ""),
    ],
    "fr": [
        ("marie.curie@example.org", "Marie", "Curie", "", "Apprenant", "français", ""),
        ("blaise.pascal@example.org", "Blaise", "Pascal", "", "Tuteur", "anglais", ""),
    ],
}


def template_of(language: str) -> tuple[Sequence[str], list[Cells]]:
    """Return headings and example rows of a list, in a language of the shop: for `sheet_response`."""
    return _HEADINGS[language], _EXAMPLES[language]


def as_text(people: Sequence[PersonRow], language: str) -> str:
    """Return people as rows to paste again, under headings in a language of the shop; columns of which nobody has
    anything are left out."""
    rows = [
        (each.email, each.first_name, each.last_name, each.course, each.role, each.language, each.team)
        for each in people
    ]
    filled = [place for place in range(len(_HEADINGS[language])) if place < 3 or any(row[place] for row in rows)]
    written = [tabbed(_HEADINGS[language][place] for place in filled)]
    for each, row in zip(people, rows, strict=True):
        written.append(tabbed([*(row[place] for place in filled), *filter(None, [each.surplus])]))
    return "\n".join(written)
