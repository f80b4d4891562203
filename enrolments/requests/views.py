"""Requests for courses: the page of whoever asks, and the desk of those who answer."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.members.current import AccountRequest, SignedInRequest, account_page
from accounts.members.parts import Part
from accounts.members.rights import Right
from accounts.members.trust import count_mails_before_payment
from accounts.rate_limits.services import TooOften, count_attempt
from common.numbers import whole_number
from common.refusals import Refused
from common.words import end_in_words
from enrolments.pages import page_of, query_string
from enrolments.people.selectors import PersonRow, typed_names
from enrolments.requests.errors import RequestAnswered, RequestNotFound
from enrolments.requests.forms import AskForm, DeclineForm, PlaceForm
from enrolments.requests.models import CourseRequest
from enrolments.requests.selectors import askable_courses, is_attached_anywhere, requests_by, requests_to, seats_for
from enrolments.requests.services import (
    Accepted,
    ask_for_course,
    decline_request,
    open_request,
    place_request,
    withdraw_request,
)

A_PAGE = 25
STATES = (CourseRequest.State.OPEN, CourseRequest.State.PLACED, CourseRequest.State.DECLINED)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def my_requests(request: SignedInRequest) -> HttpResponse:
    """Show a person's requests with the form for a new one; POST asks, or withdraws the request in `withdraw`."""
    if "withdraw" in request.POST:
        return _withdraw(request)
    now = timezone.now()
    form = AskForm(
        request.POST if request.method == "POST" else None,
        askable=askable_courses(request.user, now=now),
        chosen=request.GET.get("course", ""),
    )
    status = HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid():
            account, course = form.chosen()
            try:
                count_attempt(what="request for a course", who=str(request.user.pk), now=now)
                ask_for_course(
                    account=account,
                    person=request.user,
                    course=course,
                    words=form.cleaned_data["words"],
                    language=get_language() or "",
                    now=now,
                )
            except TooOften as refused:
                form.add_error(None, _("You have asked for many courses lately. %(wait)s") % {"wait": refused})
                status = HTTPStatus.TOO_MANY_REQUESTS
            except Refused as refused:
                form.add_error(None, str(refused.message))
            else:
                sentence = _("You have asked %(account)s for “%(course)s”. The answer comes by mail.")
                messages.success(request, sentence % {"account": account.name, "course": course.name})
                return redirect("my-requests")
    context = {
        "form": form,
        "is_attached": is_attached_anywhere(request.user),
        "page": page_of(request, requests_by(request.user), A_PAGE),
        "query_string": "",
    }
    return render(request, "requests/my_requests.html", context, status=status)


def _withdraw(request: SignedInRequest) -> HttpResponse:
    request_id = whole_number(request.POST["withdraw"]) or 0
    try:
        withdraw_request(person=request.user, request_id=request_id, now=timezone.now())
    except RequestNotFound:
        raise Http404 from None
    except RequestAnswered as refused:
        messages.warning(request, str(refused.message))
    else:
        messages.success(request, _("The request is withdrawn."))
    return redirect("my-requests")


@require_safe
@account_page(Right.MANAGE_SEATS, Right.WORK_IN_PART)
def requests(request: AccountRequest) -> HttpResponse:
    """List the requests to the account: those that wait for an answer, or by `state` those answered."""
    asked = request.GET.get("state", "")
    state = asked if asked in STATES else CourseRequest.State.OPEN
    page = page_of(request, requests_to(request.account, Part.of(request.membership)).filter(state=state), A_PAGE)
    names = typed_names(request.account, {row.person_id for row in page.rows})
    context = {
        "account": request.account,
        "page": page,
        "rows": [{"request": row, "person": names.get(row.person_id)} for row in page.rows],
        "states": [{"value": each.value, "label": each.label, "is_current": each == state} for each in STATES],
        "state": state,
        "query_string": query_string(request, "state"),
    }
    return render(request, "requests/requests.html", context)


@never_cache
@account_page(Right.MANAGE_SEATS, Right.WORK_IN_PART)
@require_http_methods(["GET", "HEAD", "POST"])
def course_request(request: AccountRequest, request_id: int) -> HttpResponse:
    """Show one request; POST of `place` or `decline` answers it."""
    now = timezone.now()
    shown = _find(request, request_id)
    part = Part.of(request.membership)
    offered = seats_for(request.account, shown.course, part=part, now=now) if shown.is_open else []
    place = PlaceForm(request.POST if "place" in request.POST else None, offered=offered)
    decline = DeclineForm(request.POST if "decline" in request.POST else None)
    status = HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        answering = place if place.is_bound else decline
        try:
            open_request(request.account, shown.pk, part)
            if answering.is_bound and answering.is_valid():
                return _place(request, shown, place) if answering is place else _decline(request, shown, decline)
        except RequestNotFound:
            raise Http404 from None
        except TooOften as refused:
            answering.add_error(None, _("Many mails were sent by you lately. %(wait)s") % {"wait": refused})
            status = HTTPStatus.TOO_MANY_REQUESTS
        except RequestAnswered as refused:
            messages.warning(request, str(refused.message))
            return redirect("account-request", request.account.pk, shown.pk)
        except Refused as refused:
            answering.add_error(None, str(refused.message))
            status = HTTPStatus.CONFLICT
    person = typed_names(request.account, {shown.person_id}).get(shown.person_id)
    context = {
        "account": request.account,
        "request_shown": shown,
        "person": person,
        "place": place,
        "decline": decline,
        "has_seats": bool(offered),
        "refused": place if place.is_bound else decline,
    }
    return render(request, "requests/request.html", context, status=status)


def _place(request: AccountRequest, shown: CourseRequest, form: PlaceForm) -> HttpResponse:
    now = timezone.now()
    person = typed_names(request.account, {shown.person_id}).get(shown.person_id)
    if person is None:
        raise Http404
    count_mails_before_payment(request, [person.email], now=now)
    accepted = place_request(
        account=request.account,
        request_id=shown.pk,
        batch_id=form.cleaned_data["batch"],
        operator=request.user,
        language=get_language() or "",
        now=now,
    )
    _tell(request, accepted, person)
    return redirect("account-requests", request.account.pk)


def _decline(request: AccountRequest, shown: CourseRequest, form: DeclineForm) -> HttpResponse:
    decline_request(
        account=request.account,
        request_id=shown.pk,
        operator=request.user,
        words=form.cleaned_data["words"],
        language=get_language() or "",
        now=timezone.now(),
    )
    messages.success(request, _("The request is declined. A mail tells the person so."))
    return redirect("account-requests", request.account.pk)


def _find(request: AccountRequest, request_id: int) -> CourseRequest:
    found = requests_to(request.account, Part.of(request.membership)).filter(pk=request_id).first()
    if found is None:
        raise Http404
    return found


def _tell(request: AccountRequest, accepted: Accepted, person: PersonRow) -> None:
    """Tell the operator the result, and until when a person is in the course who was there already."""
    values = {"person": person.name or person.email, "course": accepted.request.course.name}
    if accepted.seat is not None:
        sentence = _("%(person)s has a seat in “%(course)s” now. A mail is on its way.")
        messages.success(request, sentence % values)
    elif accepted.until is not None:
        sentence = _(
            "Your account has already enrolled %(person)s in “%(course)s”, until %(date)s. No seat was used up, the "
            "request is closed, and a mail tells the person so."
        )
        messages.warning(request, sentence % (values | {"date": end_in_words(accepted.until)}))
    else:
        sentence = _(
            "Your account has already enrolled %(person)s in “%(course)s”. No seat was used up, the request is closed, "
            "and a mail tells the person so."
        )
        messages.warning(request, sentence % values)
