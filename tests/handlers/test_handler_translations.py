"""Handlers' own translations add words to the shop's and change none."""

import pytest
from django.utils import translation
from django.utils.translation import gettext, trans_real

from handlers.translations import add_translations

FRENCH = """
msgid ""
msgstr "Content-Type: text/plain; charset=utf-8\\n"

msgid "A word of one handler alone"
msgstr "Un mot d’un seul gestionnaire"

msgid "Course"
msgstr "Plat"
"""


@pytest.fixture
def locale(tmp_path, settings):
    settings.LOCALE_PATHS = list(settings.LOCALE_PATHS)
    folder = tmp_path / "locale" / "fr" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    yield tmp_path / "locale"
    trans_real._translations.clear()


def write(locale, text):
    (locale / "fr" / "LC_MESSAGES" / "django.po").write_text(text)


def test_words_of_a_handler_are_compiled_and_found_and_the_shop_s_own_stay(locale, settings):
    write(locale, FRENCH)

    assert add_translations([locale]) == {}
    assert add_translations([locale]) == {}

    assert settings.LOCALE_PATHS.count(locale) == 1
    with translation.override("fr"):
        assert gettext("A word of one handler alone") == "Un mot d’un seul gestionnaire"
        assert gettext("Course") == "Cours"


@pytest.mark.parametrize("name", ["django.po", "django.mo"])
def test_a_broken_catalogue_is_reported_and_left_out(locale, settings, name):
    (locale / "fr" / "LC_MESSAGES" / name).write_bytes(b"\xff\xfe no catalogue")

    assert list(add_translations([locale])) == [locale]
    assert locale not in settings.LOCALE_PATHS


def test_compiled_words_are_used_where_nothing_can_be_written(locale, settings, monkeypatch):
    def refuse(locale):
        raise PermissionError

    monkeypatch.setattr("handlers.translations.compile_translations", refuse)
    assert add_translations([locale]) == {}
    assert locale in settings.LOCALE_PATHS
