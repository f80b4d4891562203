"""Moving one person to another course or session."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.members.current import AccountRequest, account_page
from accounts.members.parts import Part
from accounts.members.rights import Right
from accounts.members.trust import count_mails_before_payment
from accounts.rate_limits.services import TooOften
from common.refusals import Refused
from enrolments.people.selectors import typed_addresses, typed_names
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.forms import MoveForm
from enrolments.seats.models import Seat, SeatState
from enrolments.seats.move import move_seat
from enrolments.seats.move_terms import too_late_to_move
from enrolments.seats.moves import SeatMoved, SeatNotFound, state_shown
from enrolments.seats.selectors import Grounds
from enrolments.seats.targets import Targets, name_of, targets_of
from enrolments.seats.views import facts_of, seat_or_404

if TYPE_CHECKING:
    import datetime

    from django_stubs_ext import WithAnnotations


@account_page(Right.MANAGE_SEATS, Right.WORK_IN_PART)
@require_http_methods(["GET", "HEAD", "POST"])
def move(request: AccountRequest, seat_id: int) -> HttpResponse:
    """Ask where a person is to be moved; posting the answer does it."""
    now = timezone.now()
    shown = seat_or_404(request, seat_id)
    targets = _targets(request, shown, now)
    if request.method != "POST":
        if shown.state != SeatState.ASSIGNED:
            return redirect("account-seat", request.account.pk, shown.pk)
        form = MoveForm(initial={"seen": state_shown(shown)}, account=request.account, targets=targets)
        return _page(request, shown, form, targets)
    form = MoveForm(request.POST, account=request.account, targets=targets)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if form.is_valid():
        to = form.cleaned_data["to"]
        try:
            people = {shown.person_id} if shown.person_id is not None else set()
            count_mails_before_payment(request, typed_addresses(request.account, people), now=now)
            moved = move_seat(
                account=request.account,
                seat_id=shown.pk,
                to=to,
                actor=request.user,
                language=get_language() or "",
                now=now,
                reason=form.cleaned_data["reason"],
                seen=form.cleaned_data["seen"],
            )
        except SeatNotFound:
            raise Http404 from None
        except SeatMoved as refused:
            # Target and reason stay, beside the state that the page shows now.
            shown = seat_or_404(request, seat_id)
            posted = request.POST.dict() | {"seen": state_shown(shown)}
            form = MoveForm(posted, account=request.account, targets=_targets(request, shown, now))
            form.full_clean()
            form.add_error(None, str(refused.message))
            status = HTTPStatus.CONFLICT
        except TooOften as refused:
            form.add_error(None, str(refused))
            status = HTTPStatus.TOO_MANY_REQUESTS
        except Refused as refused:
            form.add_error("to", str(refused.message))
        else:
            messages.success(request, _("Moved: %(target)s. A mail is on its way.") % {"target": name_of(to)})
            return redirect("account-seat", request.account.pk, moved.pk)
    return _page(request, shown, form, targets, status=status)


def _targets(request: AccountRequest, shown: Seat, now: datetime.datetime) -> Targets:
    """Return where the person on a seat may be moved: nowhere that they are already."""
    is_pack = shown.batch.source == SeatBatch.Source.PACK
    found = targets_of(
        request.account,
        course_lists={shown.batch.course_list} if is_pack else (),
        course_ids={shown.course_id} if shown.course_id is not None else (),
        part=Part.of(request.membership),
        now=now,
    )
    return Targets(
        [course for course in found.courses if course.pk != shown.course_id],
        [session for session in found.sessions if session.pk != shown.batch.group_id],
        found.part,
    )


def _page(
    request: AccountRequest,
    shown: WithAnnotations[Seat, Grounds],
    form: MoveForm,
    targets: Targets,
    *,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    names = typed_names(request.account, {shown.person_id} if shown.person_id else set())
    context = facts_of(request, shown, names) | {
        "form": form,
        "has_targets": bool(targets) or form.is_bound,
        "is_assigned": shown.state == SeatState.ASSIGNED,
        "too_late": too_late_to_move(shown, timezone.now()),
    }
    return render(request, "seats/seat_move.html", context, status=status)
