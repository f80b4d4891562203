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
        ("2026-03-02T00:00:00+01:00", "March 2, 2026", "March 1, 2026"),
        ("2026-03-30T00:00:00+02:00", "March 30, 2026", "March 29, 2026"),
        ("2026-03-02T09:00:00Z", "March 2, 2026, 10:00", "March 2, 2026, 10:00"),
    ],
)
def test_a_midnight_is_a_day(moment, start, end):
    with translation.override("en"):
        assert start_in_words(at(moment)) == start
        assert end_in_words(at(moment)) == end


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
        ("2026-03-02T09:00:00Z", "March 2, 2026, 10:00"),
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
    [("en", "This happened on March 2, 2026, 10:00."), ("fr", "2 mars 2026 à 10:00.")],
)
def test_a_moment_ends_a_sentence_with_one_full_stop(language, said):
    with translation.override(language):
        assert said in render_to_string("accounts/mails/security_notice.txt", {"at": "2026-03-02T09:00:00Z"})
