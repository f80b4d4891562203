"""Who a visitor is, as far as limits care."""

from __future__ import annotations

import ipaddress

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from shop.views.carts import signed_in


def visitor_key(request: HttpRequest, *, has_account: bool) -> str:
    """A name for whoever buys without an account that is limited already; "" for a member of one.

    It is made from the network address, never from a cookie, which is thrown away at will; a whole network of
    IPv6 counts as one. Only a keyed hash leaves this function.
    """
    user = signed_in(request)
    if user is not None:
        return "" if has_account else _hashed(f"user:{user.pk}")
    return _hashed(f"address:{_network(request)}")


def _network(request: HttpRequest) -> str:
    try:
        address = ipaddress.ip_address(get_adapter().get_client_ip(request))
    except (ValueError, PermissionDenied):
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:  # a socket of both kinds writes IPv4 like this
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network(f"{address}/64", strict=False))
    return str(address)


def _hashed(value: str) -> str:
    return salted_hmac("shop.visitor", value, algorithm="sha256").hexdigest()
