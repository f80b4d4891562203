"""One person at the operator's desk: details corrected, and mailed again."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.members.current import AccountRequest, account_page
from accounts.members.parts import Part
from accounts.members.rights import Right
from accounts.members.trust import count_address, count_mail_to_other
from accounts.people.delegation.models import Delegation
from accounts.rate_limits.services import TooOften
from common.refusals import Refused
from enrolments.people.detach import detach_person
from enrolments.people.edit import AddressOfAnother, PersonChanged, edit_person, is_editable, version_of
from enrolments.people.errors import PersonNotFound
from enrolments.people.forms import EditPersonForm
from enrolments.people.mail_again import mail_again
from enrolments.people.onboarding import find_person, onboarding_of
from enrolments.people.selectors import person_rows
from enrolments.seats.models import Seat, SeatState
from enrolments.seats.replace_forms import filled
from enrolments.seats.replace_views import replace_page, replaceable_seats


@account_page(Right.MANAGE_PEOPLE, Right.WORK_IN_PART)
@require_http_methods(["GET", "HEAD", "POST"])
def person(request: AccountRequest, delegation_id: int) -> HttpResponse:
    """Show a person the account looks after; posting the form corrects name and address."""
    shown = _find(request, delegation_id)
    if request.method != "POST":
        return _page(request, shown, _form_of(shown))
    form = EditPersonForm(request.POST)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if form.is_valid():
        now = timezone.now()
        try:
            if form.cleaned_data["email"] != shown.email:
                count_address(request, form.cleaned_data["email"], now=now)
                count_mail_to_other(request, form.cleaned_data["email"], now=now)
            is_moved = edit_person(
                account=request.account,
                person_id=shown.person_id,
                person=form.typed(),
                expected_version=form.cleaned_data["seen"],
                language=get_language() or "",
                now=now,
            )
        except PersonNotFound:
            raise Http404 from None
        except TooOften as refused:
            form.add_error(None, _("Many addresses were changed or mailed by you lately. %(wait)s") % {"wait": refused})
            status = HTTPStatus.TOO_MANY_REQUESTS
        except PersonChanged as refused:
            shown = _find(request, delegation_id)
            # The posted values stay, now compared with the details that the page shows.
            posted = request.POST.copy()
            posted["seen"] = version_of(shown)
            form = EditPersonForm(posted)
            form.full_clean()
            form.add_error(None, str(refused.message))
            form.tell_changed(shown)
            status = HTTPStatus.CONFLICT
        except AddressOfAnother as refused:
            seats = replaceable_seats(request, shown)
            if seats:
                return _as_exchange(request, shown, seats)
            form.add_error("email", str(refused.message))
        except Refused as refused:
            form.add_error(None, str(refused.message))
        else:
            messages.success(
                request,
                _("The details were changed. An invitation is on its way to the new address.")
                if is_moved
                else _("The details were changed."),
            )
            return redirect("account-person", request.account.pk, delegation_id)
    return _page(request, shown, form, status=status)


@account_page(Right.MANAGE_PEOPLE, Right.WORK_IN_PART)
@require_POST
def mail(request: AccountRequest, delegation_id: int) -> HttpResponse:
    """Mail the invitation, or the way to sign in, again."""
    shown = _find(request, delegation_id)
    now = timezone.now()
    try:
        count_mail_to_other(request, shown.email, now=now)
        mail_again(
            account=request.account,
            person_id=shown.person_id,
            shown_email=request.POST.get("email", ""),
            language=get_language() or "",
            now=now,
        )
    except PersonNotFound:
        raise Http404 from None
    except TooOften as refused:
        messages.error(request, _("Many mails were sent by you or to this person lately. %(wait)s") % {"wait": refused})
    except Refused as refused:
        messages.error(request, str(refused.message))
    else:
        messages.success(request, _("A mail to %(email)s is on its way.") % {"email": shown.email})
    return redirect("account-person", request.account.pk, delegation_id)


@account_page(Right.MANAGE_PEOPLE)
@require_POST
def detach(request: AccountRequest, delegation_id: int) -> HttpResponse:
    """Stop looking after a person."""
    shown = _find(request, delegation_id)
    try:
        detach_person(account=request.account, person_id=shown.person_id, actor=request.user, now=timezone.now())
    except PersonNotFound:
        raise Http404 from None
    except Refused as refused:
        messages.error(request, str(refused.message))
        return redirect("account-person", request.account.pk, delegation_id)
    messages.success(request, _("Your account no longer looks after %(email)s.") % {"email": shown.email})
    return redirect("account-people", request.account.pk)


def _as_exchange(request: AccountRequest, shown: Delegation, seats: Sequence[Seat]) -> HttpResponse:
    """Lead a correction that names another person on to the exchange of both, with what was typed."""
    number = request.account.pk
    return replace_page(
        request,
        seats,
        filled(request.POST, seats=seats),
        back=reverse("account-person", args=[number, shown.pk]),
        action=reverse("account-person-replace", args=[number, shown.pk]),
        is_correction=True,
        status=HTTPStatus.CONFLICT,
    )


def _find(request: AccountRequest, delegation_id: int) -> Delegation:
    found = find_person(request.account, delegation_id, part=Part.of(request.membership))
    if found is None:
        raise Http404
    return found


def _form_of(shown: Delegation) -> EditPersonForm:
    details = {name: getattr(shown, name) for name in ("email", "first_name", "last_name")}
    return EditPersonForm(initial=details | {"seen": version_of(shown)})


def _page(
    request: AccountRequest, shown: Delegation, form: EditPersonForm, *, status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    part = Part.of(request.membership)
    [row] = person_rows(request.account, [shown], part=part)
    context = {
        "account": request.account,
        "person": shown,
        "row": row,
        "is_whole": part is None,
        "onboarding": onboarding_of(request.account, [shown], now=timezone.now())[shown.person_id],
        "form": form,
        "has_seats": any(ground.seat and ground.seat.state == SeatState.ASSIGNED for ground in row.grounds),
        "is_editable": is_editable(account=request.account, user=shown.person),
    }
    return render(request, "people/person.html", context, status=status)
