"""People of an account as a file."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from django.db.models import QuerySet
from django.http import FileResponse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.members.models import CustomerAccount
from accounts.members.parts import Part
from accounts.people.delegation.models import Delegation
from common.paging import chunks
from common.sheets.answers import sheet_response
from common.sheets.tables import Cells, SheetKind
from enrolments.people.listed import full_rows
from enrolments.people.selectors import PersonRow
from enrolments.people.states import MailState

ROWS_A_CHUNK = 1000


def people_file(
    account: CustomerAccount,
    people: QuerySet[Delegation],
    kind: SheetKind,
    now: datetime.datetime,
    *,
    part: Part | None = None,
) -> FileResponse:
    """Answer with a row for each person, newest first, with their courses within a part. Five statements for
    each thousand."""
    headings = (
        _("E-mail"), _("First name"), _("Last name"), pgettext("of an account", "Team"),
        pgettext("of a person", "State"), _("Courses"),
        _("Last mail"), pgettext("to a person", "Mail"), pgettext("of an invitation", "Accepted"),
        pgettext("of a person in a course", "Began"),
    )  # fmt: skip
    return sheet_response(_("people"), kind, headings=headings, rows=_cells(account, people, now, part))


def _cells(
    account: CustomerAccount, people: QuerySet[Delegation], now: datetime.datetime, part: Part | None
) -> Iterator[Cells]:
    for chunk in chunks(people, size=ROWS_A_CHUNK):
        for delegation, row in zip(chunk, full_rows(account, chunk, now, part=part), strict=True):
            yield _row(delegation, row)


def _row(delegation: Delegation, row: PersonRow) -> Cells:
    known = row.onboarding
    mail = MailState(known.mail_state) if known and known.mail_state else MailState.NONE
    return (
        row.email,
        delegation.first_name,
        delegation.last_name,
        row.team,
        row.state.label if row.state else "",
        ", ".join(dict.fromkeys(ground.enrolment.course.name for ground in row.grounds)),
        known.mailed_at if known else None,
        mail.label,
        known.accepted_at if known else None,
        known.entered_at if known else None,
    )
