"""Which customer account a page of the account area is about.

    @account_page(Right.MANAGE_SEATS)
    def seats(request: AccountRequest) -> HttpResponse:
        ... request.account ...

A visitor is asked to sign in. Who has the right in no account gets a 404: the page does not exist for him. Who has it
in several sees the one he chose last (`account-switch`), else the first by name.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponseBase

from accounts.models import CustomerAccount, User
from accounts.rights import Right, accounts_with

SESSION_KEY = "accounts_current_account"


class SignedInRequest(HttpRequest):
    """A request that `login_required` let through."""

    user: User


class AccountRequest(SignedInRequest):
    """A request that `account_page` let through."""

    account: CustomerAccount


def current_account(request: HttpRequest, right: Right) -> CustomerAccount | None:
    """The account in which the signed-in person now works with a right; None when he has it nowhere."""
    accounts = list(accounts_with(request.user, right))
    chosen = request.session.get(SESSION_KEY)
    return next((account for account in accounts if account.pk == chosen), accounts[0] if accounts else None)


def choose_account(request: HttpRequest, account: CustomerAccount) -> None:
    request.session[SESSION_KEY] = account.pk


def account_page(*rights: Right) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """Let in whoever has one of the rights, and set `request.account`; the first right he has anywhere decides."""

    def decorate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @login_required
        @wraps(view)
        def let_in(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            account = next((found for right in rights if (found := current_account(request, right))), None)
            if account is None:
                raise Http404
            request.account = account  # type: ignore[attr-defined]
            return view(request, *args, **kwargs)

        return let_in

    return decorate
