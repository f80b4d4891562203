"""Calendars: an account's sessions by month, the secret links for calendar programs, and what those read."""

from __future__ import annotations

import hashlib
from http import HTTPStatus

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.members.current import AccountRequest, SignedInRequest, account_page
from accounts.members.models import CustomerAccount
from accounts.members.parts import Part
from accounts.members.rights import Right
from accounts.rate_limits.by_network import count_from_network
from accounts.rate_limits.pages import too_often
from accounts.rate_limits.services import TooOften
from common.moments import local_day
from common.numbers import whole_number
from enrolments.calendar import feeds, links
from enrolments.calendar.models import CalendarLink
from enrolments.calendar.months import end_of_month, month_after, month_before, month_of, weeks_of
from enrolments.calendar.sessions import sessions_in

CONTENT_TYPE = "text/calendar; charset=utf-8"
FRESH_FOR_SECONDS = 15 * 60


@never_cache
@require_safe
@account_page(Right.MANAGE_SEATS, Right.WORK_IN_PART)
def month(request: AccountRequest) -> HttpResponse:
    """Show a month's sessions: a table of weeks, and each with its days and people."""
    return _month_page(request)


@never_cache
@account_page(Right.MANAGE_SEATS, Right.WORK_IN_PART)
@require_POST
def account_link(request: AccountRequest) -> HttpResponse:
    """Make the person's secret link to the account's sessions, make it anew, or end it."""
    if not _change_link(request, request.account):
        return _month_page(request, status=HTTPStatus.CONFLICT)
    return redirect(reverse("account-calendar", args=[request.account.pk]) + "#link")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def own_link(request: SignedInRequest) -> HttpResponse:
    """Show the person's secret link to their own courses; posting makes it, makes it anew, or ends it."""
    status = HTTPStatus.OK
    if request.method == "POST":
        if _change_link(request, None):
            return redirect("calendar-own")
        status = HTTPStatus.CONFLICT
    return render(request, "calendar/own.html", _shown_link(request, None), status=status)


@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponseBase:
    """Return a calendar to whoever has its link; no session is looked at. Wrong links are counted by network."""
    now = timezone.now()
    link = links.follow(token)
    if link is None:
        try:
            count_from_network(request, what="bad calendar link", now=now)
        except TooOften as refused:
            return too_often(request, refused.seconds)
        raise Http404
    if link.account is not None:
        content = feeds.feed_of_account(link.account, link.person, now)
    else:
        content = feeds.feed_of_person(link.person, now)
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    response = HttpResponse(content, content_type=CONTENT_TYPE)
    response["ETag"] = etag
    response["Content-Disposition"] = 'inline; filename="calendar.ics"'
    response["X-Robots-Tag"] = "noindex"
    patch_cache_control(response, private=True, max_age=FRESH_FOR_SECONDS)
    return get_conditional_response(request, etag=etag, response=response) or response


def _month_page(request: AccountRequest, status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
    today = local_day(timezone.now())
    first = month_of(request.GET.get("month", ""), today)
    found = sessions_in(request.account, first, end_of_month(first), part=Part.of(request.membership))
    context = {
        "account": request.account,
        "first": first,
        "before": month_before(first),
        "after": month_after(first),
        "weeks": weeks_of(first, [session for session, _counts in found.sessions], today),
        "rows": found.sessions,
        "is_cut": found.is_cut,
        **_shown_link(request, request.account),
    }
    return render(request, "calendar/month.html", context, status=status)


def _shown_link(request: SignedInRequest | AccountRequest, account: CustomerAccount | None) -> dict[str, object]:
    link = links.link_of(request.user, account)
    return {"link": link, "link_address": _address(link) if link else ""}


def _address(link: CalendarLink) -> str:
    return f"{settings.SITE_URL}{reverse('calendar-feed', args=[links.token_of(link)])}"


def _change_link(request: SignedInRequest | AccountRequest, account: CustomerAccount | None) -> bool:
    """Make or end the link as the page asked, and say so; return False when it is another link by now."""
    shown = whole_number(request.POST.get("shown", "")) or 0
    try:
        if request.POST.get("do") == "end":
            links.end_link(person=request.user, account=account, shown=shown)
            messages.success(request, _("The link is ended: calendars that use it get nothing any more."))
        else:
            links.make_link(person=request.user, account=account, shown=shown, now=timezone.now())
            messages.success(request, _("Here is the new link."))
    except links.LinkMoved as refused:
        messages.error(request, str(refused.message))
        return False
    return True
