"""Typed fields for internal parameters: plain Django form fields that know how they are kept.

Each field has three forms of its value: cleaned (``clean``), stored as JSON (``to_json``), and in the URL-encoded
string (``to_string``). A blank value is None in JSON and absent from the string; a field with an ``initial`` takes it
when left blank.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import formats, timezone
from django.utils.translation import gettext_lazy as _

from common.numbers import whole_number
from enrolments.courses.course_patterns import parse_patterns
from enrolments.courses.short_names import FORBIDDEN_IN_SHORT_NAME, MAX_SHORT_NAME_LENGTH
from enrolments.reminders.due import MOST_DAYS
from enrolments.seats.batches.models import REMIND_DAYS
from handlers.moments import Edge, checked, edge_of, is_seconds, read_moment, seconds_of, show_moment, write_moment

_FORBIDDEN_IN_PATTERN = FORBIDDEN_IN_SHORT_NAME - set(",*%")
# In strings of older shops, for a date and for a number of days.
NONE = "0"
_ROLE_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


class ParameterField(forms.Field):
    """Base of all fields: text in, text out, the ``initial`` where nothing was typed."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("required", False)
        super().__init__(**options)

    def clean(self, value: Any) -> Any:
        value = value.strip() if isinstance(value, str) else value
        if value in self.empty_values and self.initial is not None:
            value = self.initial
        return super().clean(value)

    def to_json(self, value: Any) -> Any:
        return None if value in self.empty_values else value

    def to_string(self, stored: Any) -> str:
        """Return ``stored`` JSON as it stands in the string, before encoding."""
        return str(stored)

    def from_string(self, text: str) -> str:
        """Return the text to type for a value of the string. Raises ``ValidationError`` where it could mean two
        things."""
        return text


class TextField(ParameterField, forms.CharField):
    """One line of text."""


class CourseField(TextField):
    """Course by its short name, present or former. The handler's check tells whether it exists."""

    default_error_messages = {
        "short_name": _("A short name has none of the signs , * %% & = / in it: “%(value)s”."),
    }

    def __init__(self, **options: Any) -> None:
        options.setdefault("max_length", MAX_SHORT_NAME_LENGTH)
        super().__init__(**options)

    def validate(self, value: str) -> None:
        super().validate(value)
        if FORBIDDEN_IN_SHORT_NAME & set(value):
            raise ValidationError(self.error_messages["short_name"], code="short_name", params={"value": value})


class CoursePatternsField(TextField):
    """Short names of courses separated by commas, with ``*`` or ``%`` for any run of characters.

    Kept as it was typed; ``enrolments.courses.course_patterns`` splits it.
    """

    default_error_messages = {
        "pattern": _("No course can be called “%(value)s”: a short name has none of the signs & = / in it."),
    }

    def __init__(self, **options: Any) -> None:
        options.setdefault("max_length", 5000)
        super().__init__(**options)

    def validate(self, value: str) -> None:
        super().validate(value)
        for pattern in parse_patterns(value):
            if _FORBIDDEN_IN_PATTERN & set(pattern):
                raise ValidationError(self.error_messages["pattern"], code="pattern", params={"value": pattern})


class RoleField(TextField):
    """Role by its code. The handler's check tells whether it exists."""

    default_error_messages = {
        "role": _("The code of a role has letters, digits, hyphens and underscores only: “%(value)s”."),
    }

    def __init__(self, **options: Any) -> None:
        options.setdefault("max_length", 50)
        super().__init__(**options)

    def validate(self, value: str) -> None:
        super().validate(value)
        if value and not _ROLE_CODE.fullmatch(value):
            raise ValidationError(self.error_messages["role"], code="role", params={"value": value})


class MomentField(ParameterField):
    """Date, with or without a time. Cleaned to an aware ``datetime``; see ``handlers.moments``.

    Besides seconds and ISO 8601 it takes dates as the active language writes them, the form that date pickers send.
    ``ends``: a date without time means its end.
    """

    default_error_messages = {
        "moment": _(
            "“%(value)s” is not a date. Write it as 2026-03-31 or 2026-03-31 14:00, or as the number of "
            "seconds since 1 January 1970."
        ),
        "in_string": _(
            "“%(value)s” is not a date of the string. Write 2026-03-31, 2026-03-31 14:00, or the seconds since "
            "1 January 1970, which have 9 or 10 digits; 0 means no date."
        ),
    }

    def __init__(self, *, ends: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.edge = Edge.END if ends else Edge.START

    def to_python(self, value: Any) -> datetime | None:
        if value in self.empty_values:
            return None
        if isinstance(value, datetime):
            return value if timezone.is_aware(value) else timezone.make_aware(value)
        if isinstance(value, date):
            return edge_of(value, self.edge)
        try:
            return read_moment(str(value), self.edge)
        except ValueError:
            return self._as_written_here(str(value))

    def _as_written_here(self, text: str) -> datetime:
        for written in formats.get_format_lazy("DATE_INPUT_FORMATS"):
            try:
                return edge_of(_parsed(text, written).date(), self.edge)
            except (ValueError, OverflowError):
                continue
        for written in formats.get_format_lazy("DATETIME_INPUT_FORMATS"):
            try:
                return checked(timezone.make_aware(_parsed(text, written).replace(microsecond=0)))
            except (ValueError, OverflowError):
                continue
        raise ValidationError(self.error_messages["moment"], code="moment", params={"value": text})

    def prepare_value(self, value: Any) -> Any:
        """Return the text of a bound or pre-filled field: always a date, never seconds."""
        if value in self.empty_values:
            return ""
        try:
            moment = value if isinstance(value, datetime) else read_moment(str(value), self.edge)
            return show_moment(moment, self.edge)
        except ValueError:
            return value

    def to_json(self, value: datetime | None) -> str | None:
        return None if value is None else write_moment(value, self.edge)

    def to_string(self, stored: str) -> str:
        seconds = str(seconds_of(read_moment(stored, self.edge)))
        return seconds if is_seconds(seconds) else stored

    def from_string(self, text: str) -> str:
        """Take seconds and ISO 8601 only: 10/01/2027 is January to some and October to others."""
        if not text.strip() or text.strip() == NONE:
            return ""
        try:
            read_moment(text, self.edge)
        except ValueError:
            message = self.error_messages["in_string"]
            raise ValidationError(message, code="in_string", params={"value": text}) from None
        return text


def _parsed(text: str, written: str) -> datetime:
    return datetime.strptime(text, written)  # noqa: DTZ007  made aware by the caller, in the shop's zone


class CountField(ParameterField, forms.IntegerField):
    """Whole number with bounds."""

    widget = forms.NumberInput

    def __init__(self, *, min_value: int, max_value: int, **options: Any) -> None:
        super().__init__(min_value=min_value, max_value=max_value, **options)


class DaysField(CountField):
    """Number of days, from one to a hundred years."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=1, max_value=36_500, **options)

    def from_string(self, text: str) -> str:
        return "" if text.strip() == NONE else text


class ReminderDaysField(TextField):
    """Days before an end on which people are reminded, separated by commas; 0 for none. Kept from the most to the
    fewest."""

    default_error_messages = {
        "days": _("Write whole numbers of days from 1 to %(most)d, at most %(number)d of them; 0 for no reminder."),
    }
    most_steps = 10

    def __init__(self, **options: Any) -> None:
        options.setdefault("initial", _written(REMIND_DAYS))
        options.setdefault("max_length", 100)
        super().__init__(**options)

    def clean(self, value: Any) -> str:
        typed = str(super().clean(value))
        if typed.strip() == NONE:
            return NONE
        days = {whole_number(part.strip()) or 0 for part in typed.split(",")}
        if not all(1 <= number <= MOST_DAYS for number in days) or len(days) > self.most_steps:
            params = {"most": MOST_DAYS, "number": self.most_steps}
            raise ValidationError(self.error_messages["days"], code="days", params=params)
        return _written(sorted(days, reverse=True))


def _written(days: Sequence[int]) -> str:
    return ",".join(str(number) for number in days)


def remind_days_of(stored: str | None) -> list[int]:
    """Return the days of a stored `ReminderDaysField`; the usual ones for entries that are older than the field."""
    if not stored:
        return list(REMIND_DAYS)
    return [] if stored == NONE else [int(part) for part in stored.split(",")]


class SwitchInput(forms.CheckboxInput):
    """Tick box that keeps the texts of a string apart; Django's takes "0" and "perhaps" for a tick."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return data.get(name, False)


class SwitchField(ParameterField, forms.BooleanField):
    """Yes or no, written as 1 and 0."""

    widget = SwitchInput
    _READINGS = {"1": True, "0": False, "true": True, "false": False, "on": True, "yes": True, "no": False}

    default_error_messages = {"switch": _("Write 1 for yes or 0 for no: “%(value)s” is neither.")}

    def clean(self, value: Any) -> bool:
        # Unlike in the other fields, blank is an answer here: an unticked box.
        return self.to_python(value)

    def to_python(self, value: Any) -> bool:
        if value in self.empty_values:
            return False
        if isinstance(value, bool):
            return value
        try:
            return self._READINGS[str(value).strip().lower()]
        except KeyError:
            raise ValidationError(self.error_messages["switch"], code="switch", params={"value": value}) from None

    def prepare_value(self, value: Any) -> Any:
        try:
            return self.to_python(value)
        except ValidationError:
            return value

    def to_json(self, value: Any) -> bool:
        return bool(value)

    def to_string(self, stored: Any) -> str:
        return "1" if stored else "0"
