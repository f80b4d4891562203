"""The customer account of a page of the account area.

    @account_page(Right.MANAGE_SEATS)
    def seats(request: AccountRequest) -> HttpResponse:
        ... request.account ...

A visitor is asked to sign in. A person with the right in no account gets a 404. A person with the right in several
accounts works in the one chosen last (`account-switch`), else in the first by name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponseBase
from django_htmx.middleware import HtmxDetails

from accounts.members.models import CustomerAccount, Membership
from accounts.members.rights import Right, rights_of
from accounts.people.models import User

SESSION_KEY = "accounts_current_account"
REQUEST_KEY = "_memberships"


class SignedInRequest(HttpRequest):
    """A request that `login_required` let through."""

    user: User


class AccountRequest(SignedInRequest):
    """A request that `account_page` let through."""

    account: CustomerAccount
    htmx: HtmxDetails


def memberships_of(request: HttpRequest) -> Sequence[Membership]:
    """Return the signed-in person's memberships with their accounts, by the accounts' names; none for a visitor.

    Read once for a request: its permissions, menu and choice of accounts all depend on these rows.
    """
    if not request.user.is_active or request.user.pk is None:
        return ()
    kept: Sequence[Membership] | None = getattr(request, REQUEST_KEY, None)
    if kept is None:
        rows = Membership.objects.filter(user_id=request.user.pk).select_related("account")
        kept = tuple(rows.order_by("account__sort_name", "account_id"))
        setattr(request, REQUEST_KEY, kept)
    return kept


def current_account(request: HttpRequest, right: Right) -> CustomerAccount | None:
    """Return the account in which the signed-in person now works with a right; None where no account gives the
    right."""
    accounts = [each.account for each in memberships_of(request) if right in rights_of(each)]
    chosen = request.session.get(SESSION_KEY)
    return next((account for account in accounts if account.pk == chosen), accounts[0] if accounts else None)


def choose_account(request: HttpRequest, account: CustomerAccount) -> None:
    request.session[SESSION_KEY] = account.pk


def account_page(*rights: Right) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """Let in people with one of the rights, and set `request.account`: the account of the first right held anywhere."""

    def decorate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @login_required
        @wraps(view)
        def let_in(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            account = next((found for right in rights if (found := current_account(request, right))), None)
            if account is None:
                raise Http404
            cast("AccountRequest", request).account = account
            return view(request, *args, **kwargs)

        return let_in

    return decorate
