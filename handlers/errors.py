"""Exceptions that a handler raises: a final refusal, a passing trouble, or errors at the fields of units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from common.languages import in_every_language
from common.refusals import Refused
from common.words import Text
from outbox.errors import Temporary

__all__ = ["HandlerMissing", "Refusal", "Temporary", "UnitError", "UnitErrors"]


class Refusal(Refused):
    """Final refusal: this line cannot be placed, delivered or taken back as it is.

    The message tells the reader what happened and what to do next. ``unit`` is the index of the unit (from 0) and
    ``field`` the name of its field when one of them is to blame.
    """

    def __init__(self, message: Text, unit: int | None = None, field: str | None = None) -> None:
        super().__init__(message, field=field)
        self.unit = unit

    def in_every_language(self) -> dict[str, str]:
        return in_every_language(self.message)


class HandlerMissing(Refusal):
    """Refusal when the handler named by an entry is not installed, or could not be loaded."""


class UnitError(NamedTuple):
    """Error at one field of one micro-form. ``field`` "" means the micro-form as a whole."""

    line_index: int
    unit_index: int
    field: str
    message: Text


class UnitErrors(Exception):
    """Errors of rules across units, all at once; raised by ``Handler.clean_units``."""

    def __init__(self, errors: Sequence[UnitError]) -> None:
        super().__init__(errors)
        self.errors = list(errors)

    def __str__(self) -> str:
        return "; ".join(str(error.message) for error in self.errors)
