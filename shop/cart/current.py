"""Which cart belongs to a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.http import HttpRequest
from django.utils import timezone

from shop.cart.models import Cart
from shop.cart.services import fill_cart, find_cart

if TYPE_CHECKING:
    from accounts.people.models import User
    from catalog.models.entries import Entry

SESSION_KEY = "cart"


def signed_in(request: HttpRequest) -> User | None:
    """The person, or None for a visitor."""
    user = getattr(request, "user", None)
    return cast("User", user) if user is not None and user.is_authenticated else None


def session_token(request: HttpRequest) -> str | None:
    return request.session.get(SESSION_KEY)


def current_cart(request: HttpRequest) -> Cart | None:
    """The cart of this browser or person, if there is one. Changes nothing."""
    return find_cart(token=session_token(request), user=signed_in(request))


def put_into_cart(request: HttpRequest, entry: Entry, quantity: int) -> None:
    """Adds units of an entry to the same cart, made and remembered in the session if need be. Raises CartRefused."""
    token = session_token(request)
    cart = fill_cart(token=token, user=signed_in(request), entry=entry, quantity=quantity, now=timezone.now())
    if token != cart.token:
        request.session[SESSION_KEY] = cart.token
