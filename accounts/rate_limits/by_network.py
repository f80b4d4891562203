"""Counting attempts by the network they come from."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest

from accounts.rate_limits.network import network_of, wide_network_of
from accounts.rate_limits.services import TooOften, count_attempt, is_used_up, rates_of

# The narrow networks of a wide one together are allowed a few times as much as one.
WIDE_ROOM = 8


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


def refuse_used_up(request: HttpRequest, *, what: str, now: datetime) -> None:
    """Raise TooOften, with the longest wait, if one more attempt from the network would exceed a rate. Counts
    nothing."""
    if is_network_used_up(request, what=what, now=now):
        raise TooOften(what, max(rate.seconds for rate in rates_of(what)))
