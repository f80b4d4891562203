"""The account area's lists of seats and sessions."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from accounts.members.current import AccountRequest, account_page
from accounts.members.parts import Part
from accounts.members.rights import Right
from common.languages import in_reader_language
from common.numbers import whole_number
from enrolments.courses.groups.models import CourseGroup
from enrolments.pages import page_of, query_string
from enrolments.people.selectors import typed_names
from enrolments.scope import seats_within, sessions_within, teams_within
from enrolments.seats.list_forms import SeatFilterForm
from enrolments.seats.selectors import last_moment, seat_choices, seat_counts, seats_of
from enrolments.sessions.selectors import session_rows, sessions_of

SEATS_A_PAGE = 50
SESSIONS_A_PAGE = 25


@require_safe
@account_page(Right.MANAGE_SEATS, Right.WORK_IN_PART)
def seats(request: AccountRequest) -> HttpResponse:
    """List the account's seats, by entry, course, state or session."""
    part = Part.of(request.membership)
    choices = seat_choices(request.account, part)
    teams = list(teams_within(request.account.teams.all(), part))
    form = SeatFilterForm(request.GET or None, among=choices, teams=teams)
    asked = form.cleaned_data if form.is_valid() else {}
    session = _session(request)
    listed = seats_of(
        request.account,
        state=asked.get("state", ""),
        entry_code=asked.get("entry", ""),
        course=asked.get("course"),
        session_id=session.pk if session else None,
        team=asked.get("team"),
    )
    page = page_of(request, seats_within(listed, request.account, part), SEATS_A_PAGE)
    names = typed_names(request.account, {seat.person_id for seat in page.rows if seat.person_id})
    context = {
        "account": request.account,
        "has_seats": bool(choices.entries) or part is not None,
        "is_whole": part is None,
        "form": form,
        "session": session,
        "page": page,
        "rows": [
            {
                "seat": seat,
                "entry_name": in_reader_language(seat.batch.entry_name),
                "person": names.get(seat.person_id or 0),
                "until": last_moment(seat),
            }
            for seat in page.rows
        ],
        "query_string": query_string(request, "state", "entry", "course", "team", "session"),
    }
    return render(request, "seats/seats.html", context)


@require_safe
@account_page(Right.MANAGE_SEATS, Right.WORK_IN_PART)
def counts(request: AccountRequest) -> HttpResponse:
    """Show the number of seats by entry and state: a page, or the part of the list that is fetched after it.

    Counting takes longer the more seats an account has; the list itself does not wait for it.
    """
    template = "seats/seat_counts.html" if request.htmx else "seats/seat_counts_page.html"
    counted = seat_counts(request.account, part=Part.of(request.membership), now=timezone.now())
    response = render(request, template, {"account": request.account, "counts": counted})
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_safe
@account_page(Right.MANAGE_SEATS, Right.WORK_IN_PART)
def sessions(request: AccountRequest) -> HttpResponse:
    """List the account's sessions: one per order and course."""
    page = page_of(request, sessions_within(sessions_of(request.account), Part.of(request.membership)), SESSIONS_A_PAGE)
    context = {"account": request.account, "page": page, "rows": session_rows(page.rows), "query_string": ""}
    return render(request, "sessions/sessions.html", context)


def _session(request: AccountRequest) -> CourseGroup | None:
    """Return the session the list is confined to, None without one. A session of another account answers 404."""
    asked = request.GET.get("session", "")
    if not asked:
        return None
    sessions = sessions_within(sessions_of(request.account), Part.of(request.membership))
    session = sessions.filter(pk=whole_number(asked) or 0).first()
    if session is None:
        raise Http404
    return session
