"""Extraction of every translatable string of ours, from Python sources and from templates."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from babel.messages.extract import extract_from_dir, extract_python
from django.utils.translation.template import templatize

from common.floors import FLOORS

FOLDERS = (*FLOORS, "templates")
METHODS = [
    ("**.py", "python"),
    ("**/templates/**.html", f"{__name__}:extract_template"),
    ("**/templates/**.txt", f"{__name__}:extract_template"),
]
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
    """A string to translate. Two texts with one singular and one context are one text for gettext."""

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
    """Return every string of the project but those of handlers with translations of their own."""
    project = project.absolute()
    handlers = project / "handlers"

    def is_read(folder: str) -> bool:
        path = Path(folder)
        has_own = path.is_relative_to(handlers) and (path / "locale").is_dir()
        return path.relative_to(project).parts[0] in FOLDERS and path.name != "migrations" and not has_own

    return _texts(extract_from_dir(project, METHODS, keywords=KEYWORDS, directory_filter=is_read))


def texts_of_handler(package: Path) -> set[Text]:
    """Return every string of a handler that has translations of its own."""
    return _texts(extract_from_dir(package, METHODS, keywords=KEYWORDS))


def extract_template(
    source: IO[bytes], keywords: Mapping[str, Any], comment_tags: Collection[str], options: Mapping[str, Any]
) -> Iterable[Any]:
    """Extract the strings of a Django template: Babel's method for files of METHODS that are not Python.

    Django turns a template's strings into calls and the rest into X. Python's tokenizer refuses only the indents of
    that text, so they are removed.
    """
    lines = templatize(source.read().decode(), origin=getattr(source, "name", None)).splitlines()
    python = "\n".join(line.lstrip() for line in lines)
    return extract_python(BytesIO(python.encode()), keywords, comment_tags, {})


def _texts(extracted: Iterable[Any]) -> set[Text]:
    """Merge the extracted strings: a plural wins over its singular used alone, like in a .po file."""
    found: dict[tuple[str, str | None], Text] = {}
    for _file, _line, message, _comments, context in extracted:
        singular, plural = message if isinstance(message, tuple) else (message, None)
        if singular and (plural or (singular, context) not in found):
            found[singular, context] = Text(singular, plural, context)
    return set(found.values())
