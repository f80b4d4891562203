"""The customer account of a page of the account area: its number stands in the page's address.

    path("account/<int:number>/seats/", seats, name="account-seats")

    @account_page(Right.MANAGE_SEATS)
    def seats(request: AccountRequest) -> HttpResponse:
        ... request.account ...

A visitor is asked to sign in. An account that somebody is no member of, or lacks the page's right in, does not exist
for them (404). The account of the last page visited is the one that addresses without a number lead to, else the first
by name.
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
    membership: Membership
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


def current_account(request: HttpRequest, *rights: Right) -> CustomerAccount | None:
    """Return the account that the signed-in person used last, of those that give all of the rights, else the first by
    name; None where no account gives them."""
    return _used_last(request, [each.account for each in memberships_of(request) if {*rights} <= rights_of(each)])


def account_at_hand(request: HttpRequest) -> CustomerAccount | None:
    """Return the account of the page, else the one used last; None for a person without accounts."""
    of_page: CustomerAccount | None = getattr(request, "account", None)
    return of_page or _used_last(request, [each.account for each in memberships_of(request)])


def _used_last(request: HttpRequest, accounts: Sequence[CustomerAccount]) -> CustomerAccount | None:
    used = request.session.get(SESSION_KEY)
    return next((account for account in accounts if account.pk == used), accounts[0] if accounts else None)


def choose_account(request: HttpRequest, account: CustomerAccount) -> None:
    """Make an account the one used last. Writes the session only where that changes something."""
    if account_at_hand(request) != account:
        request.session[SESSION_KEY] = account.pk


def account_page(*rights: Right) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """Let members of the account in the address in who have one of the rights (none named: every member).

    Takes `number` from the address, sets `request.account` and `request.membership`, and makes the account the one used
    last. Raises Http404 for everybody else.
    """

    def decorate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @login_required
        @wraps(view)
        def let_in(request: HttpRequest, *args: Any, number: int, **kwargs: Any) -> HttpResponseBase:
            membership = next((each for each in memberships_of(request) if each.account_id == number), None)
            if membership is None or (rights and not rights_of(membership).intersection(rights)):
                raise Http404
            choose_account(request, membership.account)
            asked = cast("AccountRequest", request)
            asked.account, asked.membership = membership.account, membership
            return view(request, *args, **kwargs)

        cast("Any", let_in).rights = rights
        return let_in

    return decorate


def rights_asked(view: Callable[..., Any]) -> tuple[Right, ...] | None:
    """Return the rights of which a page asks one; None for a view that is no page of an account."""
    return getattr(view, "rights", None)
