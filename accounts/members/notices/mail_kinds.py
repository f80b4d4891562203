"""The weekly summary as a mail."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override, pgettext_lazy

from accounts.members.models import Membership
from accounts.members.notices.digest import MAIL_KIND, language_of, tidings_for
from accounts.members.notices.kinds import DIGEST, stop_url
from common.defused import defused
from outbox.mails.kinds import BLANK, Receiver, register_mail_kind
from outbox.mails.models import Mail


def member_of(mail: Mail) -> Membership | None:
    """Return the membership to which a mail about an account goes; None for somebody who has left."""
    members = Membership.objects.select_related("user", "account")
    return members.filter(account=mail.account_id, user=mail.person_id, user__is_active=True).first()


def with_tidings(mail: Mail, *, blank: bool) -> dict[str, Any]:
    """Return what there is to tell now: a summary that waited for its turn says nothing that is over."""
    membership = member_of(mail)
    if membership is None:
        return {"tidings": None}
    return {
        "tidings": tidings_for(membership, now=timezone.now()),
        "account_name": defused(str(membership.account)),
        "account_url": settings.SITE_URL + reverse("account-overview", args=[membership.account_id]),
        "unsubscribe_url": BLANK if blank else stop_url(membership, DIGEST),
    }


def is_due(mail: Mail, now: datetime) -> bool:
    """Tell whether the member still wants the summary, and there is still something in it."""
    membership = member_of(mail)
    if membership is None or not DIGEST.is_wanted(membership):
        return False
    with override(language_of(membership)):
        return bool(tidings_for(membership, now=now))


register_mail_kind(
    MAIL_KIND,
    template="notices/mails/weekly_digest",
    build=with_tidings,
    is_due=is_due,
    label=pgettext_lazy("kind of mail", "Weekly summary"),
    receiver=Receiver.READER,
)
