"""The entrance of the account area, and the choice among several accounts."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from accounts.members.current import SignedInRequest, choose_account
from accounts.members.models import Membership
from accounts.members.overview import PARTS
from accounts.members.selectors import active_accounts


@login_required
@require_safe
def home(request: SignedInRequest) -> HttpResponse:
    memberships = Membership.objects.filter(user=request.user).select_related("account").order_by("account__name")
    parts = [part(request, request.user) for part in PARTS]
    return render(request, "members/home.html", {"memberships": memberships, "parts": parts})


@require_POST
@login_required
def switch(request: SignedInRequest) -> HttpResponse:
    """Choose another of the person's accounts to work for from now on."""
    account_id = request.POST.get("account", "")
    accounts = active_accounts(request.user)
    account = get_object_or_404(accounts, pk=account_id if account_id.isdecimal() else 0)
    choose_account(request, account)
    next_url = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(next_url, {request.get_host()}, require_https=request.is_secure()):
        return redirect(next_url)
    return redirect("account-home")
