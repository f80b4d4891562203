"""Pages of waiting lists: asking for a place, a person's own place, the desk of an account."""

from __future__ import annotations

import datetime
import re
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.members.current import AccountRequest, account_page
from accounts.members.rights import Right
from accounts.people.address_codes import WrongCode, is_code_mailed, is_proved_here, mail_code, prove_by_code
from accounts.people.models import User
from accounts.people.proof import prove_address
from accounts.rate_limits.by_network import count_from_network, refuse_used_up
from accounts.rate_limits.pages import too_often
from accounts.rate_limits.services import TooOften, count_attempt
from accounts.sign_in.forms import MailedCodeForm
from common.numbers import whole_number
from common.refusals import Refused
from enrolments.courses.models import Course
from enrolments.courses.services import find_course
from enrolments.waiting.errors import WaitingPlaceNotFound
from enrolments.waiting.forms import AccountWaitForm, AddressForm
from enrolments.waiting.models import WaitingPlace
from enrolments.waiting.selectors import before_in_turn, find_place, full_courses, places_of
from enrolments.waiting.services import give_up, wait_as_account, wait_as_person
from enrolments.waiting.tokens import path_of

TYPED_KEY = "waiting"
ENTRY_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def wait(request: HttpRequest, short_name: str) -> HttpResponse:
    """Ask for a place in the waiting list of a course: at once for a person signed in, by a mailed code for others.

    `entry` names the entry from whose page one came, to which an offer leads back.
    """
    now = timezone.now()
    course = _find(short_name)
    entry = _entry_code(request)
    is_known = request.user.is_authenticated
    form = AddressForm(request.POST if request.method == "POST" and not is_known else None)
    status = HTTPStatus.OK
    refusal = ""
    if request.method == "POST":
        try:
            if isinstance(request.user, User):
                count_attempt(what="waiting place", who=str(request.user.pk), now=now)
                return _join(request, course, request.user, entry, now)
            if form.is_valid():
                return _ask_for_code(request, course, form.cleaned_data["email"], entry, now)
            status = HTTPStatus.UNPROCESSABLE_ENTITY
        except TooOften as refused:
            return too_often(request, refused.seconds)
        except Refused as refused:
            refusal, status = str(refused.message), HTTPStatus.CONFLICT
    context = {"course": course, "form": form, "is_known": is_known, "refusal": refusal, "entry": entry}
    return render(request, "waiting/wait.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """Take the mailed code, which proves the address and puts it on the list; or mail a new one (POST with `mail`)."""
    now = timezone.now()
    typed = request.session.get(TYPED_KEY)
    if typed is None:
        return redirect("home")
    course = _find(typed["course"])
    form = MailedCodeForm(request.POST if request.method == "POST" and "mail" not in request.POST else None)
    status = HTTPStatus.OK
    try:
        if "mail" in request.POST:
            mail_code(request, email=typed["email"], language=get_language() or "", now=now, limit="waiting code")
            return redirect("waiting-code")
        if form.is_bound:
            status = HTTPStatus.UNPROCESSABLE_ENTITY
            if form.is_valid():
                prove_by_code(request.session, email=typed["email"], code=form.cleaned_data["code"], now=now)
                return _join_proved(request, course, typed["email"], typed["entry"], now)
    except TooOften as refused:
        return too_often(request, refused.seconds)
    except WrongCode as refused:
        form.add_error("code", str(refused))
    except Refused as refused:
        form.add_error(None, str(refused.message))
        status = HTTPStatus.CONFLICT
    context = {
        "form": form,
        "email": typed["email"],
        "back": _wait_path(course, typed["entry"]),
        "is_mailed": form.is_bound or is_code_mailed(request.session, email=typed["email"], now=now),
    }
    return render(request, "waiting/code.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def place(request: HttpRequest, token: str) -> HttpResponse:
    """Show a person's place in a waiting list, to whoever has its mailed address; POST leaves it, or declines an
    offer."""
    now = timezone.now()
    try:
        shown = _find_place(request, token, now)
    except TooOften as refused:
        return too_often(request, refused.seconds)
    if request.method == "POST":
        try:
            give_up(place=shown, now=now)
        except WaitingPlaceNotFound as refused:
            messages.warning(request, str(refused.message))
        else:
            messages.success(request, _("You are no longer on the waiting list."))
        return redirect("waiting-place", token)
    is_offered = shown.is_on_offer_at(now)
    context = {
        "place": shown,
        "course": shown.course,
        "is_offered": is_offered,
        "is_late": shown.is_offered and not is_offered,
        "before": before_in_turn(shown) if shown.state == WaitingPlace.State.WAITING else 0,
        "entry_url": reverse("entry", args=[shown.entry_code]) if shown.entry_code else reverse("home"),
        "is_own": request.user == shown.person,
    }
    return render(request, "waiting/place.html", context)


@never_cache
@account_page(Right.MANAGE_SEATS)
@require_http_methods(["GET", "HEAD", "POST"])
def account_waiting(request: AccountRequest) -> HttpResponse:
    """List what an account waits for, and what it is offered; POST waits for a course, or leaves the list of the row in
    `leave`."""
    if "leave" in request.POST:
        return _leave(request)
    now = timezone.now()
    courses = full_courses(request.account, now=now)
    form = AccountWaitForm(request.POST if request.method == "POST" else None, courses=courses)
    status = HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid():
            course = form.cleaned_data["course"]
            try:
                wait_as_account(
                    account=request.account,
                    course=course,
                    places=form.cleaned_data["places"],
                    operator=request.user,
                    language=get_language() or "",
                    now=now,
                )
            except WaitingPlaceNotFound:
                raise Http404 from None
            except Refused as refused:
                form.add_error(refused.field if refused.field in form.fields else None, str(refused.message))
                status = HTTPStatus.CONFLICT
            else:
                sentence = _("Your account is on the waiting list of “%(course)s”. Offers come by mail.")
                messages.success(request, sentence % {"course": course.name})
                return redirect("account-waiting", request.account.pk)
    rows = [{"place": each, "is_offered": each.is_on_offer_at(now)} for each in places_of(request.account)]
    context = {"account": request.account, "rows": rows, "form": form, "has_courses": courses.exists()}
    return render(request, "waiting/account.html", context, status=status)


def _leave(request: AccountRequest) -> HttpResponse:
    shown = places_of(request.account).filter(pk=whole_number(request.POST["leave"]) or 0).first()
    if shown is None:
        raise Http404
    try:
        give_up(place=shown, now=timezone.now(), operator=request.user)
    except WaitingPlaceNotFound as refused:
        messages.warning(request, str(refused.message))
    else:
        sentence = _("Your account is no longer on the waiting list of “%(course)s”.")
        messages.success(request, sentence % {"course": shown.course.name})
    return redirect("account-waiting", request.account.pk)


def _find(short_name: str) -> Course:
    course = find_course(short_name)
    if course is None or not course.is_visible:
        raise Http404
    return course


def _find_place(request: HttpRequest, token: str, now: datetime.datetime) -> WaitingPlace:
    """Return the place. Raises Http404, counted for the network, and TooOften once there were many."""
    refuse_used_up(request, what="unknown waiting place", now=now)
    shown = find_place(token)
    if shown is None:
        count_from_network(request, what="unknown waiting place", now=now)
        raise Http404
    return shown


def _entry_code(request: HttpRequest) -> str:
    code = request.POST.get("entry", "") or request.GET.get("entry", "")
    return code if ENTRY_CODE.fullmatch(code) else ""


def _wait_path(course: Course, entry: str) -> str:
    path = reverse("wait", args=[course.short_name])
    return f"{path}?entry={entry}" if entry else path


def _ask_for_code(request: HttpRequest, course: Course, email: str, entry: str, now: datetime.datetime) -> HttpResponse:
    """Keep what was typed in the session, and mail a code; an address proved in this browser joins at once."""
    typed: dict[str, Any] = {"course": course.short_name, "email": email, "entry": entry}
    if is_proved_here(request.session, email=email, now=now):
        return _join_proved(request, course, email, entry, now)
    mail_code(request, email=email, language=get_language() or "", now=now, limit="waiting code")
    request.session[TYPED_KEY] = typed
    return redirect("waiting-code")


def _join_proved(request: HttpRequest, course: Course, email: str, entry: str, now: datetime.datetime) -> HttpResponse:
    """Join as the person who has proved an address in this browser, made now if nobody has it."""
    person = prove_address(email=email, language=get_language() or "", may_create=True, now=now)
    if person is None or not person.is_active:
        raise WaitingPlaceNotFound
    answer = _join(request, course, person, entry, now)
    request.session.pop(TYPED_KEY, None)
    return answer


def _join(request: HttpRequest, course: Course, person: User, entry: str, now: datetime.datetime) -> HttpResponse:
    joined = wait_as_person(course=course, person=person, entry_code=entry, language=get_language() or "", now=now)
    return redirect(path_of(joined))
