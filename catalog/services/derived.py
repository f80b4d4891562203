"""Columns of an entry that are computed from its other columns."""

from catalog.html import plain_text
from catalog.models.entries import Entry
from common.languages import field_in_every_language, languages
from common.search import normalise

SEARCHED = ("name", "summary", "description", "terms")


def fill_derived(entry: Entry) -> None:
    """Set ``search_text`` (code and texts of every language) and ``sort_name`` per language."""
    texts = [entry.code]
    for field in SEARCHED:
        for code in languages():
            text = getattr(entry, f"{field}_{code}") or ""
            texts.append(plain_text(text) if field == "description" else text)
    entry.search_text = normalise(" ".join(texts))
    longest = Entry._meta.get_field("sort_name").max_length
    for code, name in field_in_every_language(entry, "name").items():
        setattr(entry, f"sort_name_{code}", normalise(name)[:longest])
