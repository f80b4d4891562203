"""One-time links mailed to an address: made, found, and used up.

A link proves the address it was sent to and nothing more. Everything else is up to the link's purpose
(`accounts.links.effects.EFFECTS`), and happens only for the signed-in user who owns that address. Locks: the link
first, before anything else a purpose locks.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from accounts.links.models import AddressLink
from accounts.members.models import CustomerAccount
from accounts.people.models import User
from common.again import again_after_deadlock
from common.emails import normalise_email
from common.refusals import Refused
from common.tokens import derive_token, hash_token

VALID_FOR = timedelta(days=30)
TOKEN_PURPOSE = "address link"  # noqa: S105


class LinkGone(Refused):
    """The link is unknown, used, expired, or its address belongs to nobody it could work for."""

    message = _("The link you opened was used meanwhile, or is too old.")


class NotYourLink(Refused):
    """Somebody else than the owner of the link's address is signed in."""

    message = _("The link you opened was sent to another address, so nothing was done with it.")


@dataclass(frozen=True, kw_only=True)
class NewLink:
    purpose: str
    email: str
    user: User | None = None
    account: CustomerAccount | None = None
    order_id: int | None = None
    language: str = ""


def create_links(*, links: Sequence[NewLink], now: datetime, valid_for: timedelta = VALID_FOR) -> list[AddressLink]:
    """Record links, in two statements for any number, and return them in the order given.

    To mail a link, put `link_id` into the mail's context; `accounts.links.effects.link_url` gives the address when the
    mail is rendered. Raises ValidationError for something that is no address.
    """
    if not links:
        return []
    rows = []
    for pk, link in zip(_reserve_ids(len(links)), links, strict=True):
        nonce = secrets.token_urlsafe(16)
        rows.append(
            AddressLink(
                pk=pk,
                purpose=link.purpose,
                email=normalise_email(link.email),
                user=link.user,
                account=link.account,
                order_id=link.order_id,
                language=link.language,
                nonce=nonce,
                token_hash=hash_token(derive_token(TOKEN_PURPOSE, pk, nonce)),
                created_at=now,
                expires_at=now + valid_for,
            )
        )
    return AddressLink.objects.bulk_create(rows)


def _reserve_ids(count: int) -> list[int]:
    """Take ids before the rows exist: a token depends on its row's id and its hash is stored with the row."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('accounts_addresslink', 'id')) FROM generate_series(1, %s)", [count]
        )
        return [row[0] for row in cursor.fetchall()]


def find_link(*, token: str, now: datetime) -> AddressLink | None:
    """Return the link if it can still be used. Reading it changes nothing."""
    return AddressLink.objects.usable_at(now).filter(token_hash=hash_token(token)).first()


def lock_links_of_account(*, account_id: int) -> None:
    """Lock the links of an account, in the order of their keys, before anything that `use_link` locks after them."""
    links = AddressLink.objects.select_for_update(no_key=True).filter(account=account_id)
    list(links.order_by("pk").values_list("pk"))


@again_after_deadlock
def use_link(*, link_id: int, user: User, now: datetime, effect: Callable[[AddressLink], str]) -> str:
    """Use a link up for the signed-in owner of its address, with its effect, and return the address of the next page.

    All in one transaction: when the effect fails, the link can still be used. Locks the link, then whatever the
    effect locks; a deadlock runs the whole again, three times in all. Raises LinkGone, NotYourLink when the address is
    not the user's, and whatever the effect raises.
    """
    with transaction.atomic():
        link = AddressLink.objects.select_for_update(no_key=True).usable_at(now).filter(pk=link_id).first()
        if link is None:
            raise LinkGone
        if not User.objects.filter(pk=user.pk, email=link.email, is_active=True).exists():
            raise NotYourLink
        AddressLink.objects.filter(pk=link.pk).update(used_at=now)
        link.used_at = now
        return effect(link)
