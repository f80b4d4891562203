"""The person's own page of where they are signed in."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.browser_sessions.services import end_session, end_sessions, sessions_of
from accounts.browser_sessions.store import SessionStore
from accounts.members.current import SignedInRequest
from accounts.security_log.kinds import Kind
from accounts.security_log.services import record


@login_required
@require_safe
def browsers(request: SignedInRequest) -> HttpResponse:
    """List the browsers in which the person is signed in, this one first."""
    own = cast("SessionStore", request.session).row_id
    sessions = sorted(sessions_of(user_id=request.user.pk, now=timezone.now()), key=lambda each: each.pk != own)
    return render(request, "browser_sessions/browsers.html", {"sessions": sessions, "own": own})


@login_required
@require_POST
def end(request: SignedInRequest, session_id: int) -> HttpResponse:
    """Sign the person out in one browser."""
    user_id = request.user.pk
    if session_id == cast("SessionStore", request.session).row_id:
        logout(request)
        return redirect("account_login")
    if not end_session(user_id=user_id, session_id=session_id):
        raise Http404
    record(Kind.SESSIONS_ENDED, now=timezone.now(), request=request, user_id=user_id, actor_id=user_id)
    messages.success(request, _("You are signed out there."))
    return redirect("account-browsers")


@login_required
@require_POST
def end_all(request: SignedInRequest) -> HttpResponse:
    """Sign the person out everywhere, here too."""
    user_id = request.user.pk
    count = end_sessions(user_id=user_id)
    record(
        Kind.SESSIONS_ENDED,
        now=timezone.now(),
        request=request,
        user_id=user_id,
        actor_id=user_id,
        details={"count": count, "which": "all"},
    )
    logout(request)
    text = ngettext("You are signed out in %(count)s browser.", "You are signed out in %(count)s browsers.", count)
    messages.success(request, text % {"count": count})
    return redirect("account_login")
