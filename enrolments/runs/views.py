"""Acts on many seats at the operator's desk: how far they are, and what became of each seat."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from accounts.members.current import AccountRequest, account_page
from accounts.members.history.services import note_download
from accounts.members.parts import Part
from accounts.members.rights import Right
from common.numbers import whole_number
from common.sheets.tables import SheetKind
from enrolments.pages import page_of
from enrolments.people.selectors import PersonRow
from enrolments.runs.models import Run, RunRow
from enrolments.runs.results import result_file
from enrolments.runs.selectors import counts_of, names_in, rows_of, runs_of
from enrolments.seats.many_rows import ManyRow
from enrolments.seats.targets import name_of

RUNS_A_PAGE = 25
ROWS_A_PAGE = 100


@require_safe
@account_page(Right.MANAGE_SEATS, Right.WORK_IN_PART)
def runs(request: AccountRequest) -> HttpResponse:
    """List the account's acts on many seats that jobs did, the newest first."""
    page = page_of(request, runs_of(request.account, request.membership), RUNS_A_PAGE)
    return render(request, "runs/runs.html", {"account": request.account, "page": page, "query_string": ""})


@require_safe
@account_page(Right.MANAGE_SEATS, Right.WORK_IN_PART)
def run(request: AccountRequest, run_id: int) -> HttpResponse:
    """Show an act: how far it is, or what became of each seat and person."""
    found = _find(request, run_id)
    only_left = request.GET.get("show") == "left"
    after = whole_number(request.GET.get("after", "")) or 0
    rows = list(rows_of(found, only_left=only_left, after=after)[: ROWS_A_PAGE + 1])
    has_more, rows = len(rows) > ROWS_A_PAGE, rows[:ROWS_A_PAGE]
    names = names_in(found, rows, Part.of(request.membership))
    context = {
        "account": request.account,
        "run": found,
        "to": name_of(found.to) if found.to is not None else "",
        "counts": counts_of(found),
        "is_moving": found.state == Run.State.RUNNING,
        "rows": [_shown(row, names) for row in rows],
        "only_left": only_left,
        "after": after,
        "next": rows[-1].position if has_more else None,
    }
    return render(request, "runs/run.html", context)


@require_safe
@account_page(Right.MANAGE_SEATS, Right.WORK_IN_PART)
def state(request: AccountRequest, run_id: int) -> HttpResponse:
    """Return the progress of an act, for the script that polls; the whole page is loaded anew when it is over."""
    found = _find(request, run_id)
    is_moving = found.state == Run.State.RUNNING
    context = {"account": request.account, "run": found, "counts": counts_of(found), "is_moving": is_moving}
    response = render(request, "runs/progress.html", context)
    if not is_moving:
        response["HX-Refresh"] = "true"
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_safe
@account_page(Right.MANAGE_SEATS, Right.WORK_IN_PART)
def result(request: AccountRequest, run_id: int, kind: str) -> HttpResponseBase:
    """Download an act with what becomes, or became, of each seat and person."""
    found = _find(request, run_id)
    note_download(account_id=request.account.pk, actor=request.user, file="result of an act", now=timezone.now())
    return result_file(found, SheetKind(kind), Part.of(request.membership))


def _shown(row: RunRow, names: Mapping[int, PersonRow]) -> ManyRow:
    is_done = row.step == RunRow.Step.DONE
    return ManyRow(
        person_id=row.person_id,
        person=names.get(row.person_id or 0),
        seat_id=row.seat_id,
        course=row.course,
        step=row.step,
        said=row.run.done_label if is_done else row.get_step_display(),
        why=row.get_why_display(),
        to_seat_id=row.to_seat_id if row.to_seat_id != row.seat_id else None,
    )


def _find(request: AccountRequest, run_id: int) -> Run:
    found = runs_of(request.account, request.membership).filter(pk=run_id).first()
    if found is None:
        raise Http404
    return found
