"""Rows of a list as typed, brought into the form in which the rules look at them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.db.models.functions import Lower

from accounts.people.services import PersonTyped
from accounts.teams.models import Team
from common.fields import AddressField, NameField
from common.languages import field_in_every_language
from common.search import normalise
from enrolments.courses.models import Course
from enrolments.courses.roles.models import Role
from enrolments.courses.services import comparable, find_courses
from enrolments.lists.columns import plain_heading
from enrolments.lists.models import ListRow, PeopleList
from enrolments.lists.reading import has_two_addresses, language_named, role_named
from enrolments.lists.verdicts import Verdict

# Verdicts on what is typed alone: nothing but another text changes them.
NOT_READ = frozenset(
    {
        Verdict.NO_ADDRESS, Verdict.TWO_ADDRESSES, Verdict.NO_NAME, Verdict.BAD_NAME, Verdict.NO_COURSE,
        Verdict.BAD_ROLE, Verdict.BAD_LANGUAGE, Verdict.BAD_TEAM,
    }
)  # fmt: skip

ADDRESS, NAME = AddressField(), NameField()


def read_rows(people_list: PeopleList, rows: Sequence[ListRow]) -> dict[int, Course]:
    """Write address, course and role of each row as far as they can be read, and the verdict where one cannot.

    Returns the courses, by key. Five statements at most, whatever the number of rows.
    """
    roles = {role.code: role for role in Role.objects.all()}
    shown = _codes_shown(roles.values())
    teams = teams_named(people_list.account_id, rows)
    named: Mapping[str, Course] = {}
    if people_list.course is None:
        named = _courses_named({row.course_typed.strip() for row in rows} - {""})
    for row in rows:
        row.verdict, row.detail = "", {}
        row.course = people_list.course or named.get(row.course_typed.strip())
        code = role_named(row.role_typed, shown)
        row.role = None if code is None else roles.get(code or Role.STUDENT)
        row.address, row.verdict = _read_person(row)
        if not row.verdict and row.role is None:
            names = [field_in_every_language(roles[code], "name") for code in (Role.STUDENT, Role.TUTOR)]
            row.verdict, row.detail = Verdict.BAD_ROLE, {"roles": names}
        if not row.verdict and language_named(row.language_typed) is None:
            row.verdict = Verdict.BAD_LANGUAGE
        if not row.verdict and row.team_typed and team_of_row(row, teams) is None:
            row.verdict = Verdict.BAD_TEAM
        if not row.verdict and people_list.course is None and not row.course_typed.strip():
            row.verdict = Verdict.NO_COURSE
    return {row.course.pk: row.course for row in rows if row.course is not None}


def person_of(row: ListRow) -> PersonTyped:
    """Return the person of a row that could be read."""
    language = language_named(row.language_typed) or ""
    return PersonTyped(email=row.address, first_name=row.first_name, last_name=row.last_name, language=language)


def teams_named(account_id: int, rows: Iterable[ListRow]) -> dict[str, Team]:
    """Return the teams of an account by their name for comparison. One statement, none where no row names a team."""
    names = {normalise(row.team_typed) for row in rows if row.team_typed}
    teams = Team.objects.filter(account=account_id, sort_name__in=names)
    return {team.sort_name: team for team in teams} if names else {}


def team_of_row(row: ListRow, teams: Mapping[str, Team]) -> Team | None:
    """Return the team that a row names, of `teams_named`."""
    return teams.get(normalise(row.team_typed)) if row.team_typed else None


def _codes_shown(roles: Iterable[Role]) -> dict[str, str]:
    """Return the codes of roles by their codes and by the names that the merchant gave them, in the form in which cells
    are compared. Of a word for several roles, the name of a standing one counts."""
    by_word = {plain_heading(role.code): role.code for role in roles}
    for role in sorted(roles, key=lambda role: role.code in (Role.STUDENT, Role.TUTOR)):
        by_word |= {plain_heading(name): role.code for name in field_in_every_language(role, "name").values() if name}
    return by_word


def _read_person(row: ListRow) -> tuple[str, str]:
    """Return the address and the verdict, "" if all can be read: by the fields of the form for one person."""
    if has_two_addresses(row.email):
        return "", Verdict.TWO_ADDRESSES
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
