"""The check of translations finds the mistakes that a translator would have to find otherwise."""

from pathlib import Path

import pytest
from babel.messages.mofile import read_mo
from django.utils import translation

from handlers.translations import compile_translations
from project.translations import po_file
from project.translations.extraction import Text, texts_in

PYTHON = """
from django.utils.translation import gettext as _, ngettext, pgettext

def greet(count):
    return _("Good %(part)s"), ngettext("one seat", "%(count)d seats", count), pgettext("month", "May")
"""
TEMPLATE = """{% load i18n %}
  <p title="{% translate "A title" %}">
{% blocktranslate trimmed count counter=units %}
    One unit
  {% plural %}
    {{ counter }} units
{% endblocktranslate %}</p>
      {% translate "March" context "verb" %}
"""
TEXTS = {
    Text("Good %(part)s"),
    Text("one seat", "%(count)d seats"),
    Text("May", context="month"),
    Text("A title"),
    Text("One unit", "%(counter)s units"),
    Text("March", context="verb"),
}
FRENCH = r"""
msgid ""
msgstr "Content-Type: text/plain; charset=utf-8\n"

msgid "Good %(part)s"
msgstr "Bon %(part)s"

msgid "one seat"
msgid_plural "%(count)d seats"
msgstr[0] "un siège"
msgstr[1] "%(count)d sièges"

msgctxt "month"
msgid "May"
msgstr "mai"

msgid "A title"
msgstr "Un titre"

msgid "One unit"
msgid_plural "%(counter)s units"
msgstr[0] "Une unité"
msgstr[1] "%(counter)s unités"

msgctxt "verb"
msgid "March"
msgstr "Marchez"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "greeting.py").write_text(PYTHON)
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text(TEMPLATE)
    return tmp_path


def faults_of(tmp_path: Path, french: str, texts=TEXTS) -> list[str]:
    path = tmp_path / "django.po"
    path.write_text(french)
    return po_file.faults(po_file.read(path, "fr"), texts)


def test_strings_are_found_in_sources_and_templates(project):
    assert texts_in(project) == TEXTS


def test_a_complete_catalogue_has_no_faults(tmp_path):
    assert faults_of(tmp_path, FRENCH) == []


def test_a_planted_string_is_missing(tmp_path):
    assert faults_of(tmp_path, FRENCH, TEXTS | {Text("Planted")}) == ["missing: 'Planted'"]


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ('"Un titre"', '""', "missing: 'A title'"),
        ('msgid "A title"', '#, fuzzy\nmsgid "A title"', "fuzzy: 'A title'"),
        ('"Bon %(part)s"', '"Bon %(partie)s"', "other placeholders (part, partie): 'Good %(part)s'"),
        ('"%(count)d sièges"', '""', "plural forms incomplete: 'one seat'"),
        ('"%(count)d sièges"', '"des sièges"', "other placeholders (count): 'one seat'"),
        ('msgctxt "verb"\n', "", "missing: 'March' (context 'verb')"),
    ],
)
def test_what_is_wrong_with_a_translation_is_said(tmp_path, before, after, fault):
    assert before in FRENCH

    assert fault in faults_of(tmp_path, FRENCH.replace(before, after))


def test_a_translation_without_source_is_stale(tmp_path):
    found = faults_of(tmp_path, FRENCH, TEXTS - {Text("A title")})

    assert found == ["stale (no source has it any more): 'A title'"]


def test_an_update_keeps_translations_adds_new_strings_and_drops_stale_ones(tmp_path):
    path = tmp_path / "django.po"
    path.write_text(FRENCH)
    texts = TEXTS - {Text("A title")} | {Text("New")}

    po_file.write(po_file.updated(po_file.read(path, "fr"), texts, "fr"), path)

    assert po_file.faults(po_file.read(path, "fr"), texts) == ["missing: 'New'"]


def test_a_second_update_changes_nothing(tmp_path):
    path = tmp_path / "django.po"
    path.write_text(FRENCH)
    po_file.write(po_file.updated(po_file.read(path, "fr"), TEXTS, "fr"), path)
    first = path.read_text()

    po_file.write(po_file.updated(po_file.read(path, "fr"), TEXTS, "fr"), path)

    assert path.read_text() == first


def test_a_catalogue_is_compiled_once(tmp_path):
    folder = tmp_path / "fr" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_text(FRENCH)

    first, second = compile_translations(tmp_path), compile_translations(tmp_path)

    assert (first, second) == ([folder / "django.po"], [])
    with open(folder / "django.mo", "rb") as file:
        assert read_mo(file).get("A title").string == "Un titre"


def test_a_process_that_read_a_language_before_reads_what_was_compiled_since(tmp_path, settings):
    source = tmp_path / "fr" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    source.write_text(FRENCH)
    settings.LOCALE_PATHS = [tmp_path]
    with translation.override("fr"):
        assert translation.gettext("A title") == "A title"

    compile_translations(tmp_path)

    with translation.override("fr"):
        assert translation.gettext("A title") == "Un titre"
