"""Exchange of a person at the operator's desk: on one seat, or on all their seats that nobody has entered with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.members.current import AccountRequest, account_page
from accounts.members.parts import Part
from accounts.members.rights import Right
from accounts.members.trust import count_address, count_mails_before_payment, typed_often
from accounts.people.delegation.models import Delegation
from accounts.rate_limits.services import TooOften
from common.refusals import Refused
from enrolments.people.onboarding import find_person
from enrolments.people.selectors import typed_names
from enrolments.scope import seats_within
from enrolments.seats.desk import find_seat
from enrolments.seats.models import Seat, SeatState
from enrolments.seats.moves import SeatMoved, SeatNotFound
from enrolments.seats.replace import SeatsRefused, replace_person
from enrolments.seats.replace_forms import ReplaceForm, filled
from enrolments.seats.selectors import seats_of


@account_page(Right.MANAGE_SEATS, Right.WORK_IN_PART)
@require_http_methods(["GET", "HEAD", "POST"])
def seat(request: AccountRequest, seat_id: int) -> HttpResponse:
    """Ask who gets a seat in place of the person who has it; posting the answer exchanges them."""
    part = Part.of(request.membership)
    shown = find_seat(request.account, seat_id, part=part)
    if shown is None:
        raise Http404
    back = reverse("account-seat", args=[request.account.pk, seat_id])
    if request.method == "POST":
        return _exchange(
            request, lambda: _assigned(find_seat(request.account, seat_id, part=part)), back=back, only=seat_id
        )
    if not _assigned(shown):
        return redirect(back)
    return replace_page(request, [shown], ReplaceForm(seats=[shown]), back=back)


@account_page(Right.MANAGE_SEATS, Right.WORK_IN_PART)
@require_http_methods(["GET", "HEAD", "POST"])
def person(request: AccountRequest, delegation_id: int) -> HttpResponse:
    """Ask who gets a person's seats; posting the answer gives them away, all that were ticked or none."""
    shown = find_person(request.account, delegation_id, part=Part.of(request.membership))
    if shown is None:
        raise Http404
    back = reverse("account-person", args=[request.account.pk, delegation_id])
    if request.method == "POST":
        return _exchange(request, lambda: replaceable_seats(request, shown), back=back)
    seats = replaceable_seats(request, shown)
    if not seats:
        messages.info(request, _("This person has no seat that could be given to somebody else."))
        return redirect(back)
    return replace_page(request, seats, ReplaceForm(seats=seats), back=back)


def replaceable_seats(request: AccountRequest, shown: Delegation) -> list[Seat]:
    """Return the account's seats that a person has and has not entered with, as far as the operator sees them."""
    seats = seats_of(request.account, state=SeatState.ASSIGNED).filter(person=shown.person_id)
    return list(seats_within(seats, request.account, Part.of(request.membership)).order_by("pk"))


def replace_page(
    request: AccountRequest,
    seats: Sequence[Seat],
    form: ReplaceForm,
    *,
    back: str,
    action: str = "",
    is_correction: bool = False,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """Show the seats that would go from one person to another, before it is done.

    `is_correction`: the address was typed as a correction, and belongs to somebody else.
    """
    names = typed_names(request.account, {seat.person_id for seat in seats if seat.person_id})
    context = {
        "account": request.account,
        "seats": seats,
        "person": names.get(seats[0].person_id or 0) if seats else None,
        "form": form,
        "action": action,
        "back": back,
        "is_correction": is_correction,
    }
    return render(request, "seats/replace.html", context, status=status)


def _assigned(shown: Seat | None) -> list[Seat]:
    return [shown] if shown is not None and shown.state_at(timezone.now()) == SeatState.ASSIGNED else []


def _exchange(
    request: AccountRequest, find: Callable[[], list[Seat]], *, back: str, only: int | None = None
) -> HttpResponse:
    """Exchange the person on the seats chosen among those of a page, which `find` returns as they are now.

    `only` is the key of the one seat that the page is about.
    """
    seats = find()
    form = ReplaceForm(request.POST, seats=seats)
    if not form.is_valid():
        return replace_page(request, seats, form, back=back, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    chosen = form.chosen()
    if only is not None and set(chosen) != {only}:
        raise Http404
    now, email = timezone.now(), form.cleaned_data["email"]
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        count_address(request, email, now=now)
        count_mails_before_payment(request, [email], now=now)
        replaced = replace_person(
            account=request.account,
            seats=chosen,
            person=form.typed(),
            operator=request.user,
            language=get_language() or "",
            now=now,
            reason=form.cleaned_data["reason"],
        )
    except SeatNotFound:
        raise Http404 from None
    except TooOften as refused:
        form.add_error(None, typed_often(refused))
        status = HTTPStatus.TOO_MANY_REQUESTS
    except SeatsRefused as refused:
        seats = find()
        form = filled(request.POST, seats=seats, chosen=list(chosen))
        _tell_refused(form, refused, is_one=len(chosen) == 1)
        if any(isinstance(each, SeatMoved) for each in refused.seats.values()):
            status = HTTPStatus.CONFLICT
    except Refused as refused:
        form.add_error(refused.field, str(refused.message))
    else:
        messages.success(
            request,
            ngettext(
                "%(person)s has the seat now. A mail is on its way.",
                "%(person)s has the %(number)d seats now. A mail is on its way.",
                len(replaced.seats),
            )
            % {"person": email, "number": len(replaced.seats)},
        )
        return redirect(back)
    return replace_page(request, seats, form, back=back, status=status)


def _tell_refused(form: ReplaceForm, refused: SeatsRefused, *, is_one: bool) -> None:
    """Write the refusals into the form; of several seats chosen, each with the number of the seat."""
    if any(isinstance(each, SeatNotFound) for each in refused.seats.values()):
        raise Http404
    if not is_one:
        form.add_error(None, str(refused.message))
        for number, each in refused.seats.items():
            form.add_error("seats", _("Seat %(number)s: %(reason)s") % {"number": number, "reason": each})
        return
    [each] = refused.seats.values()
    form.add_error(each.field, str(each.message))
