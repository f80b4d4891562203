"""Pages for people who join: name and address, the mailed code, the seat. Nobody is signed in by them.

The browser's session, which is encrypted, keeps name and address until the code is typed; nothing else holds them
before.
"""

from __future__ import annotations

import datetime
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.members.trust import names_to_strangers
from accounts.people.address_codes import WrongCode, is_code_mailed, is_proved_here, mail_code, prove_by_code
from accounts.people.services import PersonTyped
from accounts.rate_limits.by_network import count_from_network, refuse_used_up
from accounts.rate_limits.pages import too_often
from accounts.rate_limits.services import TooOften, count_attempt
from accounts.sign_in.forms import MailedCodeForm
from common.defused import defused
from common.moments import from_iso
from common.refusals import Refused
from common.tokens import hash_token
from enrolments.courses.models import Course
from enrolments.courses.places.services import CourseClosed, CourseFull, CourseOver
from enrolments.joining.errors import JoinCourseClosed, JoinLinkUnknown
from enrolments.joining.forms import JoinForm, PrintedCodeForm
from enrolments.joining.join import join, refuse_domain
from enrolments.joining.models import JoinLink
from enrolments.joining.selectors import Entrance, find_entrance, offered_courses, refuse_closed
from enrolments.joining.tokens import written_code

TYPED_KEY, JOINED_KEY = "joining", "joined"
COURSE_LOST = (CourseClosed, CourseFull, CourseOver, JoinCourseClosed)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Take a printed code, and lead to its page."""
    form = PrintedCodeForm(request.POST if request.method == "POST" else None)
    status = HTTPStatus.OK
    if form.is_bound:
        if form.is_valid():
            return redirect("join-link", written_code(form.cleaned_data["code"]))
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    return render(request, "joining/start.html", {"form": form}, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest, token: str) -> HttpResponse:
    """Ask for name and address, and the course where it is left open; posting them mails a code."""
    now = timezone.now()
    try:
        entrance = _find(request, token, now)
        refuse_closed(entrance, now=now)
        courses = offered_courses(entrance.link, now)
    except TooOften as refused:
        return too_often(request, refused.seconds)
    except Refused as refused:
        return _closed(request, refused)
    options: dict[str, Any] = {"courses": courses, "is_chosen": entrance.link.course_id is None}
    if request.method != "POST":
        initial = _typed(request, token) or _own(request)
        return _link_page(request, entrance.link, JoinForm(initial=initial, **options), courses)
    form = JoinForm(request.POST, **options)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if form.is_valid():
        try:
            refuse_domain(entrance.link, form.cleaned_data["email"])
            return _ask_for_code(request, token, entrance, form, now)
        except TooOften as refused:
            form.add_error(None, str(refused.message))
            status = HTTPStatus.TOO_MANY_REQUESTS
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused.message))
    return _link_page(request, entrance.link, form, courses, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest, token: str) -> HttpResponse:
    """Take the mailed code, which proves the address and takes the seat; or mail another one (POST with `mail`)."""
    now = timezone.now()
    typed = _typed(request, token)
    if typed is None:
        return redirect("join-link", token)
    form = MailedCodeForm(request.POST if request.method == "POST" and "mail" not in request.POST else None)
    status = HTTPStatus.OK
    try:
        entrance = _find(request, token, now)
        if "mail" in request.POST:
            _mail_code(request, entrance.link, typed["email"], now)
            return redirect("join-code", token)
        if form.is_bound and form.is_valid():
            prove_by_code(request.session, email=typed["email"], code=form.cleaned_data["code"], now=now)
            return _take_seat(request, entrance, typed, now)
    except TooOften as refused:
        return too_often(request, refused.seconds)
    except WrongCode as refused:
        form.add_error("code", str(refused))
    except COURSE_LOST as refused:
        if typed["course"] is None:
            return _closed(request, refused)
        # The address is proved now: the next choice takes the seat at once.
        messages.error(request, str(refused.message))
        return redirect("join-link", token)
    except Refused as refused:
        return _closed(request, refused)
    if form.errors:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    context = {
        "form": form,
        "email": typed["email"],
        "back": reverse("join-link", args=[token]),
        "is_mailed": form.is_bound or is_code_mailed(request.session, email=typed["email"], now=now),
    }
    return render(request, "joining/code.html", context, status=status)


@never_cache
@require_safe
def done(request: HttpRequest) -> HttpResponse:
    """Tell the person in this browser the result."""
    joined = request.session.get(JOINED_KEY)
    course = Course.objects.filter(pk=joined["course"]).first() if joined else None
    if joined is None or course is None:
        return redirect("join")
    context = {
        "course": course,
        "is_used": joined["is_used"],
        "until": from_iso(joined["until"]) if joined["until"] else None,
        "email": joined["email"],
    }
    return render(request, "joining/done.html", context)


def _find(request: HttpRequest, token: str, now: datetime.datetime) -> Entrance:
    """Return the entrance. Raises JoinLinkUnknown, counted for the network, and TooOften once there were many."""
    refuse_used_up(request, what="unknown join link", now=now)
    try:
        return find_entrance(token)
    except JoinLinkUnknown:
        count_from_network(request, what="unknown join link", now=now)
        raise


def _ask_for_code(
    request: HttpRequest, token: str, entrance: Entrance, form: JoinForm, now: datetime.datetime
) -> HttpResponse:
    """Keep what was typed in the session, and mail a code; one that this browser has typed already serves again."""
    course = form.cleaned_data.get("course")
    typed = asdict(form.typed()) | {"course": course.pk if course else None, "link": hash_token(token)}
    if is_proved_here(request.session, email=typed["email"], now=now):
        request.session[TYPED_KEY] = typed
        return _take_seat(request, entrance, typed, now)
    _mail_code(request, entrance.link, typed["email"], now)
    request.session[TYPED_KEY] = typed
    return redirect("join-code", token)


def _mail_code(request: HttpRequest, link: JoinLink, email: str, now: datetime.datetime) -> None:
    count_attempt(what="join code by link", who=str(link.pk), now=now)
    mail_code(request, email=email, language=get_language() or "", now=now, limit="join code")


def _take_seat(request: HttpRequest, entrance: Entrance, typed: dict[str, Any], now: datetime.datetime) -> HttpResponse:
    person = PersonTyped(email=typed["email"], first_name=typed["first_name"], last_name=typed["last_name"])
    joined = join(entrance=entrance, course_id=typed["course"], person=person, language=get_language() or "", now=now)
    del request.session[TYPED_KEY]
    request.session[JOINED_KEY] = {
        "course": joined.course.pk,
        "is_used": joined.is_used,
        "until": joined.until.isoformat() if joined.until else "",
        "email": typed["email"],
    }
    return redirect("join-done")


def _typed(request: HttpRequest, token: str) -> dict[str, Any] | None:
    """Return what was typed for this link in this browser, and waits for the code."""
    typed: dict[str, Any] | None = request.session.get(TYPED_KEY)
    return typed if typed is not None and typed["link"] == hash_token(token) else None


def _own(request: HttpRequest) -> dict[str, Any]:
    """Return name and address of a signed-in person."""
    if not request.user.is_authenticated:
        return {}
    return {name: getattr(request.user, name) for name in ("email", "first_name", "last_name")}


def _link_page(
    request: HttpRequest, link: JoinLink, form: JoinForm, courses: list[Course], *, status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    names = names_to_strangers(link.account_id, account_name=defused(link.account.name))
    context = {
        "form": form,
        "link": link,
        "account_name": names["account_name"],
        "course": courses[0] if link.course_id is not None else None,
        "domains": ", ".join(f"@{domain}" for domain in link.allowed_domains),
    }
    return render(request, "joining/link.html", context, status=status)


def _closed(request: HttpRequest, refused: Refused) -> HttpResponse:
    """Say kindly why nobody can join here, or not now."""
    is_unknown = isinstance(refused, JoinLinkUnknown)
    context = {"reason": str(refused.message), "is_unknown": is_unknown, "title": _title(is_unknown=is_unknown)}
    return render(
        request, "joining/closed.html", context, status=HTTPStatus.NOT_FOUND if is_unknown else HTTPStatus.GONE
    )


def _title(*, is_unknown: bool) -> str:
    return _("We do not know this link") if is_unknown else _("No seat to take here")
