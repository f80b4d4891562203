"""Faults of handlers: hooks that raised, or answered what no hook may answer; told to the merchant with the place."""

from __future__ import annotations

import inspect
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.words import Text, in_words
from handlers.errors import Refusal

DETAIL_AT_MOST = 500
# In place of an exception's name, for an answer of the wrong kind.
ANSWER = "answer"

_NUMBER = gettext_lazy("a whole number from 1")
_FEEDBACK = gettext_lazy("Feedback, with texts")
_EXPECTED: dict[str, Text] = {
    "is_offered_to": gettext_lazy("True or False"),
    "units_made": _NUMBER,
    "charged_units": gettext_lazy("a whole number from 1 to the number of units"),
    "courses": gettext_lazy("a collection of short names"),
    "courses_to_lock": gettext_lazy("a collection of short names"),
    "clean_units": gettext_lazy("None, or UnitErrors at units of these lines"),
    "check": gettext_lazy("a list of findings"),
    "upgrade": gettext_lazy("a dictionary of JSON values"),
    "MerchantForm": gettext_lazy("a form whose values are JSON"),
    "unit_form": gettext_lazy("a subclass of UnitForm"),
    "courses_of_units": gettext_lazy("a collection of short names"),
    "UnitForm": gettext_lazy("a form whose values are JSON"),
    "label": gettext_lazy("a text"),
    "summary": gettext_lazy("a text"),
}

CANNOT_BE_HAD = gettext_lazy(
    "This cannot be had for the moment: its automation has a fault, and we have been told. Take it out of the cart to "
    "go on, or ask us about it."
)
FAULT_AFTER_PAYMENT = gettext_lazy(
    "The automation that sets this up has a fault. We have been told and will see to it."
)


@dataclass(frozen=True)
class Fault:
    """Fault of one hook. ``handler`` is its name, with ``specific/`` before that of a specific one; ``error`` is the
    exception's name, or ``answer``, and ``detail`` what it said, or the answer."""

    handler: str
    hook: str
    file: str
    line: int
    error: str
    detail: str

    @property
    def what(self) -> Text:
        """Return the fault without its place."""
        if self.error != ANSWER:
            return f"{self.error}: {self.detail}" if self.detail else self.error
        expected = _EXPECTED.get(self.hook, _FEEDBACK)
        return in_words(
            lambda: _("answers %(answer)s; due is: %(expected)s") % {"answer": self.detail, "expected": expected}
        )

    @property
    def message(self) -> Text:
        """Return a sentence for the merchant that names extension, hook, file, line and fault."""
        return in_words(
            lambda: (
                _("“%(hook)s” of “%(handler)s” is broken (%(file)s, line %(line)d): %(what)s")
                % {"hook": self.hook, "handler": self.handler, "file": self.file, "line": self.line, "what": self.what}
            )
        )


class HookBroken(Refusal):
    """Refusal because a hook broke. The message is for the customer; ``fault`` is for the merchant.

    ``has_answered`` tells that the hook ran to its end and answered nonsense, so that no further try helps.
    """

    def __init__(self, fault: Fault, message: Text = CANNOT_BE_HAD) -> None:
        super().__init__(message)
        self.fault = fault

    @property
    def has_answered(self) -> bool:
        return self.fault.error == ANSWER


@dataclass(frozen=True)
class Extension:
    """Handler's package, for finding the place of a fault in it."""

    name: str
    folder: Path
    root: Path

    @classmethod
    def of(cls, handler: object, *, name: str, specific: bool) -> Extension:
        try:
            folder = Path(inspect.getfile(type(handler))).resolve().parent
        except (OSError, TypeError):  # made in a console
            folder = Path("/nowhere/at/all")
        root = folder.parent.parent if specific else folder.parent
        return cls(f"specific/{name}" if specific else name, folder, root)

    def raised(self, hook: str, error: BaseException, source: object) -> Fault:
        """Return the fault of a hook that raised ``error``, at the last line of the package that was reached; where
        none was, as by an answer that cannot be read, at the line where ``source`` is defined."""
        file, line = place_of(error.__traceback__, self.folder)
        if not Path(file).is_relative_to(self.folder):
            file, line = _definition(source)
        detail = cut(str(error) if not isinstance(error, SystemExit) else f"{error.code}")
        return Fault(self.name, hook, self._short(file), line, type(error).__name__[:100], detail)

    def answered(self, hook: str, source: object, answer: str) -> Fault:
        """Return the fault of a hook that gave a wrong ``answer``, at the line where ``source`` is defined."""
        file, line = _definition(source)
        return Fault(self.name, hook, self._short(file), line, ANSWER, cut(answer))

    def _short(self, file: str) -> str:
        path = Path(file)
        return (str(path.relative_to(self.root)) if path.is_relative_to(self.root) else file)[-300:]


def place_of(trace: TracebackType | None, folder: Path) -> tuple[str, int]:
    """Return file and line of the innermost frame within ``folder``, else of the innermost of all."""
    frames = traceback.extract_tb(trace)
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(folder)]
    if not frames:
        return "", 0
    last = (own or frames)[-1]
    return last.filename, last.lineno or 0


def cut(text: str) -> str:
    """Return a text as the database takes it, shortened."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()[:DETAIL_AT_MOST]


def _definition(source: object) -> tuple[str, int]:
    code = getattr(inspect.unwrap(source) if callable(source) else source, "__code__", None)
    if code is not None:
        return code.co_filename, code.co_firstlineno
    try:
        owner = source if isinstance(source, type) else type(source)
        return inspect.getfile(owner), inspect.getsourcelines(owner)[1]
    except (OSError, TypeError):
        return "", 0
