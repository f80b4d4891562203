"""People who have not accepted the invitation of an account, for its overview."""

from __future__ import annotations

import datetime

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.links.models import AddressLink
from accounts.members.models import Membership
from accounts.members.parts import Part
from accounts.members.waiting import Waits
from accounts.people.models import User
from enrolments.people.states import PersonState
from enrolments.scope import seats_within
from enrolments.seats.models import Seat


def not_accepted(membership: Membership, now: datetime.datetime) -> list[Waits]:
    """Tell how many people on seats of the account have left its invitation unanswered. One query.

    Counts this account's own links and seats alone: whether somebody is known elsewhere is never told.
    """
    links = AddressLink.objects.filter(
        account_id=membership.account_id, purpose=AddressLink.Purpose.INVITATION, user=OuterRef("person_id")
    )
    # A sign-in counts only for people whom this account created, as in the list of people.
    signed_in = User.objects.filter(
        pk=OuterRef("person_id"), created_by_account=membership.account_id, last_login__isnull=False
    )
    seats = Seat.objects.enterable_at(now).filter(Exists(links), account_id=membership.account_id)
    number = (
        seats_within(seats, membership.account_id, Part.of(membership))
        .exclude(Exists(links.filter(used_at__isnull=False)))
        .exclude(Exists(signed_in))
        .order_by()
        .values("person_id")
        .distinct()
        .count()
    )
    if not number:
        return []
    sentence = ngettext(
        "%(number)d person has not accepted the invitation yet.",
        "%(number)d people have not accepted their invitations yet.",
        number,
    )
    url = f"{reverse('account-people', args=[membership.account_id])}?{urlencode({'state': PersonState.INVITED})}"
    return [Waits(sentence % {"number": number}, url, _("See who"))]
