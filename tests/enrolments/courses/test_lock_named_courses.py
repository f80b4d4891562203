"""The courses of an order are locked by their short names, before any handler runs."""

import sys

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from enrolments.courses.models import Course
from enrolments.courses.services import lock_named_courses
from tests.factories.enrolments import CourseFactory
from tests.rivals.processes import Rival, race


@pytest.mark.django_db
def test_one_statement_locks_them_by_key():
    first = CourseFactory(short_name="B", former_names=["OLD-B"])
    second = CourseFactory(short_name="A")
    with CaptureQueriesContext(connection) as captured, transaction.atomic():
        locked = lock_named_courses(["a", "old-b", "b", "unknown"])
    [sql] = [query["sql"] for query in captured if "enrolments_course" in query["sql"]]
    assert sql.endswith('ORDER BY "enrolments_course"."id" ASC FOR NO KEY UPDATE')
    assert locked == {"a": second, "old-b": first, "b": first}


@pytest.mark.django_db
def test_no_name_asks_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        lock_named_courses([])


@pytest.mark.django_db(transaction=True)
def test_others_wait_for_those_and_for_no_others():
    named, other = CourseFactory(short_name="NAMED", former_names=["OLD"]), CourseFactory()

    def hold():
        with transaction.atomic():
            lock_named_courses(["old"])
            stay()

    holder, same, another = race(
        Rival(hold, before=[(sys.modules[__name__], "stay")]), lambda: lock(named), lambda: lock(other), in_turn=True
    )

    assert (holder.error, same.kept_away, another.kept_away) == ("", True, False)


def stay() -> None:
    """Do nothing: the holder pauses here."""


def lock(course: Course) -> None:
    with transaction.atomic():
        Course.objects.select_for_update(no_key=True).get(pk=course.pk)
