"""Saving courses, and finding them by every name they ever had."""

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection

from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.groups.services import order_group, standing_group
from enrolments.courses.models import Course, CourseName
from enrolments.courses.roles.models import Role
from enrolments.courses.roles.standing import make_standing_roles
from enrolments.courses.selectors import is_enrolled
from enrolments.courses.services import CapacityBelowTaken, ShortNameTaken, find_course, find_courses, save_course
from tests.enrolments.given import given_session, new_line
from tests.factories.accounts import CustomerAccountFactory, UserFactory
from tests.factories.enrolments import CourseFactory, role

pytestmark = pytest.mark.django_db


def names_of(course):
    return sorted(course.names.values_list("name", flat=True))


def test_a_new_course_is_known_by_its_short_name():
    course = save_course(course=Course(short_name="  SEC-1 ", name_en="Fire", name_fr="Incendie"))

    assert course.short_name == "SEC-1"
    assert names_of(course) == ["SEC-1"]
    assert find_course("sec-1") == course


def test_a_rename_keeps_the_former_name():
    course = CourseFactory(short_name="SEC-1")
    course.short_name = "FIRE"

    save_course(course=course)

    assert names_of(course) == ["FIRE", "SEC-1"]
    assert find_course("Sec-1") == find_course("fire") == course


def test_a_course_may_take_a_former_name_of_its_own_again():
    course = CourseFactory(short_name="FIRE", former_names=["SEC-1"])
    course.short_name = "sec-1"

    save_course(course=course)

    assert find_course("SEC-1") == course
    assert names_of(course) == ["FIRE", "SEC-1"]


@pytest.mark.parametrize("taken_name", ["fire", "SEC-1", "sec-1 "])
def test_a_name_another_course_has_or_had_is_refused(taken_name):
    CourseFactory(short_name="FIRE", former_names=["SEC-1"])
    other = CourseFactory(short_name="OTHER")
    other.short_name = taken_name

    with pytest.raises(ShortNameTaken):
        save_course(course=other)

    other.refresh_from_db()
    assert other.short_name == "OTHER"
    assert names_of(other) == ["OTHER"]


@pytest.mark.parametrize(
    "short_name", ["", "  ", "A,B", "A*", "A%", "A&B", "A=B", "A/B", "A\nB", "A\u2028B", "x" * 101]
)
def test_a_malformed_short_name_is_refused(short_name):
    with pytest.raises(ValidationError):
        save_course(course=Course(short_name=short_name))

    assert not Course.objects.exists()


def test_decomposed_letters_are_the_same_name():
    course = save_course(course=Course(short_name="E\u0301TE"))

    assert course.short_name == "ÉTE"
    assert find_course("éte") == find_course("e\u0301te") == course


def test_the_capacity_cannot_go_below_what_is_taken():
    course = CourseFactory(capacity=5)
    given_session(course, CustomerAccountFactory(), learners=(UserFactory(),), blanks=2)

    course.capacity = 3
    save_course(course=course)
    course.capacity = 2
    with pytest.raises(CapacityBelowTaken) as refused:
        save_course(course=course)

    assert refused.value.count == 3
    course.refresh_from_db()
    assert course.capacity == 3


def test_several_courses_are_found_in_one_statement(django_assert_num_queries):
    one, other = CourseFactory(short_name="A"), CourseFactory(short_name="B", former_names=["OLD"])

    with django_assert_num_queries(1):
        found = find_courses(["a", "OLD", "b", "nowhere"])

    assert found == {"a": one, "OLD": other, "b": other}


def test_no_names_no_courses():
    assert find_courses([]) == {}
    assert find_course("") is None


def test_a_standing_group_is_made_once_whatever_the_case():
    course = CourseFactory()

    first = standing_group(course=course, name="Mornings")
    again = standing_group(course=course, name=" MORNINGS ")

    assert again == first
    assert CourseGroup.objects.standing().get().name == "Mornings"


def test_an_orders_group_is_made_once_per_course():
    line = new_line(CustomerAccountFactory())
    course, other = CourseFactory.create_batch(2)

    first = order_group(course=course, line=line)

    assert order_group(course=course, line=line) == first
    assert order_group(course=other, line=line) != first


def test_whether_somebody_is_enrolled():
    bob, course = UserFactory(), CourseFactory()
    given_session(course, CustomerAccountFactory(), learners=(bob,))

    assert is_enrolled(bob, course)
    assert not is_enrolled(UserFactory(), course)
    assert not is_enrolled(bob, CourseFactory())


def test_the_standing_roles_are_there_and_stay_as_the_merchant_named_them():
    Role.objects.filter(code="tutor").update(name_en="Coach")
    Role.objects.filter(code="student").delete()

    make_standing_roles(using=connection.alias)

    assert dict(Role.objects.values_list("code", "kind")) == {
        "student": "learner",
        "tutor": "tutor",
        "teacher": "supervisor",
    }
    assert role("tutor").name_en == "Coach"
    assert role("teacher").name_fr == "Responsable de formation"


def test_migrations_are_complete():
    call_command("makemigrations", "enrolments", check=True, dry_run=True, verbosity=0)


def test_names_go_with_their_course():
    course = CourseFactory(short_name="SEC-1")

    course.delete()

    assert not CourseName.objects.exists()
