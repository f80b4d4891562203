"""One session at the operator's desk: its people and the seats still to fill."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.members.current import AccountRequest, account_page
from accounts.members.parts import Part
from accounts.members.rights import Right
from enrolments.pages import page_of
from enrolments.people.onboarding import expired_invitations
from enrolments.people.selectors import typed_names
from enrolments.seats.desk import find_session
from enrolments.seats.models import SeatState
from enrolments.seats.selectors import seats_of
from enrolments.sessions.selectors import session_rows

SEATS_A_PAGE = 50


@require_safe
@account_page(Right.MANAGE_SEATS, Right.WORK_IN_PART)
def session(request: AccountRequest, session_id: int) -> HttpResponse:
    """Show a session's course, dates and group, and its seats one by one."""
    group = find_session(request.account, session_id, part=Part.of(request.membership))
    if group is None:
        raise Http404
    [counts] = session_rows([group])
    page = page_of(request, seats_of(request.account, session_id=group.pk), SEATS_A_PAGE)
    waiting = {seat.person_id for seat in page.rows if seat.person_id and seat.state == SeatState.ASSIGNED}
    expired = expired_invitations(request.account, waiting, now=timezone.now())
    names = typed_names(request.account, {seat.person_id for seat in page.rows if seat.person_id})
    context = {
        "account": request.account,
        "group": group,
        "course": group.course,
        "counts": counts,
        "page": page,
        "rows": [
            {
                "seat": seat,
                "person": names.get(seat.person_id or 0),
                "invitation_expired_at": expired.get(seat.person_id or 0) if seat.person_id in waiting else None,
            }
            for seat in page.rows
        ],
        "query_string": "",
    }
    return render(request, "sessions/session.html", context)
