"""Texts as people search and sort them, and texts in every language of the shop."""

import unicodedata

from django.conf import settings
from django.db.models import Model

# Letters that no decomposition takes apart, although people type them without.
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "’": "'", "\0": " "})


def normalise(text: str) -> str:
    """``text`` without accents, case, ligatures or superfluous blanks: for searching and sorting."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_LIGATURES))
    bare = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
    return " ".join(bare.split())


def languages() -> tuple[str, ...]:
    """The codes of the shop's languages, the default one first."""
    others = [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
    return (settings.LANGUAGE_CODE, *others)


def in_every_language(instance: Model, field: str) -> dict[str, str]:
    """The translated ``field`` of ``instance`` by language; a text that is missing is borrowed.

    It is borrowed from the first language that has one, the default language asked first, so that
    what is frozen on an order line is never blank in one language and full in the other.
    """
    texts = {code: getattr(instance, f"{field}_{code}", None) or "" for code in languages()}
    spare = next((text for text in texts.values() if text), "")
    return {code: text or spare for code, text in texts.items()}
