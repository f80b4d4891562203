"""Changes of courses, told to the floors above once they are committed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from django.db import transaction

from common.registry import Registry
from enrolments.courses.models import Course

# `follow(course_id)` is called after the transaction that made, changed or renamed a course.
COURSE_FOLLOWERS: Registry[Callable[[int], None]] = Registry("follower of courses")


def tell_course_saved(course: Course) -> None:
    """Call the followers when the transaction is committed; one that fails stops no other and nothing else."""
    for follow in COURSE_FOLLOWERS:
        transaction.on_commit(partial(follow, course.pk), robust=True)
