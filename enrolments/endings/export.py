"""Ends of an account's people as a file."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from django.db.models import QuerySet
from django.http import FileResponse
from django.utils.translation import gettext as _

from accounts.members.models import CustomerAccount
from common.paging import chunks
from common.sheets.answers import sheet_response
from common.sheets.tables import Cells, SheetKind
from enrolments.endings.selectors import endings
from enrolments.grounds.models import Ground

ROWS_A_CHUNK = 1000


def endings_file(
    account: CustomerAccount, grounds: QuerySet[Ground], *, by: str, kind: SheetKind, now: datetime.datetime
) -> FileResponse:
    """Answer with a row for each person in a course, the first to end first. Five statements for each thousand."""
    headings = (_("E-mail"), _("Name"), _("Course"), _("Access until"), _("Qualified until"))
    return sheet_response(_("who ends when"), kind, headings=headings, rows=_cells(account, grounds, by, now))


def _cells(account: CustomerAccount, grounds: QuerySet[Ground], by: str, now: datetime.datetime) -> Iterator[Cells]:
    for chunk in chunks(grounds, size=ROWS_A_CHUNK, by=by):
        for each in endings(account, chunk, now=now):
            person = each.person
            yield (
                person.email if person else "",
                person.name if person else "",
                each.course.name,
                each.ends_at,
                each.qualified_until,
            )
