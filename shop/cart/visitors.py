"""Who a visitor is, as far as limits care."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from accounts.rate_limits.network import network_of
from shop.cart.current import signed_in


def visitor_key(request: HttpRequest, *, has_account: bool) -> str:
    """A name for whoever buys without an account that is limited already; "" for a member of one.

    It is made from the network address, never from a cookie, which is thrown away at will; a whole network of
    IPv6 counts as one. Only a keyed hash leaves this function.
    """
    user = signed_in(request)
    if user is not None:
        return "" if has_account else _hashed(f"user:{user.pk}")
    return _hashed(f"address:{network_of(request)}")


def _hashed(value: str) -> str:
    return salted_hmac("shop.visitor", value, algorithm="sha256").hexdigest()
