"""Which cart belongs to a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.http import HttpRequest

from shop.models import Cart
from shop.services.cart import find_cart, open_cart

if TYPE_CHECKING:
    from accounts.models import User

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


def cart_to_fill(request: HttpRequest) -> Cart:
    """The same, made and remembered in the session if need be."""
    cart = open_cart(token=session_token(request), user=signed_in(request))
    if session_token(request) != cart.token:
        request.session[SESSION_KEY] = cart.token
    return cart
