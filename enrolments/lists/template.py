"""Template of a list of people, to download and fill in."""

from __future__ import annotations

from collections.abc import Sequence

from common.sheets.writing import Cells

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
