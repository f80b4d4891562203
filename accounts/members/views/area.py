"""The entrance of the account area, and the overview of an account."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.members.current import (
    AccountRequest,
    SignedInRequest,
    account_at_hand,
    account_page,
    current_account,
    rights_asked,
)
from accounts.members.overview import PARTS, cards_for
from accounts.members.waiting import waiting_for


@login_required
@require_safe
def home(request: SignedInRequest) -> HttpResponse:
    """Lead to the account used last; tell a person without accounts how one is made."""
    account = account_at_hand(request)
    if account is not None:
        return redirect("account-overview", account.pk)
    return render(request, "members/home.html", {"parts": [part(request, request.user) for part in PARTS]})


@require_safe
@account_page()
def overview(request: AccountRequest) -> HttpResponse:
    """Show what waits for a hand in the account and its numbers, as far as the member's rights go."""
    now = timezone.now()
    context = {
        "account": request.account,
        "membership": request.membership,
        "parts": [part(request, request.user) for part in PARTS],
        "waiting": waiting_for(request.membership, now=now),
        "cards": cards_for(request.membership, now=now),
    }
    return render(request, "members/overview.html", context)


@login_required
def of_account_used_last(request: SignedInRequest, page: str) -> HttpResponse:
    """Lead to a page of the account used last, of those in which the person may open it.

    A form posted to such an address, from a page made before accounts had numbers, does nothing: it does not say which
    account it is about.
    """
    try:
        view = resolve(f"{reverse('account-overview', args=[0])}{page}").func
    except Resolver404:
        raise Http404 from None
    rights = rights_asked(view)
    if rights is None:
        raise Http404
    mine = (current_account(request, right) for right in rights) if rights else (account_at_hand(request),)
    account = next((found for found in mine if found), None)
    if request.method not in ("GET", "HEAD"):
        messages.warning(
            request,
            _("That page was too old: it did not say which account it was about. Nothing was changed. Open it again."),
        )
        return redirect("account-home")
    if account is None:
        return redirect("account-profile" if page == "details/" else "account-home")
    query = request.META.get("QUERY_STRING", "")
    return redirect(reverse("account-overview", args=[account.pk]) + page + (f"?{query}" if query else ""))
