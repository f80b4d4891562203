"""Counting of addresses that a person types into an account: each answer may tell whether the shop knows one."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest

from accounts.people.models import User
from accounts.rate_limits.by_network import count_from_network
from accounts.rate_limits.services import count_attempt


def count_address(request: HttpRequest, *, by: User, account_id: int, is_paid_for: bool, now: datetime) -> None:
    """Count an address for the person who typed it, for the account and for the network.

    `is_paid_for`: the address takes up something that was paid for and cannot be had again, and is counted apart, by
    rates that stop no honest operator. Call outside of a transaction, before the address is looked up. Raises TooOften.
    """
    if is_paid_for:
        count_attempt(what="address on a paid seat by person", who=str(by.pk), now=now)
        count_attempt(what="address on a paid seat by account", who=str(account_id), now=now)
        count_from_network(request, what="address on a paid seat by network", now=now)
        return
    count_attempt(what="address by person", who=str(by.pk), now=now)
    count_attempt(what="address by account", who=str(account_id), now=now)
    count_from_network(request, what="address by network", now=now)
