"""The template of a list is read by the reader of lists, in each language and format."""

import pytest
from django.conf import settings
from django.utils.translation import override

from common.sheets.reading import read_file
from common.sheets.tables import SheetKind
from common.sheets.writing import write_sheet
from enrolments.lists.columns import columns_of
from enrolments.lists.reading import language_named, read_people, role_named
from enrolments.lists.template import template_of


@pytest.mark.parametrize("kind", SheetKind)
@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
def test_is_read_as_it_is_downloaded(language, kind):
    headings, rows = template_of(language)
    with override(language), write_sheet(kind, headings=headings, rows=rows) as file:
        table = read_file(file.read())

    columns = columns_of(table)
    people = read_people(table, columns)

    assert sorted(columns.fields.values()) == sorted(
        ("email", "first_name", "last_name", "course", "role", "language", "team")
    )
    assert (columns.unknown, columns.repeated) == ((), ())
    assert [person.email for person in people] == [row[0] for row in rows]
    assert [role_named(person.role) for person in people] == ["student", "tutor"]
    assert {language_named(person.language) for person in people} == {"en", "fr"}
    assert not any(person.surplus for person in people)
