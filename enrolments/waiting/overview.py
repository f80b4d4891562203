"""Places kept for an account by the waiting lists, for its overview."""

from __future__ import annotations

import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.members.models import Membership
from accounts.members.waiting import Waits
from common.words import moment_in_words
from enrolments.waiting.models import WaitingPlace


def places_kept(membership: Membership, now: datetime.datetime) -> list[Waits]:
    """Tell how many places of which course are kept for the account, and until when; five at most. One query."""
    offers = WaitingPlace.objects.on_offer_at(now).filter(account=membership.account_id)
    url = reverse("account-waiting", args=[membership.account_id])
    return [
        Waits(_in_words(place), url, _("Assign seats")) for place in offers.select_related("course").order_by("pk")[:5]
    ]


def _in_words(place: WaitingPlace) -> str:
    sentence = ngettext(
        "%(number)d place in “%(course)s” is kept for you until %(date)s.",
        "%(number)d places in “%(course)s” are kept for you until %(date)s.",
        place.left,
    )
    assert place.offer_ends_at is not None
    until = moment_in_words(place.offer_ends_at)
    return sentence % {"number": place.left, "course": place.course.name, "date": until}
