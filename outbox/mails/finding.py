"""Mails found by address, subject and key, and by what the floors above know: order, person, account."""

from __future__ import annotations

from collections.abc import Callable

from django.db.models import Q, QuerySet

from common.numbers import whole_number
from common.registry import Registry
from common.search import SEARCH_WORDS_AT_MOST, normalise
from outbox.mails.kinds import mail_kind_labels
from outbox.mails.models import Mail

# Returns the condition for the mails about the orders, people or accounts in which a normalised word is found.
Finder = Callable[[str], Q]

FINDERS: Registry[Finder] = Registry("finder of mails")


def matching_mails(mails: QuerySet[Mail], query: str) -> QuerySet[Mail]:
    """Return the mails that hold every word of a query, each in whatever place; a kind is found by its label."""
    labels = mail_kind_labels()
    for word in normalise(query).split()[:SEARCH_WORDS_AT_MOST]:
        kinds = [name for name, label in labels if word in normalise(label)]
        found = Q(search_text__contains=word) | Q(key__icontains=word) | Q(kind__in=kinds)
        if (number := whole_number(word)) is not None:
            found |= Q(order_id=number)
        for finder in FINDERS:
            found |= finder(word)
        mails = mails.filter(found)
    return mails
