"""Courses, roles, groups, and seats as services leave them."""

import datetime

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.models import Course, CourseName
from enrolments.courses.roles.models import Role
from enrolments.seats.batches.models import SeatBatch
from tests.factories.accounts import CustomerAccountFactory


def role(code: str = Role.STUDENT) -> Role:
    """Return one of the standing roles."""
    return Role.objects.get(code=code)


class RoleFactory(DjangoModelFactory):
    """Role of the merchant's own."""

    class Meta:
        model = Role

    code = factory.Sequence(lambda n: f"role-{n}")
    name = factory.LazyAttribute(lambda role: role.code.title())
    kind = Role.Kind.SUPERVISOR


class CourseFactory(DjangoModelFactory):
    """Open course without limits."""

    class Meta:
        model = Course
        skip_postgeneration_save = True

    short_name = factory.Sequence(lambda n: f"COURSE-{n}")
    name_en = factory.LazyAttribute(lambda course: f"Course {course.short_name}")
    name_fr = factory.LazyAttribute(lambda course: f"Cours {course.short_name}")
    link = "https://learn.example.org/course"

    @factory.post_generation
    def former_names(course, create, extracted, **kwargs):
        if create:
            for name in (course.short_name, *(extracted or ())):
                CourseName.objects.create(course=course, name=name)


class CourseGroupFactory(DjangoModelFactory):
    """Standing group of a course."""

    class Meta:
        model = CourseGroup

    course = factory.SubFactory(CourseFactory)
    name = factory.Sequence(lambda n: f"Group {n}")


class SeatBatchFactory(DjangoModelFactory):
    """Terms of a pack, without seats: `services.seats.generate` makes them."""

    class Meta:
        model = SeatBatch

    account = factory.SubFactory(CustomerAccountFactory)
    order_id = factory.Sequence(lambda n: 1000 + n)
    order_number = factory.LazyAttribute(lambda batch: f"A-{batch.order_id}")
    line_id = factory.Sequence(lambda n: 5000 + n)
    source = SeatBatch.Source.PACK
    entry_code = "PACK"
    entry_name = factory.LazyFunction(lambda: {"en": "Pack of seats", "fr": "Lot de sièges"})
    supervisor_role = factory.LazyFunction(lambda: role(Role.TEACHER))
    sold_at = factory.LazyFunction(lambda: timezone.now() - datetime.timedelta(days=1))
