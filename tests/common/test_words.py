"""Beginnings and ends as people say them."""

import pytest
from django.template import Context, Template
from django.template.loader import render_to_string
from django.utils import translation

from common.words import end_in_words, start_in_words
from tests.enrolments.given import at


@pytest.mark.parametrize(
    ("moment", "start", "end"),
    [
        ("2026-03-02T00:00:00+01:00", "2 March 2026", "1 March 2026"),
        ("2026-03-30T00:00:00+02:00", "30 March 2026", "29 March 2026"),
        ("2026-03-02T09:00:00Z", "2 March 2026, 10:00", "2 March 2026, 10:00"),
    ],
)
def test_a_midnight_is_a_day(moment, start, end):
    with translation.override("en"):
        assert start_in_words(at(moment)) == start
        assert end_in_words(at(moment)) == end


def test_the_first_of_a_month_is_written_as_people_say_it():
    first, second = at("2026-03-01T12:00:00Z"), at("2026-03-02T12:00:00Z")
    written = Template(
        "{{ day|date:'DATE_FORMAT' }} · {{ day|date:'DATETIME_FORMAT' }} · {{ day|date:'MONTH_DAY_FORMAT' }}"
    )

    with translation.override("fr"):
        assert written.render(Context({"day": first})) == "1er mars 2026 · 1er mars 2026 à 13:00 · 1er mars"
        assert written.render(Context({"day": second})) == "2 mars 2026 · 2 mars 2026 à 13:00 · 2 mars"
    with translation.override("en"):
        assert written.render(Context({"day": first})) == "1 March 2026 · 1 March 2026, 13:00 · 1 March"
        assert Template("{{ day|date:'jS' }} {{ day|time }}").render(Context({"day": first})) == "1st 13:00"


@pytest.mark.parametrize("moment", [at("2026-03-30T00:00:00+02:00"), "2026-03-29T22:00:00Z"])
def test_templates_take_moments_and_what_mails_store(moment):
    template = Template(
        "{% load periods %}{{ moment|start }} · {{ moment|end }} · {{ moment|last_day }} · {{ no|end }}"
    )

    with translation.override("fr"):
        assert template.render(Context({"moment": moment, "no": None})) == "30 mars 2026 · 29 mars 2026 · 29/03/2026 · "


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2026-03-02T09:00:00Z", "2 March 2026, 10:00"),
        ("2026-03-02", ""),
        ("2026-13-02", ""),
        ("nonsense", ""),
        (None, ""),
    ],
)
def test_a_moment_of_a_mail_is_written_and_anything_else_is_nothing(text, written):
    with translation.override("en"):
        assert Template("{% load periods %}{{ at|moment }}").render(Context({"at": text})) == written


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "This happened on 2 March 2026, 10:00."), ("fr", "2 mars 2026 à 10:00.")],
)
def test_a_moment_ends_a_sentence_with_one_full_stop(language, said):
    with translation.override(language):
        assert said in render_to_string("accounts/mails/security_notice.txt", {"at": "2026-03-02T09:00:00Z"})
