"""A list as a file: each row as typed, with what becomes, or became, of it."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import FileResponse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from common.sheets.answers import sheet_response
from common.sheets.tables import SheetKind
from common.sheets.writing import Cells
from enrolments.lists.models import PeopleList
from enrolments.lists.selectors import mails_in_words, rows_of, verdict_in_words


def result_file(people_list: PeopleList, kind: SheetKind) -> FileResponse:
    """Answer with all rows of a list. Two statements."""
    headings = (
        _("Line"), _("E-mail"), _("First name"), _("Last name"), _("Course"),
        pgettext("of a person in a course", "Role"), _("Language"), pgettext("of an account", "Team"),
        _("What happened"), _("Why"), _("Seat"),
        pgettext("to a person", "Mail"),
    )  # fmt: skip
    return sheet_response(_("list of people"), kind, headings=headings, rows=_cells(people_list))


def _cells(people_list: PeopleList) -> Iterator[Cells]:
    rows = list(rows_of(people_list))
    mails = mails_in_words(people_list, rows)
    for row in rows:
        yield (
            row.line,
            row.email,
            row.first_name,
            row.last_name,
            row.course.name if row.course is not None else row.course_typed,
            str(row.role) if row.role is not None else row.role_typed,
            row.language_typed,
            row.team_typed,
            str(row.get_step_display()),
            verdict_in_words(row),
            row.seat_id,
            mails.get(row.line, ""),
        )
