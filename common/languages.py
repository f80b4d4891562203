"""The shop's languages, and texts in the reader's or in every one of them."""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings
from django.db.models import Model
from django.utils import translation

from common.words import Text


def languages() -> tuple[str, ...]:
    """Return the codes of the shop's languages, the default one first."""
    others = [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
    return (settings.LANGUAGE_CODE, *others)


def reader_language() -> str:
    """Return the code of the active language without its country, or of the shop's where none is active."""
    return (translation.get_language() or settings.LANGUAGE_CODE).split("-")[0]


def field_in_every_language(instance: Model, field: str) -> dict[str, str]:
    """Return the translated ``field`` of ``instance`` by language; a text that is missing is borrowed.

    The first language that has a text lends it, the default language asked first, so that a text frozen on an order
    line is never blank in one language and full in the other.
    """
    texts = {code: getattr(instance, f"{field}_{code}", None) or "" for code in languages()}
    spare = next((text for text in texts.values() if text), "")
    return {code: text or spare for code, text in texts.items()}


def in_every_language(text: Text) -> dict[str, str]:
    """Return a lazy text by language."""
    said = {}
    for code in languages():
        with translation.override(code):
            said[code] = str(text)
    return said


def in_reader_language(texts: Mapping[str, str]) -> str:
    """Return one translation of a text: the reader's, else the shop's, else any that is not blank; "" for none."""
    for code in (reader_language(), settings.LANGUAGE_CODE):
        if texts.get(code):
            return texts[code]
    return next((text for text in texts.values() if text), "")
