"""The list of courses a seat may be used for."""

import re

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from enrolments.courses.course_patterns import has_wildcard, like_expression, parse_patterns
from enrolments.courses.models import Course
from tests.factories.enrolments import CourseFactory


@pytest.mark.parametrize(
    ("course_list", "patterns"),
    [
        ("", ()),
        (" , ,", ()),
        ("SEC-1", ("SEC-1",)),
        (" SEC-1 ,, BUR-* ,SEC-1", ("SEC-1", "BUR-*")),
        ("MAN 1, a b ", ("MAN 1", "a b")),
        ("E\u0301TE", ("ÉTE",)),
    ],
)
def test_a_list_is_separated_by_commas_and_blanks_are_ignored(course_list, patterns):
    assert parse_patterns(course_list) == patterns


@pytest.mark.parametrize(("pattern", "wild"), [("SEC-*", True), ("%", True), ("SEC_1", False), ("SEC-1", False)])
def test_wildcards_are_known(pattern, wild):
    assert has_wildcard(pattern) is wild


MATCHES = [
    ("SEC-1", "SEC-1", True),
    ("sec-1", "SEC-1", True),
    ("ÉTÉ-*", "été-2026", True),
    ("SEC-1", "SEC-10", False),
    ("SEC-*", "SEC-", True),
    ("SEC-*", "SEC-10", True),
    ("SEC-%", "SEC-10", True),
    ("*-10", "SEC-10", True),
    ("S*1*", "SEC-10", True),
    ("*", "anything at all", True),
    ("SEC_1", "SEC_1", True),
    ("SEC_1", "SEC-1", False),
    ("SEC\\*", "SEC\\1", True),
    ("SEC\\_", "SEC_", False),
    ("SEC.*", "SECRET", False),
    ("S?C", "SEC", False),
    ("[a-z]*", "abc", False),
    ("A*B", "aXYb", True),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("course_list", "short_name", "matches"), MATCHES)
def test_a_pattern_covers(course_list, short_name, matches):
    course = CourseFactory(short_name=short_name)

    assert Course.objects.matching(course_list).filter(pk=course.pk).exists() is matches


@pytest.mark.django_db
def test_an_empty_list_covers_every_course():
    course = CourseFactory()

    assert list(Course.objects.matching(" , ")) == [course]


@pytest.mark.django_db
def test_former_names_count_and_a_course_is_found_once():
    course = CourseFactory(short_name="FIRE-2", former_names=["SEC-1", "SEC-2"])
    CourseFactory(short_name="BUR-1")

    assert list(Course.objects.matching("SEC-*")) == [course]
    assert list(Course.objects.matching("FIRE-*, SEC-*")) == [course]


name_characters = st.sampled_from("aAbB1-_. \\éÉ[](){}^$+?|")
pattern_characters = st.sampled_from("aAbB1-_. \\éÉ[](){}^$+?|*%")


class PatternAgainstName(TestCase):
    """A pattern must match the same names in Postgres as by the rule in Python, whatever characters are in it."""

    @given(st.text(pattern_characters, min_size=1, max_size=6), st.text(name_characters, min_size=1, max_size=6))
    def test_like_agrees_with_the_rule(self, pattern, name):
        rule = "".join(".*" if character in "*%" else re.escape(character.lower()) for character in pattern)
        with connection.cursor() as cursor:
            cursor.execute("SELECT lower(%s) LIKE lower(%s)", [name, like_expression(pattern)])
            [matches] = cursor.fetchone()

        assert matches is bool(re.fullmatch(rule, name.lower(), re.DOTALL))
