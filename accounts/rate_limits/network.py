"""The network a request comes from, for rate limits."""

from __future__ import annotations

import ipaddress

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest


def network_of(request: HttpRequest) -> str:
    """Return the network address; an IPv6 network (/64) counts as one. No visitor can forge it.

    Headers of proxies are believed as far as TRUST_PROXY goes. "unknown" where the server does not tell.
    """
    try:
        address = ipaddress.ip_address(get_adapter().get_client_ip(request))
    except (ValueError, PermissionDenied):
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:  # a socket of both kinds writes IPv4 like this
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network(f"{address}/64", strict=False))
    return str(address)
