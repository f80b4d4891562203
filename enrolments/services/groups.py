"""Groups of a course. Who is in one is derived from the grounds that name it, so here nobody joins or leaves."""

from __future__ import annotations

from enrolments.models import Course, CourseGroup
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
