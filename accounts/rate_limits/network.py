"""The network a request comes from, for rate limits."""

from __future__ import annotations

import ipaddress
from datetime import datetime

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from accounts.rate_limits.services import count_attempt, is_used_up

UNKNOWN = "unknown"
# Smallest IPv6 network that a customer of a provider gets, counted as one address of IPv4 is.
NARROW = 64
# Largest one that a customer usually gets: 65,536 narrow ones, together allowed a few times as much as one.
WIDE = 48
WIDE_ROOM = 8


def network_of(request: HttpRequest) -> str:
    """Return the network address; an IPv6 network (/64) counts as one. No visitor can forge it.

    Headers of proxies are believed as far as TRUST_PROXY goes. "unknown" where the server does not tell.
    """
    address = _address_of(request)
    if isinstance(address, ipaddress.IPv6Address):
        return _network(address, NARROW)
    return UNKNOWN if address is None else str(address)


def wide_network_of(request: HttpRequest) -> str:
    """Return the wide IPv6 network (/48) of a request, "" for any other."""
    address = _address_of(request)
    return _network(address, WIDE) if isinstance(address, ipaddress.IPv6Address) else ""


def count_from_network(request: HttpRequest, *, what: str, now: datetime) -> None:
    """Count an attempt by the network it comes from, and in a wide IPv6 network with its other networks.

    Raises TooOften when either exceeds a rate. One statement for each rate, two for IPv6.
    """
    count_attempt(what=what, who=network_of(request), now=now)
    count_from_wide_network(request, what=what, now=now)


def count_from_wide_network(request: HttpRequest, *, what: str, now: datetime) -> None:
    """Count an attempt from IPv6 with all others of its wide network, which may do a few times as much as one visitor.
    Raises TooOften."""
    if wide := wide_network_of(request):
        count_attempt(what=what, who=wide, now=now, room=WIDE_ROOM)


def is_network_used_up(request: HttpRequest, *, what: str, now: datetime) -> bool:
    """Tell whether one more attempt from the network, narrow or wide, would exceed a rate. Counts nothing."""
    wide = wide_network_of(request)
    return is_used_up(what=what, who=network_of(request), now=now) or bool(
        wide and is_used_up(what=what, who=wide, now=now, room=WIDE_ROOM)
    )


def _address_of(request: HttpRequest) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(get_adapter().get_client_ip(request))
    except (ValueError, PermissionDenied):
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped  # a socket of both kinds writes IPv4 like this
    return address


def _network(address: ipaddress.IPv6Address, prefix: int) -> str:
    return str(ipaddress.ip_network(f"{address}/{prefix}", strict=False))
