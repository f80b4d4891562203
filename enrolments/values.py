"""Plain values that the services take and return."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LineRef:
    """Order line that a service works for. Orders live on a floor above: here they are numbers."""

    order_id: int
    order_number: str
    line_id: int
    account_id: int


@dataclass(frozen=True, slots=True)
class EntryRef:
    """Catalogue entry as it was sold; `name` by language.

    `move_days_before`: days before a course's first day until which the account moves people; None for no such limit.
    """

    code: str
    name: Mapping[str, str]
    move_days_before: int | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """Period of enrolment as it was sold; the course's own days are added when a person is enrolled.

    `qualification_months`: how long what is taught is valid; None where the entry does not say.
    """

    starts_at: datetime.datetime | None = None
    ends_at: datetime.datetime | None = None
    duration_days: int | None = None
    qualification_months: int | None = None


@dataclass(frozen=True, slots=True)
class Period:
    """Period from `starts_at` until just before `ends_at`; without an end where `ends_at` is None.

    `enter_before` is the moment before which the person has to enter for the first time, if a seat says so.
    """

    starts_at: datetime.datetime
    ends_at: datetime.datetime | None = None
    enter_before: datetime.datetime | None = None


@dataclass(frozen=True, slots=True)
class AlreadyEnrolled:
    """Person who was in the course before, on a ground of the same customer account.

    `until` is the end of this account's own grounds, never of those of others; None where they have no end.
    """

    user_id: int
    until: datetime.datetime | None
