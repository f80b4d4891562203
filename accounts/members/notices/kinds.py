"""Mails that members of an account get unasked, and how each is turned off."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.members.models import Membership
from accounts.members.rights import Right, rights_of

SALT = "accounts.members.notices"


@dataclass(frozen=True)
class Notice:
    """Mail that a member with one of `rights` (none: every member) gets as long as `column` of the membership says
    so."""

    name: str
    column: str
    label: str | Promise
    about: str | Promise
    rights: Collection[Right] = field(default_factory=frozenset)

    def is_for(self, membership: Membership) -> bool:
        return not self.rights or not rights_of(membership).isdisjoint(self.rights)

    def is_wanted(self, membership: Membership) -> bool:
        return bool(getattr(membership, self.column))


DIGEST = Notice(
    "digest",
    "wants_digest",
    pgettext_lazy("mail to members", "Weekly summary"),
    _("On Monday morning: what waits for you, and the sessions of the next weeks. Nothing when there is nothing."),
)
THRESHOLDS = Notice(
    "thresholds",
    "wants_thresholds",
    pgettext_lazy("mail to members", "Seats nearly used up"),
    _("When 80 % and when all of the seats bought of an entry are used."),
    frozenset({Right.MANAGE_SEATS, Right.WORK_IN_PART}),
)
REMINDERS = Notice(
    "reminders",
    "wants_reminders",
    pgettext_lazy("mail to members", "Reminders of seats to assign"),
    _("Some time before free seats end, and before sessions with seats to fill."),
    frozenset({Right.MANAGE_SEATS, Right.WORK_IN_PART}),
)
NOTICES = {notice.name: notice for notice in (DIGEST, THRESHOLDS, REMINDERS)}


def stop_url(membership: Membership, notice: Notice) -> str:
    """Return the address of the page whose button turns a notice off, for whoever has the mail; it never expires."""
    token = signing.dumps([membership.pk, notice.name], salt=SALT)
    return settings.SITE_URL + reverse("notice-stop", args=[token])


def stopped_by(token: str) -> tuple[int, Notice] | None:
    """Return the key of the membership and the notice that an address of `stop_url` names; None for any other."""
    try:
        membership_id, name = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    return membership_id, NOTICES[name]
