"""Invitations of colleagues that nobody has followed, for the overview of an account."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.members.models import MemberInvitation, Membership
from accounts.members.waiting import Waits


def open_invitations(membership: Membership, now: datetime) -> list[Waits]:
    """Tell how many invited colleagues have not answered, and how many can no longer answer. One query."""
    invitations = MemberInvitation.objects.filter(account_id=membership.account_id).order_by()
    counts = invitations.aggregate(
        over=Count("pk", filter=Q(link__expires_at__lte=now)), waiting=Count("pk", filter=Q(link__expires_at__gt=now))
    )
    url = reverse("account-members", args=[membership.account_id])
    found = []
    if over := counts["over"]:
        text = ngettext(
            "%(number)d invited colleague did not answer in time: the invitation is over.",
            "%(number)d invited colleagues did not answer in time: their invitations are over.",
            over,
        )
        found.append(Waits(text % {"number": over}, url, _("Invite again, or withdraw"), is_wrong=True))
    if waiting := counts["waiting"]:
        text = ngettext(
            "%(number)d invited colleague has not answered yet.",
            "%(number)d invited colleagues have not answered yet.",
            waiting,
        )
        found.append(Waits(text % {"number": waiting}, url, _("See the invitations")))
    return found
