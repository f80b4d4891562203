"""Secret links to calendars: made, made anew, ended, and followed. The database holds a link's hash alone."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.members.models import CustomerAccount, Membership
from accounts.members.rights import Right, rights_of
from accounts.people.models import User
from common.refusals import Refused
from common.tokens import derive_token, hash_token
from enrolments.calendar.models import CalendarLink

TOKEN_PURPOSE = "calendar link"  # noqa: S105


class LinkMoved(Refused):
    """The link was ended or made anew since the page was shown."""

    message = _("The link was changed meanwhile. This page shows how it is now; nothing was done.")


def link_of(person: User, account: CustomerAccount | None) -> CalendarLink | None:
    """Return the person's link to an account's sessions, or to their own courses."""
    return CalendarLink.objects.filter(person=person, account=account).first()


def make_link(*, person: User, account: CustomerAccount | None, shown: int, now: datetime) -> CalendarLink:
    """Make a link, in place of the one that the page showed: `shown` is its key, 0 for none. The former one ends.

    Raises LinkMoved when another link is there.
    """
    nonce = secrets.token_urlsafe(32)
    try:
        with transaction.atomic():
            if shown:
                end_link(person=person, account=account, shown=shown)
            return CalendarLink.objects.create(
                person=person,
                account=account,
                nonce=nonce,
                token_hash=hash_token(derive_token(TOKEN_PURPOSE, person.pk, nonce)),
                made_at=now,
            )
    except IntegrityError as error:
        raise LinkMoved from error


def end_link(*, person: User, account: CustomerAccount | None, shown: int) -> None:
    """End the link that the page showed. Raises LinkMoved when it is not there any more."""
    ended, _rows = CalendarLink.objects.filter(person=person, account=account, pk=shown).delete()
    if not ended:
        raise LinkMoved


def token_of(link: CalendarLink) -> str:
    return derive_token(TOKEN_PURPOSE, link.person_id, link.nonce, stored_hash=link.token_hash)


def follow(token: str) -> CalendarLink | None:
    """Return the link of a token; None for a token of no link, and once the person is closed or has lost the right."""
    links = CalendarLink.objects.select_related("person", "account").filter(person__is_active=True)
    link = links.filter(token_hash=hash_token(token)).first()
    if link is None or link.account_id is None:
        return link
    member = Membership.objects.filter(account=link.account_id, user=link.person_id).first()
    return link if rights_of(member) & {Right.MANAGE_SEATS, Right.WORK_IN_PART} else None
