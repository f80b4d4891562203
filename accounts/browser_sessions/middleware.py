"""Cookies of the browser, and the limits of a staff member's session."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from accounts.browser_sessions.store import SessionStore
from accounts.people.models import User

# Names of the release before, which cookies still have for one release.
FORMER_SESSION, FORMER_CSRF, FORMER_LANGUAGE = "sessionid", "csrftoken", "django_language"


class BrowserSessionMiddleware(SessionMiddleware):
    """Middleware of sessions that also reads cookies by the names of the release before, and notes when a person was
    seen.

    Under HTTPS names begin with `__Host-`: no other host of the domain can plant such a cookie. The CSRF cookie is
    written under both names for one release, so that a form of one release is taken by the other.
    """

    def process_request(self, request: HttpRequest) -> None:
        for name, former in _renamed():
            if name not in request.COOKIES and former in request.COOKIES:
                request.COOKIES[name] = request.COOKIES[former]
        super().process_request(request)
        cast("SessionStore", request.session).user_agent = request.headers.get("User-Agent", "")

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        answer = super().process_response(request, response)
        session = getattr(request, "session", None)
        now = timezone.now()
        if isinstance(session, SessionStore) and session.session_key and session.is_seen_write_due(now):
            session.write_seen(now)
        if settings.SESSION_COOKIE_NAME != FORMER_SESSION and settings.SESSION_COOKIE_NAME in answer.cookies:
            answer.delete_cookie(FORMER_SESSION, samesite="Lax")
        if settings.CSRF_COOKIE_NAME != FORMER_CSRF and settings.CSRF_COOKIE_NAME in answer.cookies:
            twin = answer.cookies[settings.CSRF_COOKIE_NAME]
            answer.cookies[FORMER_CSRF] = twin.value
            answer.cookies[FORMER_CSRF].update(twin)
        return answer


class SessionLimitsMiddleware:
    """Middleware that signs staff out after 30 minutes without a request, and 12 hours after they signed in.

    Asked whenever a request's user is: who becomes staff in the middle of a session is held by the limits too. No
    statement of its own.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        found = request.user
        vars(request)["user"] = SimpleLazyObject(partial(_within_limits, request, found))
        return self.get_response(request)


def _within_limits(request: HttpRequest, user: Any) -> User | AnonymousUser:
    """Return the user, or nobody once a staff member's session is over."""
    session = cast("SessionStore", request.session)
    if not (user.is_authenticated and user.is_staff) or session.last_seen_at is None or session.created_at is None:
        return cast("User", user)
    now = timezone.now()
    is_idle = now - session.last_seen_at >= timedelta(seconds=settings.STAFF_SESSION_IDLE)
    if not is_idle and now - session.created_at < timedelta(seconds=settings.STAFF_SESSION_AGE):
        return cast("User", user)
    vars(request)["user"] = user  # whom `logout` tells its followers of
    logout(request)
    vars(request)["was_signed_out"] = True
    text = (
        _("You were signed out, because nothing came from you for a while. Please sign in again.")
        if is_idle
        else _("You were signed out, because you had been signed in for a long time. Please sign in again.")
    )
    messages.info(request, text, fail_silently=True)
    return AnonymousUser()


def _renamed() -> list[tuple[str, str]]:
    now = (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, settings.LANGUAGE_COOKIE_NAME)
    return list(zip(now, (FORMER_SESSION, FORMER_CSRF, FORMER_LANGUAGE), strict=True))
