"""An act on many seats as a file: each seat and person with what became of them."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import FileResponse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.members.parts import Part
from common.sheets.answers import sheet_response
from common.sheets.tables import Cells, SheetKind
from enrolments.runs.models import Run
from enrolments.runs.selectors import names_in, rows_of


def result_file(run: Run, kind: SheetKind, part: Part | None = None) -> FileResponse:
    """Answer with all rows of a run, and the names that a reader limited to a part may see. Four statements at most."""
    headings = (
        _("Name"), _("E-mail"), _("Seat"), _("Course"), _("What happened"), _("Why"),
        pgettext("of a person moved", "New seat"),
    )  # fmt: skip
    return sheet_response(_("seats"), kind, headings=headings, rows=_cells(run, part))


def _cells(run: Run, part: Part | None) -> Iterator[Cells]:
    rows = list(rows_of(run))
    names = names_in(run, rows, part)
    for row in rows:
        person = names.get(row.person_id or 0)
        yield (
            person.name if person else "",
            person.email if person else "",
            row.seat_id,
            row.course.name if row.course is not None else "",
            str(row.get_step_display()),
            str(row.get_why_display()) if row.why else "",
            row.to_seat_id,
        )
