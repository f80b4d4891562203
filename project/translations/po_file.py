"""A language's translations (.po) compared with the strings in the sources: faults, and updates."""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

from project.translations.extraction import Text

PLACEHOLDER = re.compile(r"%\((\w+)\)[-#0 +]*\d*(?:\.\d+)?[sdifgr]|%[sd](?!\w)|(?<!\{)\{(\w*)[^{}]*\}(?!\})")
# Headers that would change at every update, even of unchanged strings.
RESTLESS_HEADERS = ("POT-Creation-Date", "PO-Revision-Date", "Generated-By", "Language-Team")


def path_of(locale: Path, language: str) -> Path:
    return locale / language / "LC_MESSAGES" / "django.po"


def read(path: Path, language: str) -> Catalog:
    if not path.exists():
        return Catalog(locale=language)
    with open(path, "rb") as file:
        return read_po(file, locale=language)


def faults(translations: Catalog, texts: set[Text]) -> list[str]:
    """List one line for each string that is missing, unfinished, stale or has other placeholders than its source."""
    found = [line for text in sorted(texts) if (line := _fault_of(translations, text))]
    return found + [f"stale (no source has it any more): {text}" for text in _stale(translations, texts)]


def updated(translations: Catalog, texts: set[Text], language: str) -> Catalog:
    """Return exactly these strings, with the translations there are. Stale ones are left out."""
    fresh = Catalog(locale=language, project="Amphi", version="1", charset="utf-8", fuzzy=False)
    for text in sorted(texts):
        known = translations.get(text.singular, context=text.context)
        same_form = known is not None and isinstance(known.string, tuple) == bool(text.plural)
        fresh.add(
            (text.singular, text.plural) if text.plural else text.singular,
            string=known.string if known is not None and same_form else None,
            flags=["fuzzy"] if known is not None and known.fuzzy else [],
            user_comments=known.user_comments if known is not None else [],
            context=text.context,
        )
    return fresh


def write(translations: Catalog, path: Path) -> None:
    """Write the file sorted, without places and dates: a diff shows nothing but changed strings."""
    buffer = BytesIO()
    write_po(buffer, translations, width=0, no_location=True, sort_output=True)
    lines = buffer.getvalue().decode().splitlines()
    comment_end = next(number for number, line in enumerate(lines) if not line.startswith("#"))
    kept = [line for line in lines[comment_end:] if not line.startswith(tuple(f'"{name}' for name in RESTLESS_HEADERS))]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(kept).rstrip("\n") + "\n")


def _fault_of(translations: Catalog, text: Text) -> str | None:
    message = translations.get(text.singular, context=text.context)
    if message is None or not any(_strings(message)):
        return f"missing: {text}"
    if bool(text.plural) != isinstance(message.string, tuple) or not all(_strings(message)):
        return f"plural forms incomplete: {text}"
    if message.fuzzy:
        return f"fuzzy: {text}"
    return _placeholder_fault(message, text)


def _placeholder_fault(message: Message, text: Text) -> str | None:
    """Return a line for a translation with other placeholders than its source, else None. Only a singular may leave the
    number out ("one seat")."""
    wanted = _placeholders(text.plural or text.singular)
    for index, string in enumerate(_strings(message)):
        found = _placeholders(string)
        may_lack = wanted - _placeholders(text.singular) if text.plural and index == 0 else set()
        if not (wanted - may_lack <= found <= wanted):
            return f"other placeholders ({', '.join(sorted(found ^ wanted))}): {text}"
    return None


def _placeholders(string: str) -> set[str]:
    return {match.group(1) or match.group(2) or match.group() for match in PLACEHOLDER.finditer(string)}


def _strings(message: Message) -> list[str]:
    strings = message.string if isinstance(message.string, tuple | list) else [message.string]
    return [string or "" for string in strings]


def _stale(translations: Catalog, texts: set[Text]) -> Iterator[Text]:
    known = {(text.context, text.singular) for text in texts}
    for message in translations:
        singular = message.id[0] if isinstance(message.id, tuple | list) else message.id
        if singular and (message.context, singular) not in known:
            yield Text(singular=singular, context=message.context)
