"""A new link for the address of one that is used, too old or lost.

Upper floors register a renewal for each purpose of theirs, as they do with its effect (`accounts.links.effects`).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from django.db import transaction

from accounts.links.models import AddressLink
from accounts.links.services import NewLink, create_links
from accounts.rate_limits.services import TooOften, count_attempt
from common.again import again_after_deadlock
from common.registry import Registry
from common.tokens import hash_token
from outbox.mails.services import queue_mail

# Called in the transaction that mails the new link. Returns that link; None where the old one has nothing left to do.
Renewal = Callable[[AddressLink, datetime], AddressLink | None]

RENEWALS: Registry[Renewal] = Registry("renewal of links")


def mail_new_link(*, token: str, language: str, now: datetime) -> None:
    """Mail a new link to the address that a link was sent to; the way to sign in where nothing waits any more.

    Does nothing for an unknown link, nor more often than the limit of an address allows: no caller learns which it was.
    Locks whatever the renewal of the purpose locks.
    """
    link = AddressLink.objects.select_related("user", "account").filter(token_hash=hash_token(token)).first()
    if link is None:
        return
    with suppress(TooOften):
        count_attempt(what="mail of a link", who=link.email, now=now)
        _mail(link, language=link.language or language, now=now)


def renewed(link: AddressLink, *, now: datetime) -> AddressLink:
    """Record a link that does the work of another one, from now on."""
    [new] = create_links(
        links=[
            NewLink(
                purpose=link.purpose, email=link.email, user=link.user, account=link.account, order_id=link.order_id,
                language=link.language,
            )
        ],
        now=now,
    )  # fmt: skip
    return new


@again_after_deadlock
@transaction.atomic
def _mail(link: AddressLink, *, language: str, now: datetime) -> None:
    new = RENEWALS.get(link.purpose)(link, now)
    queue_mail(
        kind="new_link",
        key=f"new_link:{link.pk}:{int(now.timestamp())}",
        recipient=link.email,
        language=language,
        context={"purpose": link.purpose, "link_id": new.pk if new else None},
        account_id=link.account_id,
        order_id=link.order_id,
        person_id=link.user_id,
        expires_at=new.expires_at if new else None,
    )
