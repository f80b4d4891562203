"""Mails found by address, subject and key, and by what the floors above know: order, person, account."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import Q, QuerySet

from common.registry import Registry
from common.search import among, keys_by_word, matching_whole, normalise, words_of
from outbox.mails.kinds import mail_kind_labels
from outbox.mails.models import Mail

# Returns conditions for the mails about the orders, people or accounts in which a normalised word is found. Each is
# asked for alone, so that it goes by an index of its own.
Finder = Callable[[str], Iterable[Q]]

FINDERS: Registry[Finder] = Registry("finder of mails")


def matching_mails(mails: QuerySet[Mail], query: str) -> QuerySet[Mail]:
    """Return the mails that hold every word of a query, each in whatever place; a kind is found by its label and name.

    A whole address or key finds its mails alone.
    """
    whole = matching_whole(mails, query, "recipient", "key", "message_id")
    if whole is not None:
        return whole
    labels = mail_kind_labels()
    for word in words_of(query):
        keys = keys_by_word(Mail, word, "search_text", "=order_id", also=_keys_by_finders)
        found = Q(pk__in=[]) if keys is None else among("pk", keys)
        # A kind has so many mails that the newest of them are sooner read than looked up.
        if kinds := [name for name, label in labels if word in normalise(label) or word in name]:
            found |= Q(kind__in=kinds)
        mails = mails.filter(found)
    return mails


def _keys_by_finders(word: str) -> Iterable[QuerySet[Any]]:
    conditions = [condition for finder in FINDERS for condition in finder(word)]
    return [Mail.objects.order_by().filter(condition).values("pk") for condition in conditions]
