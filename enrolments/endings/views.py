"""Pages of the account area about who ends when."""

from __future__ import annotations

import datetime

from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.members.current import AccountRequest, account_page
from accounts.members.history.services import note_download
from accounts.members.parts import Part
from accounts.members.rights import Right
from common.numbers import whole_number
from common.paging import sorted_page
from common.sheets.tables import SheetKind
from enrolments.endings.export import endings_file
from enrolments.endings.forms import EndingsForm, Ends
from enrolments.endings.renewals import renewal_of
from enrolments.endings.selectors import access_ending, endings, in_course, of_part, qualification_ending, within
from enrolments.grounds.models import Ground
from enrolments.pages import query_string
from enrolments.scope import courses_within
from enrolments.seats.selectors import courses_used

ENDINGS_A_PAGE = 50
FILTERS = ("what", "when", "course")


@require_safe
@account_page(Right.MANAGE_PEOPLE, Right.WORK_IN_PART)
def account_endings(request: AccountRequest) -> HttpResponse:
    """List the account's people in courses, the first to end first."""
    now = timezone.now()
    form, every, chosen, by = _chosen(request, now)
    page = sorted_page(
        chosen,
        by=by,
        among=every,
        size=ENDINGS_A_PAGE,
        after=whole_number(request.GET.get("older", "")),
        before=whole_number(request.GET.get("newer", "")),
    )
    rows = endings(request.account, page.rows, now=now)
    context = {
        "account": request.account,
        "form": form,
        "page": page,
        "rows": rows,
        "query_string": query_string(request, *FILTERS),
        "renewal": renewal_of(request) if any(row.can_be_extended for row in rows) else None,
        "today": timezone.localdate(),
        "now": now,
    }
    return render(request, "endings/endings.html", context)


@require_safe
@account_page(Right.MANAGE_PEOPLE, Right.WORK_IN_PART)
def export(request: AccountRequest, kind: str) -> HttpResponseBase:
    """Download those whom the filters of the list choose."""
    now = timezone.now()
    _form, _every, chosen, by = _chosen(request, now)
    note_download(account_id=request.account.pk, actor=request.user, file="endings", now=now)
    return endings_file(request.account, chosen, by=by, kind=SheetKind(kind), now=now)


def _chosen(
    request: AccountRequest, now: datetime.datetime
) -> tuple[EndingsForm, QuerySet[Ground], QuerySet[Ground], str]:
    """Return the form of the filters, everybody of the list, those chosen, and the column of their order."""
    part = Part.of(request.membership)
    form = EndingsForm(request.GET or None, courses=courses_within(courses_used(request.account), part))
    asked = form.cleaned_data if form.is_valid() else {}
    is_about_access = asked.get("what", "") == Ends.ACCESS
    ending = access_ending if is_about_access else qualification_ending
    every = of_part(ending(request.account, now=now), request.account, part, now=now)
    by = "ends_at" if is_about_access else "qualified_until"
    chosen = within(every, by=by, when=asked.get("when", ""), now=now)
    return form, every, in_course(chosen, asked.get("course")), by
