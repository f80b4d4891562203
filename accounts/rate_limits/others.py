"""Counting of mails that a person has the shop send to somebody else: by person, network and address, over accounts."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.people.models import User
from accounts.rate_limits.by_network import count_from_network
from accounts.rate_limits.services import TooOften, count_attempt
from common.refusals import Refused


class NotBeforePayment(Refused):
    """Refusal of one more mail of an account that has paid for nothing yet."""

    message = _(
        "Before its first paid order an account can invite only a few people a day. More can be invited once an order "
        "is paid, or tomorrow."
    )


def count_mail_to_other(request: HttpRequest, *, email: str, by: User | None, has_paid: bool, now: datetime) -> None:
    """Count a mail to an address that a person typed, for the person, the network and the address, whatever the
    account. A visitor, None, is counted by the network alone.

    `has_paid` tells whether the account may speak to strangers (`accounts.members.trust`); before that, few mails a
    day are allowed. Call outside of a transaction, before the mail is recorded. Raises TooOften, NotBeforePayment.
    """
    if not has_paid:
        try:
            if by is not None:
                count_attempt(what="mail before payment by person", who=str(by.pk), now=now)
            count_from_network(request, what="mail before payment by network", now=now)
        except TooOften as refused:
            raise NotBeforePayment from refused
    if by is not None:
        count_attempt(what="mail to others by person", who=str(by.pk), now=now)
    count_from_network(request, what="mail to others by network", now=now)
    count_attempt(what="mail to others", who=email, now=now)
