"""Changes of the places that an account waits for, as its history tells them."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.members.history.sources import Asked, Deed
from accounts.members.models import CustomerAccount
from enrolments.waiting.models import WaitingEvent

What = WaitingEvent.What


def places_waited_for(account: CustomerAccount, asked: Asked) -> Sequence[Deed]:
    """Return the changes of an account’s waiting places. One statement."""
    events = WaitingEvent.objects.filter(account=account).select_related("course")
    if asked.actor_id is not None:
        events = events.filter(actor=asked.actor_id)
    if asked.at is not None:
        events = events.filter(Q(at__lt=asked.at) | Q(at=asked.at, pk__lt=asked.key), at__lte=asked.at)
    url = reverse("account-waiting", args=[account.pk])
    rows = events.order_by("-at", "-pk")[: asked.limit]
    return [Deed(event.at, event.pk, event.actor_id, _in_words(event), url) for event in rows]


def _in_words(event: WaitingEvent) -> str:
    number = event.places
    values = {"number": number, "course": event.course.name}
    match event.what:
        case What.JOINED:
            text = ngettext(
                "Put the account on the waiting list of “%(course)s”, for %(number)d place",
                "Put the account on the waiting list of “%(course)s”, for %(number)d places",
                number,
            )
        case What.OFFERED:
            text = ngettext(
                "Waiting list of “%(course)s”: %(number)d place offered",
                "Waiting list of “%(course)s”: %(number)d places offered",
                number,
            )
        case What.TAKEN:
            text = ngettext(
                "Waiting list of “%(course)s”: %(number)d place offered was taken",
                "Waiting list of “%(course)s”: %(number)d places offered were taken",
                number,
            )
        case What.DECLINED:
            text = ngettext(
                "Waiting list of “%(course)s”: declined %(number)d place offered",
                "Waiting list of “%(course)s”: declined %(number)d places offered",
                number,
            )
        case What.LEFT:
            text = _("Left the waiting list of “%(course)s”")
        case What.LAPSED:
            text = _("Waiting list of “%(course)s”: the offer was not taken in time")
        case _over:
            text = _("Waiting list of “%(course)s”: the course is over")
    return text % values
