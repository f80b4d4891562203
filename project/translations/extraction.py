"""Finds every translatable string of ours, in Python sources and in templates."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.extract import extract
from django.utils.translation.template import templatize

from common.floors import FLOORS

FOLDERS = (*FLOORS, "templates")
TEMPLATE_SUFFIXES = {".html", ".txt"}
SINGULAR = ("_", "gettext", "gettext_lazy", "gettext_noop")
PLURAL = ("ngettext", "ngettext_lazy")
WITH_CONTEXT = ("pgettext", "pgettext_lazy")
PLURAL_WITH_CONTEXT = ("npgettext", "npgettext_lazy")
KEYWORDS: dict[str, Any] = (
    dict.fromkeys(SINGULAR)
    | dict.fromkeys(PLURAL, (1, 2))
    | dict.fromkeys(WITH_CONTEXT, ((1, "c"), 2))
    | dict.fromkeys(PLURAL_WITH_CONTEXT, ((1, "c"), 2, 3))
)


@dataclass(frozen=True)
class Text:
    """A string to translate. Two texts are the same when singular and context are."""

    singular: str
    plural: str | None = None
    context: str | None = None

    def __lt__(self, other: "Text") -> bool:
        return self._order() < other._order()

    def __str__(self) -> str:
        return f"{self.singular!r}" + (f" (context {self.context!r})" if self.context else "")

    def _order(self) -> tuple[str, str, str]:
        return self.singular, self.context or "", self.plural or ""


def texts_in(project: Path) -> set[Text]:
    """Every string of the project. A plural wins over the same singular used alone, as it does in a catalogue."""
    return _merged(_sources(project))


def _merged(sources: Iterable[Path]) -> set[Text]:
    found: dict[tuple[str, str | None], Text] = {}
    for source in sources:
        for text in _texts_of(source):
            key = (text.singular, text.context)
            if key not in found or text.plural:
                found[key] = text
    return set(found.values())


def texts_of_handler(package: Path) -> set[Text]:
    """Every string of a handler that has a catalogue of its own."""
    return _merged(path for path in sorted(package.rglob("*")) if path.suffix == ".py" or _is_template(path))


def _sources(project: Path) -> Iterator[Path]:
    # Handlers with a catalogue of their own are translated there.
    apart = [locale.parent for locale in (project / "handlers").rglob("locale")]
    for folder in FOLDERS:
        for path in sorted((project / folder).rglob("*")):
            if "migrations" in path.parts or any(path.is_relative_to(package) for package in apart):
                continue
            if path.suffix == ".py" or _is_template(path):
                yield path


def _is_template(path: Path) -> bool:
    return path.suffix in TEMPLATE_SUFFIXES and "templates" in path.parts


def _texts_of(source: Path) -> Iterator[Text]:
    content = source.read_text()
    if source.suffix != ".py":
        content = _as_python(content, source)
    for _line, message, _comments, context in extract("python", BytesIO(content.encode()), KEYWORDS, (), {}):
        singular, plural = message if isinstance(message, tuple) else (message, None)
        if singular:
            yield Text(singular, plural, context)


def _as_python(template: str, source: Path) -> str:
    """Django turns a template's strings into calls and the rest into X; Python's tokenizer then only minds indents."""
    lines = templatize(template, origin=str(source)).splitlines()
    return "\n".join(line.lstrip() for line in lines)
