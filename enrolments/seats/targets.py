"""Courses and sessions that people on some seats may be moved to."""

from __future__ import annotations

import datetime
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.members.models import CustomerAccount
from accounts.members.parts import Part
from common.numbers import whole_number
from common.search import in_name_order
from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.models import Course
from enrolments.courses.sale import with_a_place
from enrolments.scope import courses_within, sessions_within
from enrolments.seats.models import Seat
from enrolments.sessions.selectors import sessions_of

# Sessions offered at most, the latest ones.
SESSIONS = 100


@dataclass(frozen=True, slots=True)
class Targets:
    """Courses by name and sessions of the account, the latest first; `part` is what they were narrowed to."""

    courses: list[Course]
    sessions: list[CourseGroup]
    part: Part | None = None

    def __bool__(self) -> bool:
        return bool(self.courses or self.sessions)


def targets_of(
    account: CustomerAccount,
    *,
    course_lists: Collection[str],
    course_ids: Collection[int],
    part: Part | None = None,
    now: datetime.datetime,
) -> Targets:
    """Return the open courses with a place left that seats of packs with these lists may be used for, and the sessions
    with a free seat in the courses that the people are in. Three statements.

    An operator limited to `part`, by courses alone, is offered those; which seats go to which is judged by seat."""
    allowed = {pk for _list, pk in Course.objects.open_at(now).covered_by(course_lists)}
    courses = Course.objects.filter(pk__in=allowed)
    if part is not None and not part.teams and not part.orders:
        courses = courses_within(courses, part)
    with_place = with_a_place(courses, account_id=account.pk)
    free_seats = Seat.objects.assignable_at(now).filter(batch__group=OuterRef("pk"))
    sessions = (
        sessions_within(sessions_of(account), part).filter(Exists(free_seats), course__in=course_ids).order_by("-pk")
    )
    return Targets(list(with_place.order_by(in_name_order("name"), "pk")), list(sessions[:SESSIONS]), part)


def value_of(target: Course | CourseGroup) -> str:
    """Return a target as a form posts it."""
    return f"{'session' if isinstance(target, CourseGroup) else 'course'}:{target.pk}"


def name_of(target: Course | CourseGroup) -> str:
    """Return a target's name in the reader's language."""
    if isinstance(target, CourseGroup):
        return _("Session %(number)s: %(course)s") % {"number": target.name, "course": target.course.name}
    return target.name


def find_target(account: CustomerAccount, value: str, part: Part | None = None) -> Course | CourseGroup | None:
    """Return the target that a form posts: a visible course, or a session of the account within a part. One
    statement."""
    kind, _colon, key = value.partition(":")
    pk = whole_number(key) or 0
    if kind == "session":
        return sessions_within(sessions_of(account), part).filter(pk=pk).first()
    return Course.objects.filter(pk=pk, is_visible=True).first() if kind == "course" else None


class TargetField(forms.ChoiceField):
    """Choice of a course or session, which it returns. One that is no longer offered passes: the service refuses it and
    says why."""

    default_error_messages = {"invalid_choice": gettext_lazy("Choose a course or a session.")}
    account: CustomerAccount
    part: Part | None = None

    def offer(self, account: CustomerAccount, targets: Targets) -> None:
        """Offer courses and sessions of an account."""
        self.account, self.part = account, targets.part
        groups = ((_("Courses"), targets.courses), (_("Sessions of your account"), targets.sessions))
        self.offered: list[Any] = [("", _("Choose a course or a session"))]
        self.offered += [
            (label, [(value_of(to), name_of(to)) for to in of_kind]) for label, of_kind in groups if of_kind
        ]
        self.choices = self.offered

    def clean(self, value: Any) -> Course | CourseGroup:
        posted = self.to_python(value)
        if not posted:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        found = find_target(self.account, posted, self.part)
        if found is None:
            raise forms.ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        if not self.valid_value(posted):
            self.choices = [*self.offered, (posted, name_of(found))]
        return found
