"""Notes of staff: written and read, never changed."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.members.models import CustomerAccount
from accounts.people.models import User
from common.refusals import Refused
from shop.notes.models import Note
from shop.orders.models import Order

NOTES_SHOWN = 100


class NoteRefused(Refused):
    """Refusal of a note that is blank or too long."""

    field = "text"
    message = _("Type a note of at most 2,000 characters.")


def add_note(
    *, text: str, author: User, now: datetime, order: Order | None = None, account: CustomerAccount | None = None
) -> Note:
    """Write a note about an order or an account. Locks nothing. Raises NoteRefused."""
    typed = text.replace("\0", "").strip()
    if not typed or len(typed) > Note.TEXT_LENGTH:
        raise NoteRefused
    return Note.objects.create(order=order, account=account, text=typed, author=author, at=now)


def notes_of_order(order: Order) -> list[Note]:
    """Return the notes on an order and on its account, the newest first. One query."""
    return list(
        Note.objects.filter(Q(order=order.pk) | Q(account=order.account_id)).select_related("author")[:NOTES_SHOWN]
    )


def notes_of_account(account: CustomerAccount) -> list[Note]:
    """Return the notes on an account, the newest first. One query."""
    return list(Note.objects.filter(account=account.pk).select_related("author")[:NOTES_SHOWN])


def move_notes(*, source: CustomerAccount, target: CustomerAccount) -> None:
    """Give the notes on one account to another."""
    Note.objects.filter(account=source.pk).update(account=target.pk)
