"""Reads about courses and the people in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from django.contrib.auth.models import AnonymousUser
from django.db.models import Prefetch, QuerySet

from accounts.people.models import User
from enrolments.courses.models import Course
from enrolments.grounds.models import Enrolment, Ground

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations


class Grounds(TypedDict):
    """Rows that are read with each enrolment, in one more query for all of them."""

    live_grounds: list[Ground]


def is_enrolled(user: User | AnonymousUser, course: Course) -> bool:
    """Tell whether a signed-in person has an open enrolment in a course as a learner or tutor, whatever its period."""
    return user.pk is not None and Enrolment.objects.taking_places().filter(course=course, user_id=user.pk).exists()


def enrolments_with_grounds(course: Course) -> QuerySet[WithAnnotations[Enrolment, Grounds]]:
    """Return the open enrolments of a course with people and roles, and the live grounds of each as `live_grounds`."""
    grounds = Ground.objects.live().select_related("account", "group", "seat__batch").order_by("pk")
    return (
        Enrolment.objects.open()
        .filter(course=course)
        .select_related("user", "role")
        .prefetch_related(Prefetch("grounds", queryset=grounds, to_attr="live_grounds"))
        .order_by("user__sort_name", "pk")
    )
