"""Groups of a course. Who is in one is derived from the grounds that name it, so here nobody joins or leaves."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.models import Course
from enrolments.courses.places.services import lock_courses
from enrolments.values import LineRef


def order_group(*, course: Course, line: LineRef) -> CourseGroup:
    """The one group of an order in a course, named after the order's number; made when it is first needed.

    Expects the course's lock. One statement.
    """
    group = CourseGroup(course=course, order_id=line.order_id, account_id=line.account_id, name=line.order_number)
    [group] = CourseGroup.objects.bulk_create(
        [group],
        update_conflicts=True,
        unique_fields=["course", "order_id", "account"],
        update_fields=["name"],
    )
    return group


def standing_group(*, course: Course, name: str) -> CourseGroup:
    """A group of the merchant's, by name whatever its case; made when it is first needed, so that no delivery fails.

    Expects the course's lock. One statement, or three.
    """
    name = name.strip()
    same = CourseGroup.objects.standing().named(name).filter(course=course)
    found = same.first()
    if found is not None:
        return found
    # Insert and look again rather than get_or_create: no savepoint, and a rival's row is as good as ours.
    CourseGroup.objects.bulk_create([CourseGroup(course=course, name=name)], ignore_conflicts=True)
    return same.get()


def save_standing_group(*, group: CourseGroup) -> CourseGroup:
    """Insert or rename a group of the merchant's.

    Locks the course. Raises ValidationError for an order's group, a blank name, and one that the course has already.
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
        group.save()
    return group
