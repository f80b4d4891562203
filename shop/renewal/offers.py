"""Extensions on offer to a member of an account."""

from __future__ import annotations

from django.urls import reverse
from django.utils import timezone

from accounts.members.current import AccountRequest
from accounts.members.rights import Right, rights_of
from catalog.models.entries import Entry, EntryState
from catalog.offers import buyability
from catalog.selectors import entries_to_price, shopper_for
from enrolments.endings.renewals import Renewal

EXTENSION = "std_extendenrolperiod"


def renewal_for(request: AccountRequest) -> Renewal | None:
    """Return the form of the extensions that a person may buy for the account, None where there are none. Few entries
    extend: each is asked like on its own page."""
    if not {Right.BUY, Right.MANAGE_SEATS} <= rights_of(request.membership):
        return None
    entries = extensions_for(request)
    if not entries:
        return None
    named = [(entry.code, entry.name) for entry in entries]
    return Renewal(url=reverse("account-renew", args=[request.account.pk]), entries=named)


def extensions_for(request: AccountRequest) -> list[Entry]:
    """Return the entries that extend and that the person may buy now, in the order of the catalogue."""
    keys = Entry.objects.filter(handler=EXTENSION, state=EntryState.AVAILABLE).values_list("pk", flat=True)
    shopper, now = shopper_for(request.user), timezone.now()
    found = entries_to_price(list(keys)).values()
    verdicts = [
        (entry, buyability(entry=entry, shopper=shopper, quantity=entry.min_quantity, now=now)) for entry in found
    ]
    return [entry for entry, verdict in verdicts if verdict.can_buy]
