"""Link from an entry to the page on which a cart begins with a list of people."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from accounts.members.current import current_account
from accounts.members.rights import Right
from catalog.models.entries import Entry
from shop.from_list.sales import sale_of


def from_list_url(request: HttpRequest, entry: Entry) -> str:
    """Return the address for those who buy and place people, for an entry that sells seats for others; "" for everybody
    and everything else. No query for a visitor."""
    if not request.user.is_authenticated or sale_of(entry) is None:
        return ""
    account = current_account(request, Right.BUY, Right.MANAGE_SEATS)
    if account is None:
        return ""
    return f"{reverse('account-from-list', args=[account.pk])}?{urlencode({'entry': entry.code})}"
