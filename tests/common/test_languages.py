"""One text out of several languages, and one text in all of them."""

import pytest
from django.utils import translation
from django.utils.translation import gettext_lazy

from common.languages import in_every_language, in_reader_language


@pytest.mark.parametrize(
    ("language", "texts", "read"),
    [
        ("en", {"fr": "Cours", "en": "Course"}, "Course"),
        ("en-gb", {"fr": "Cours", "en": "Course"}, "Course"),
        ("en", {"fr": "Cours"}, "Cours"),
        ("en", {"fr": "Cours", "en": ""}, "Cours"),
        ("fr", {"fr": "", "en": "Course"}, "Course"),
        ("fr", {"fr": "", "de": "Kurs"}, "Kurs"),
        ("fr", {"fr": ""}, ""),
        ("fr", {}, ""),
    ],
)
def test_a_reader_gets_their_language_else_the_shops_else_any_that_is_not_blank(language, texts, read):
    with translation.override(language):
        assert in_reader_language(texts) == read


def test_a_lazy_text_is_told_in_every_language():
    with translation.override("en"):
        assert in_every_language(gettext_lazy("Needs attention")) == {"fr": "À examiner", "en": "Needs attention"}
