"""Rows of a list as typed, brought into the form in which the rules look at them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.db.models.functions import Lower

from accounts.people.services import PersonTyped
from common.fields import AddressField, NameField
from enrolments.courses.models import Course
from enrolments.courses.roles.models import Role
from enrolments.courses.services import comparable, find_courses
from enrolments.lists.models import ListRow, PeopleList
from enrolments.lists.reading import role_named
from enrolments.lists.verdicts import Verdict

# Verdicts on what is typed alone: nothing but another text changes them.
NOT_READ = frozenset({Verdict.NO_ADDRESS, Verdict.NO_NAME, Verdict.BAD_NAME, Verdict.NO_COURSE, Verdict.BAD_ROLE})

ADDRESS, NAME = AddressField(), NameField()


def read_rows(people_list: PeopleList, rows: Sequence[ListRow]) -> dict[int, Course]:
    """Write address, course and role of each row as far as they can be read, and the verdict where one cannot.

    Returns the courses, by key. Four statements at most, whatever the number of rows.
    """
    roles = {role.code: role for role in Role.objects.filter(code__in=(Role.STUDENT, Role.TUTOR))}
    named: Mapping[str, Course] = {}
    if people_list.course is None:
        named = _courses_named({row.course_typed.strip() for row in rows} - {""})
    for row in rows:
        row.verdict, row.detail = "", {}
        row.course = people_list.course or named.get(row.course_typed.strip())
        code = role_named(row.role_typed)
        row.role = None if code is None else roles.get(code or Role.STUDENT)
        row.address, row.verdict = _read_person(row)
        if not row.verdict and row.role is None:
            row.verdict = Verdict.BAD_ROLE
        if not row.verdict and people_list.course is None and not row.course_typed.strip():
            row.verdict = Verdict.NO_COURSE
    return {row.course.pk: row.course for row in rows if row.course is not None}


def person_of(row: ListRow) -> PersonTyped:
    """Return the person of a row that could be read."""
    return PersonTyped(email=row.address, first_name=row.first_name, last_name=row.last_name)


def _read_person(row: ListRow) -> tuple[str, str]:
    """Return the address and the verdict, "" if all can be read: by the fields of the form for one person."""
    try:
        address = ADDRESS.clean(row.email)
    except ValidationError:
        return "", Verdict.NO_ADDRESS
    for name in (row.first_name, row.last_name):
        try:
            NAME.clean(name)
        except ValidationError as invalid:
            is_missing = any(error.code == "required" for error in invalid.error_list)
            return address, Verdict.NO_NAME if is_missing else Verdict.BAD_NAME
    return address, ""


def _courses_named(names: set[str]) -> dict[str, Course]:
    """Return visible courses by what was typed: a short name, present or former, or else a name borne by one alone."""
    found = {name: course for name, course in find_courses(names).items() if course.is_visible}
    rest = {comparable(name): name for name in names - found.keys()}
    if not rest:
        return found
    visible = Course.objects.annotate(lowered_en=Lower("name_en"), lowered_fr=Lower("name_fr")).filter(is_visible=True)
    by_name: dict[str, set[Course]] = {}
    for course in visible.filter(Q(lowered_en__in=rest) | Q(lowered_fr__in=rest)):
        for name in {comparable(each) for each in (course.name_en, course.name_fr) if each} & rest.keys():
            by_name.setdefault(rest[name], set()).add(course)
    return found | {name: courses.pop() for name, courses in by_name.items() if len(courses) == 1}
