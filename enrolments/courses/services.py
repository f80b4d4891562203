"""Saving courses and finding them by their names, present and former."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from django.contrib.postgres.fields import ArrayField
from django.db import transaction
from django.db.models import CharField
from django.db.models.expressions import RawSQL
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.people.models import User
from common.plain_rows import plain_rows_with
from common.refusals import Refused
from enrolments.courses.changes import tell_course_saved
from enrolments.courses.models import Course, CourseName
from enrolments.courses.places.services import lock_courses, taken
from enrolments.courses.short_names import normalise_short_name
from enrolments.events.models import Event
from enrolments.events.services import write_events

# A person who enters a course is redirected to its link, so only these schemes are safe.
LINK_SCHEMES = frozenset({"http", "https"})

# The ORM would take longer to write these statements than Postgres to answer them.
_CALLED = "JOIN enrolments_coursename called ON called.course_id = this.id WHERE lower(called.name) = ANY(%s)"
_KEYS_CALLED = "SELECT course_id FROM enrolments_coursename WHERE lower(name) = ANY(%s)"
_EVERY_NAME = "ARRAY(SELECT name FROM enrolments_coursename WHERE course_id = enrolments_course.id)"


class LinkRefused(Refused):
    """Refusal of a link that is no address of a web page."""

    field = "link"

    message = _("The link of a course begins with http:// or https://.")


class ShortNameTaken(Refused):
    """Refusal of a short name that another course has, or had."""

    field = "short_name"

    def __init__(self, short_name: str) -> None:
        super().__init__(
            format_lazy(_("Another course has, or had, the short name “{short_name}”."), short_name=short_name)
        )
        self.short_name = short_name


class CapacityBelowTaken(Refused):
    """Refusal of a capacity below the number of places taken."""

    field = "capacity"

    def __init__(self, count: int) -> None:
        super().__init__(format_lazy(_("{count} places are taken: the capacity cannot be smaller."), count=count))
        self.count = count


def save_course(*, course: Course, actor: User | None = None) -> Course:
    """Insert or update a course. A new short name is added to the course's names; former ones stay valid.

    Leaves an event that names the columns changed, with short name, capacity and visibility before and after. Locks the
    course. Raises ValidationError for a malformed short name, LinkRefused, ShortNameTaken, CapacityBelowTaken, and
    IntegrityError for what the form should have caught; then nothing is written.
    """
    course.short_name = normalise_short_name(course.short_name)
    if course.link and not is_web_address(course.link):
        raise LinkRefused
    with transaction.atomic():
        before = None
        if course.pk is not None:
            before = lock_courses([course.pk]).get(course.pk)
            count = taken([course.pk]).get(course.pk, 0)
            if course.capacity is not None and count > course.capacity:
                raise CapacityBelowTaken(count)
        holder = CourseName.objects.called(course.short_name).first()
        if holder is not None and holder.course_id != course.pk:
            raise ShortNameTaken(course.short_name)
        course.save()
        if holder is None:
            # Two merchants who choose one name at the same moment meet at the unique index, which lets one through.
            made = CourseName.objects.bulk_create(
                [CourseName(course=course, name=course.short_name)], ignore_conflicts=True
            )
            if not CourseName.objects.called(course.short_name).filter(course=course).exists():
                raise ShortNameTaken(made[0].name)
        write_events(_events(before, course, actor))
        tell_course_saved(course)
    return course


def _events(before: Course | None, after: Course, actor: User | None) -> list[Event]:
    if before is None:
        return [Event(kind=Event.Kind.COURSE_MADE, course=after, actor=actor)]
    columns = [field.attname for field in Course._meta.concrete_fields]
    changed: dict[str, tuple[Any, Any]] = {name: (getattr(before, name), getattr(after, name)) for name in columns}
    changed = {name: values for name, values in changed.items() if values[0] != values[1]}
    if not changed:
        return []
    # Only short values are copied: other texts may be long, and the course has the new ones.
    told: list[str] = [name for name in ("short_name", "capacity", "is_visible") if name in changed]
    detail: dict[str, Any] = {"columns": sorted(changed), **{name: list(changed[name]) for name in told}}
    return [Event(kind=Event.Kind.COURSE_CHANGED, course=after, actor=actor, detail=detail)]


def is_web_address(link: str) -> bool:
    """Tell whether a browser may be redirected to this link."""
    parts = urlsplit(link)
    return parts.scheme in LINK_SCHEMES and bool(parts.netloc)


def find_course(short_name: str) -> Course | None:
    """Return the course that has, or had, this short name, whatever its case."""
    return find_courses([short_name]).get(short_name)


def find_courses(short_names: Iterable[str]) -> dict[str, Course]:
    """Return courses by the names asked for, present or former, whatever their case; leave unknown names out.

    One statement, whatever the number of names.
    """
    return {name: course for name, (course, _nothing) in named_with("NULL", short_names).items()}


def named_with(column: str, short_names: Iterable[str]) -> dict[str, tuple[Course, Any]]:
    """Return courses like `find_courses`, each with the value of a column in SQL, in which the course is `this`. One
    statement, none without names."""
    asked = {name: comparable(name) for name in short_names}
    if not asked:
        return {}
    rows = plain_rows_with(Course, f"called.name, {column}", _CALLED, [sorted(set(asked.values()))])
    by_lowered = {comparable(name): (course, value) for course, name, value in rows}
    return {name: by_lowered[lowered] for name, lowered in asked.items() if lowered in by_lowered}


def lock_named_courses(short_names: Iterable[str]) -> dict[str, Course]:
    """Lock the courses that have, or had, these short names, by primary key; return them as `find_courses` does.

    Locks: course rows, FOR NO KEY UPDATE. One statement, whatever the number of names.
    """
    asked = {name: comparable(name) for name in short_names}
    if not asked:
        return {}
    rows = (
        Course.objects.select_for_update(no_key=True)
        .filter(pk__in=RawSQL(_KEYS_CALLED, [sorted(set(asked.values()))]))  # noqa: S611  nothing typed is in it
        .annotate(every_name=RawSQL(_EVERY_NAME, [], output_field=ArrayField(CharField())))  # noqa: S611
        .order_by("pk")
    )
    by_lowered = {comparable(name): course for course in rows for name in course.every_name}
    return {name: by_lowered[lowered] for name, lowered in asked.items() if lowered in by_lowered}


def comparable(name: str) -> str:
    """Return a short name in the form in which two names are compared."""
    return unicodedata.normalize("NFC", name).strip().lower()
