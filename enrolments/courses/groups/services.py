"""Groups of a course. Membership follows from the grounds that name a group, so nothing here adds or removes people."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.people.models import User
from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.models import Course
from enrolments.courses.places.services import lock_courses
from enrolments.events.models import Event
from enrolments.events.services import write_events
from enrolments.values import LineRef


def order_group(*, course: Course, line: LineRef) -> CourseGroup:
    """Return the one group of an order in a course, named after the order's number; make it when it is first needed.

    Expects the course's lock. One statement, three where the group is made.
    """
    return order_groups([(course, line)])[course.pk, line.order_id]


def order_groups(wanted: Iterable[tuple[Course, LineRef]]) -> dict[tuple[int, int], CourseGroup]:
    """Like `order_group`, for orders of one account, by the keys of course and order.

    One statement, three where any group is made, none for no courses.
    """
    asked = {
        (course.pk, line.order_id): CourseGroup(
            course=course, order_id=line.order_id, account_id=line.account_id, name=line.order_number
        )
        for course, line in wanted
    }
    if not asked:
        return {}
    present = CourseGroup.objects.filter(
        course__in={course_id for course_id, _order in asked},
        order_id__in={order_id for _course, order_id in asked},
        account__in={group.account_id for group in asked.values()},
    )
    found = {(group.course_id, group.order_id or 0): group for group in present}
    made = CourseGroup.objects.bulk_create([asked[key] for key in sorted(asked.keys() - found.keys())])
    write_events(_made(made))
    return {key: found.get(key, group) for key, group in asked.items()}


def _made(groups: Iterable[CourseGroup], actor: User | None = None) -> list[Event]:
    return [Event(kind=Event.Kind.GROUP_MADE, course_id=group.course_id, group=group, actor=actor) for group in groups]


def standing_group(*, course: Course, name: str) -> CourseGroup:
    """Return a standing group by name whatever its case; make it when it is first needed, so that no delivery fails.

    Expects the course's lock. One statement, or three.
    """
    name = name.strip()
    same = CourseGroup.objects.standing().named(name).filter(course=course)
    found = same.first()
    if found is not None:
        return found
    group = CourseGroup.objects.create(course=course, name=name)
    write_events(_made([group]))
    return group


def save_standing_group(*, group: CourseGroup, actor: User | None = None) -> CourseGroup:
    """Insert or rename a standing group.

    Locks the course. Raises ValidationError for an order's group, a blank name, and a name that the course already has.
    """
    group.name = group.name.strip()
    if group.order_id is not None:
        raise ValidationError(_("The group of an order is named after its number."))
    if not group.name:
        raise ValidationError(_("A group needs a name."))
    with transaction.atomic():
        lock_courses([group.course_id])
        same = CourseGroup.objects.standing().named(group.name).filter(course_id=group.course_id)
        if same.exclude(pk=group.pk).exists():
            raise ValidationError(_("This course has a group of that name."))
        before = CourseGroup.objects.filter(pk=group.pk).first()
        group.save()
        if before is None:
            write_events(_made([group], actor))
        elif before.name != group.name:
            detail = {"name": [before.name, group.name]}
            renamed = Event.Kind.GROUP_RENAMED
            write_events([Event(kind=renamed, course_id=group.course_id, group=group, actor=actor, detail=detail)])
    return group
