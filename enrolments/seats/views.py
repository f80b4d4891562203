"""One seat at the operator's desk: assigning it, taking it back, and its history."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
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
from accounts.members.trust import count_address, count_mails_before_payment, typed_often
from accounts.rate_limits.services import TooOften
from common.languages import in_reader_language
from common.refusals import Refused
from common.words import end_in_words
from enrolments.courses.models import Course
from enrolments.courses.places.services import CourseClosed, CourseFull, CourseOver
from enrolments.pages import page_of
from enrolments.people.onboarding import expired_invitations
from enrolments.people.selectors import PersonRow, people_of, typed_names
from enrolments.scope import people_within
from enrolments.seats.assign import AlreadyInSession, Assignment, assign_seat
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.desk import find_seat, is_attached, move_rows, moves_of, next_free_seat, was_assigned
from enrolments.seats.forms import AssignForm, ReleaseForm
from enrolments.seats.models import Seat, SeatState
from enrolments.seats.move_terms import last_day_to_move
from enrolments.seats.moves import SeatMoved, SeatNotFound, state_shown
from enrolments.seats.placing import CourseNotAllowed, WrongRole
from enrolments.seats.release import release_seat
from enrolments.seats.selectors import Grounds, last_moment

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

MOVES_A_PAGE = 20


@account_page(Right.MANAGE_SEATS, Right.WORK_IN_PART)
@require_http_methods(["GET", "HEAD", "POST"])
def seat(request: AccountRequest, seat_id: int) -> HttpResponse:
    """Show one seat with its history; posting the form assigns it."""
    now, part = timezone.now(), Part.of(request.membership)
    shown = seat_or_404(request, seat_id)
    if request.method != "POST":
        form = AssignForm(seat=shown, now=now, part=part) if _is_free(shown, now) else None
        return _seat_page(request, shown, form, now=now)
    form = AssignForm(request.POST, seat=shown, now=now, part=part)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if form.is_valid():
        is_known = is_attached(request.account, form.cleaned_data["email"], part=part)
        try:
            count_address(request, form.cleaned_data["email"], now=now, takes_new_seat=not was_assigned(shown))
            count_mails_before_payment(request, [form.cleaned_data["email"]], now=now)
            assignment = assign_seat(
                account=request.account,
                seat_id=shown.pk,
                course=form.chosen_course(),
                person=form.typed(),
                operator=request.user,
                language=get_language() or "",
                now=now,
                role=form.chosen_role(),
            )
        except SeatNotFound:
            raise Http404 from None
        except TooOften as refused:
            form.add_error(None, typed_often(refused))
            status = HTTPStatus.TOO_MANY_REQUESTS
        except Refused as refused:
            form.add_error(_field_of(refused, form), str(refused.message))
            status = HTTPStatus.CONFLICT if isinstance(refused, SeatMoved) else status
            shown = seat_or_404(request, seat_id)
        else:
            _tell(request, form, assignment, form.chosen_course(), is_known=is_known)
            return redirect("account-seat", request.account.pk, shown.pk)
    return _seat_page(request, shown, form, now=now, status=status)


@account_page(Right.MANAGE_SEATS, Right.WORK_IN_PART)
@require_http_methods(["GET", "HEAD", "POST"])
def release(request: AccountRequest, seat_id: int) -> HttpResponse:
    """Ask whether a person is to be taken off a seat; posting the answer does it."""
    shown = seat_or_404(request, seat_id)
    if request.method != "POST":
        if shown.state != SeatState.ASSIGNED:
            return redirect("account-seat", request.account.pk, shown.pk)
        return _release_page(request, shown, ReleaseForm(initial={"seen": state_shown(shown)}))
    form = ReleaseForm(request.POST)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if form.is_valid():
        try:
            release_seat(
                account=request.account,
                seat_id=shown.pk,
                actor=request.user,
                now=timezone.now(),
                reason=form.cleaned_data["reason"],
                seen=form.cleaned_data["seen"],
            )
        except SeatNotFound:
            raise Http404 from None
        except SeatMoved as refused:
            # The reason typed stays, beside the state that the page shows now.
            shown = seat_or_404(request, seat_id)
            form = ReleaseForm(request.POST.dict() | {"seen": state_shown(shown)})
            form.full_clean()
            form.add_error(None, str(refused.message))
            status = HTTPStatus.CONFLICT
        else:
            messages.success(request, _("The seat is free again."))
            return redirect("account-seat", request.account.pk, shown.pk)
    return _release_page(request, shown, form, status=status)


def seat_or_404(request: AccountRequest, seat_id: int) -> WithAnnotations[Seat, Grounds]:
    """Return a seat of the account with the data of its page."""
    found = find_seat(request.account, seat_id, part=Part.of(request.membership))
    if found is None:
        raise Http404
    return found


def _is_free(shown: Seat, now: datetime.datetime) -> bool:
    is_available = shown.state == SeatState.AVAILABLE and shown.people_list_id is None
    return is_available or shown.is_lapsed_at(now)


def _seat_page(
    request: AccountRequest,
    shown: WithAnnotations[Seat, Grounds],
    form: AssignForm | None,
    *,
    now: datetime.datetime,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    history = page_of(request, moves_of(shown), MOVES_A_PAGE)
    is_free = _is_free(shown, now)
    valid_until = shown.assignable_until
    ids = (shown.person_id, *(event.person_id for event in history.rows))
    people = {person_id for person_id in ids if person_id is not None}
    part = Part.of(request.membership)
    if part is not None:
        # Whoever had the seat before may be beyond the operator's part.
        within = people_within(people_of(request.account), request.account, part)
        people &= set(within.filter(person__in=people).values_list("person_id", flat=True))
    names = typed_names(request.account, people)
    context = facts_of(request, shown, names) | {
        "form": form,
        "is_free": is_free,
        "is_over": valid_until is not None and valid_until <= now,
        "other_seat": None if is_free else next_free_seat(shown, now, part=part),
        "page": history,
        "moves": move_rows(request.account, history.rows, names),
        "query_string": "",
    }
    return render(request, "seats/seat.html", context, status=status)


def _release_page(
    request: AccountRequest,
    shown: WithAnnotations[Seat, Grounds],
    form: ReleaseForm,
    *,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    names = typed_names(request.account, {shown.person_id} if shown.person_id else set())
    context = facts_of(request, shown, names) | {"form": form, "is_assigned": shown.state == SeatState.ASSIGNED}
    return render(request, "seats/seat_release.html", context, status=status)


def facts_of(
    request: AccountRequest, shown: WithAnnotations[Seat, Grounds], names: Mapping[int, PersonRow]
) -> dict[str, object]:
    """Return what each page about one seat says of it."""
    return {
        "account": request.account,
        "seat": shown,
        "entry_name": in_reader_language(shown.batch.entry_name),
        "is_session": shown.batch.source == SeatBatch.Source.SESSION,
        "person": names.get(shown.person_id or 0),
        "invitation_expired_at": _invitation_expired_at(request, shown),
        "until": last_moment(shown),
        "movable_until": last_day_to_move(shown) if shown.state == SeatState.ASSIGNED else None,
    }


def _invitation_expired_at(request: AccountRequest, shown: Seat) -> datetime.datetime | None:
    """Return the end of the invitation of the person on a seat that nobody has entered with, if it is past."""
    if shown.state != SeatState.ASSIGNED or shown.person_id is None:
        return None
    return expired_invitations(request.account, [shown.person_id], now=timezone.now()).get(shown.person_id)


def _field_of(refused: Refused, form: AssignForm) -> str | None:
    """Return the field a refusal is about; None for the seat itself."""
    about: tuple[tuple[str, tuple[type[Refused], ...]], ...] = (
        ("course", (CourseNotAllowed, CourseClosed, CourseOver, CourseFull)),
        ("role", (WrongRole,)),
        ("email", (AlreadyInSession,)),
    )
    return next((name for name, kinds in about if name in form.fields and isinstance(refused, kinds)), None)


def _tell(request: AccountRequest, form: AssignForm, assignment: Assignment, course: Course, *, is_known: bool) -> None:
    """Tell the operator the result; of the person only what this account knew, never whether others know them."""
    values = {"person": form.cleaned_data["email"], "course": course.name}
    if not assignment.is_used and assignment.until is not None:
        values["date"] = end_in_words(assignment.until)
        sentence = _(
            "Your account has already enrolled %(person)s in “%(course)s”, until %(date)s. The seat was not used up: "
            "it is still free."
        )
        messages.warning(request, sentence % values)
    elif not assignment.is_used:
        sentence = _(
            "Your account has already enrolled %(person)s in “%(course)s”. The seat was not used up: it is still free."
        )
        messages.warning(request, sentence % values)
    elif is_known:
        sentence = _("%(person)s, whom your account looked after already, has this seat now. A mail is on its way.")
        messages.success(request, sentence % values)
    else:
        sentence = _("%(person)s, who is new to your account, has this seat now. A mail is on its way.")
        messages.success(request, sentence % values)
