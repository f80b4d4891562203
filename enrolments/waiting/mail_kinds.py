"""Kinds of mails about waiting lists."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import pgettext_lazy

from common.defused import defused
from enrolments.waiting.models import WaitingPlace
from enrolments.waiting.tokens import url_of
from outbox.mails.kinds import BLANK, Receiver, register_mail_kind
from outbox.mails.models import Mail


def with_place(mail: Mail, *, blank: bool) -> dict[str, Any]:
    """Return the address of the page of the place, the account's desk for an account, and the account's name."""
    place = WaitingPlace.objects.select_related("account").filter(pk=mail.context["place_id"]).first()
    if place is None:
        return {"place_url": settings.SITE_URL + reverse("home"), "account_name": ""}
    return {
        "place_url": BLANK if blank and place.account_id is None else url_of(place),
        "account_name": defused(place.account.name) if place.account is not None else "",
    }


def is_offered(mail: Mail, now: datetime) -> bool:
    """Tell whether the offer still waits to be taken."""
    return WaitingPlace.objects.on_offer_at(now).filter(pk=mail.context["place_id"]).exists()


register_mail_kind(
    "waiting_joined",
    template="waiting/mails/waiting_joined",
    build=with_place,
    receiver=Receiver.READER,
    label=pgettext_lazy("kind of mail", "Place in a waiting list"),
)
register_mail_kind(
    "waiting_offered",
    template="waiting/mails/waiting_offered",
    build=with_place,
    is_due=is_offered,
    receiver=Receiver.READER,
    label=pgettext_lazy("kind of mail", "Place offered from a waiting list"),
)
register_mail_kind(
    "waiting_lapsed",
    template="waiting/mails/waiting_lapsed",
    build=with_place,
    receiver=Receiver.READER,
    label=pgettext_lazy("kind of mail", "Offer of a waiting list not taken"),
)
