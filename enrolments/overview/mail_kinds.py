"""The mail that seats are nearly used up, and the sessions in the weekly summary."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode
from django.utils.translation import pgettext_lazy

from accounts.members.notices.kinds import THRESHOLDS, stop_url
from accounts.members.notices.mail_kinds import member_of
from common.defused import defused
from common.languages import in_reader_language
from enrolments.overview.thresholds import MAIL_KIND
from outbox.mails.kinds import BLANK, Receiver, register_mail_kind
from outbox.mails.models import Mail


def with_seats(mail: Mail, *, blank: bool) -> dict[str, Any]:
    """Return the entry in the reader's language, and where its seats are listed."""
    membership = member_of(mail)
    if membership is None:
        return {}
    seats = reverse("account-seats", args=[membership.account_id])
    return {
        "account_name": defused(str(membership.account)),
        "entry": in_reader_language(mail.context["entry_name"]),
        "free": mail.context["total"] - mail.context["used"],
        "seats_url": f"{settings.SITE_URL}{seats}?{urlencode({'entry': mail.context['entry_code']})}",
        "more_url": _more_url(membership.account_id, mail.context["entry_code"]),
        "unsubscribe_url": BLANK if blank else stop_url(membership, THRESHOLDS),
    }


def _more_url(account_id: int, code: str) -> str:
    """Return the address of the page that buys more of an entry; "" where the floor that sells is not installed."""
    try:
        return settings.SITE_URL + reverse("account-more", args=[account_id, code])
    except NoReverseMatch:
        return ""


def is_due(mail: Mail, now: datetime) -> bool:
    """Tell whether the reader still looks after the account's seats, and wants to hear of them."""
    membership = member_of(mail)
    return membership is not None and THRESHOLDS.is_for(membership) and THRESHOLDS.is_wanted(membership)


register_mail_kind(
    MAIL_KIND,
    template="overview/mails/seats_used_up",
    build=with_seats,
    is_due=is_due,
    label=pgettext_lazy("kind of mail", "Seats nearly used up"),
    receiver=Receiver.READER,
)
