"""Texts in the form in which people search and sort them."""

import unicodedata

# Letters that no decomposition takes apart, although people type plain ones.
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "’": "'", "\0": " "})


def normalise(text: str) -> str:
    """Return ``text`` without accents, case, ligatures or superfluous blanks: for searching and sorting."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_LIGATURES))
    bare = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
    return " ".join(bare.split())
