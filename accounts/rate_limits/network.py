"""The network a request comes from, for rate limits."""

from __future__ import annotations

import ipaddress

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

UNKNOWN = "unknown"
# Smallest IPv6 network that a customer of a provider gets, counted as one address of IPv4 is.
NARROW = 64
# Largest one that a customer usually gets: 65,536 narrow ones.
WIDE = 48
# Neighbourhood of one address of IPv4: those of one owner, usually.
WIDE_OF_IPV4 = 24


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


def neighbourhood_of(request: HttpRequest) -> str:
    """Return the network that one attacker usually has: /24 of IPv4, the wide one of IPv6; "unknown" as above."""
    address = _address_of(request)
    if address is None:
        return UNKNOWN
    return _network(address, WIDE if isinstance(address, ipaddress.IPv6Address) else WIDE_OF_IPV4)


def _address_of(request: HttpRequest) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(get_adapter().get_client_ip(request))
    except (ValueError, PermissionDenied):
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped  # a socket of both kinds writes IPv4 like this
    return address


def _network(address: ipaddress.IPv4Address | ipaddress.IPv6Address, prefix: int) -> str:
    return str(ipaddress.ip_network(f"{address}/{prefix}", strict=False))
