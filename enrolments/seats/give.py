"""Giving unassigned seats of a pack to another customer account, by the merchant."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.members.models import CustomerAccount, Membership
from accounts.people.models import User
from common.again import again_after_deadlock
from common.refusals import Refused
from common.words import in_words
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.history.models import SeatEvent
from enrolments.seats.models import Seat, SeatState
from enrolments.seats.reasons import SeatReason
from outbox.mails.services import NewMail, queue_mails

# As many are written in one transaction.
MOST = 10_000
# Columns of a given batch that are its own; the rest are the terms of the line.
OWN = ("id", "account_id", "given_from_id")


class NothingToGive(Refused):
    """Refusal to give seats of a session, which belong to its group."""

    message = _("Only seats of a pack can be given to another account, not those of a session.")


class SeatsElsewhere(Refused):
    """Refusal when the seats have gone to another account since the page was opened."""

    message = _("These seats have another customer account meanwhile. Look at the page again.")


class NoReceiver(Refused):
    """Refusal of an account that nobody owns yet, or no longer: the seats would be lost with it."""

    message = _("Nobody owns this customer account yet: seats cannot be given to it.")
    field = "account"


class GivenToItself(Refused):
    """Refusal to give seats to the account that has them."""

    message = _("The seats are in this customer account already. Choose another one.")
    field = "account"


class TooFewFree(Refused):
    """Refusal when fewer seats are free than are to be given: `free` are left."""

    field = "number"

    def __init__(self, free: int) -> None:
        super().__init__(
            in_words(
                lambda: (
                    ngettext(
                        "Only %(n)d of these seats is free. Nothing was given.",
                        "Only %(n)d of these seats are free. Nothing was given.",
                        free,
                    )
                    % {"n": free}
                )
            )
        )
        self.free = free


@dataclass(frozen=True, slots=True)
class Given:
    """Result of a giving: the batch that the seats are in now, and the keys of the seats."""

    batch: SeatBatch
    seat_ids: list[int]


@again_after_deadlock
def give_seats(
    *,
    batch_id: int,
    from_account_id: int,
    to_account_id: int,
    number: int,
    actor: User,
    reason: str,
    now: datetime.datetime,
) -> Given:
    """Give free seats of a pack to another account, the last ones first; all of them or none.

    The seats keep their terms and stay seats of the line that paid for them, so that giving the line back takes them
    too. Each account has its own row in the history of each seat, with the reason; both accounts' owners are mailed.
    Seats given back to the account that paid are in its own batch again. `from_account_id` is the account that the
    caller saw.

    Locks the accounts by key, the one that gives against whoever assigns or keeps its seats meanwhile (FOR UPDATE),
    the batch, then the seats by key. A constant number of statements. Raises SeatsElsewhere, NothingToGive,
    GivenToItself, NoReceiver, TooFewFree.
    """
    with transaction.atomic():
        accounts = _lock_accounts(from_account_id, to_account_id)
        batch = (
            SeatBatch.objects.select_for_update(no_key=True, of=("self",))
            .select_related("given_from")
            .filter(pk=batch_id)
            .first()
        )
        if batch is None or batch.account_id != from_account_id or from_account_id not in accounts:
            raise SeatsElsewhere
        if batch.source != SeatBatch.Source.PACK:
            raise NothingToGive
        if to_account_id == from_account_id:
            raise GivenToItself
        to_account = accounts.get(to_account_id)
        if to_account is None or not _owners(to_account):
            raise NoReceiver
        seats = _lock_free(batch, number, now)
        target = _batch_of(to_account, batch)
        Seat.objects.filter(pk__in=[seat.pk for seat in seats]).update(batch=target, account=to_account, team=None)
        _write_history(seats, to_account, actor, reason, now)
        _tell(accounts[from_account_id], to_account, batch, len(seats), reason, now)
    return Given(batch=target, seat_ids=[seat.pk for seat in seats])


def _lock_accounts(from_id: int, to_id: int) -> dict[int, CustomerAccount]:
    """Lock both accounts by key: the one that gives FOR UPDATE, the other one FOR NO KEY UPDATE."""
    found: dict[int, CustomerAccount] = {}
    for pk in sorted({from_id, to_id}):
        locked = CustomerAccount.objects.select_for_update(no_key=pk != from_id).filter(pk=pk).first()
        if locked is not None:
            found[pk] = locked
    return found


def _lock_free(batch: SeatBatch, number: int, now: datetime.datetime) -> list[Seat]:
    free = Seat.objects.assignable_at(now).filter(batch=batch)
    last = list(free.order_by("-pk").values_list("pk", flat=True)[:number])
    seats = list(free.filter(pk__in=last).select_for_update(no_key=True, of=("self",)).order_by("pk"))
    if len(seats) < number:
        raise TooFewFree(len(seats))
    return seats


def _batch_of(account: CustomerAccount, batch: SeatBatch) -> SeatBatch:
    """Return the account's batch of the line: the line's own for the account that paid, else one made from it."""
    paid = batch.given_from or batch
    if paid.account_id == account.pk:
        return paid
    columns = (field.attname for field in SeatBatch._meta.concrete_fields)
    terms = {name: getattr(paid, name) for name in columns if name not in OWN}
    given, _is_new = SeatBatch.objects.get_or_create(given_from=paid, account=account, defaults=terms)
    return given


def _write_history(
    seats: list[Seat], to_account: CustomerAccount, actor: User, reason: str, now: datetime.datetime
) -> None:
    """Write, for each seat, its leaving into the history of one account and its coming into that of the other."""
    SeatEvent.objects.bulk_create(
        SeatEvent(
            seat_id=seat.pk,
            account_id=account_id,
            at=now,
            actor=actor,
            from_state=from_state,
            to_state=SeatState.AVAILABLE,
            reason=reason or standard,
            given_to=given_to,
        )
        for seat in seats
        for account_id, from_state, standard, given_to in (
            (seat.account_id, SeatState.AVAILABLE, SeatReason.GIVEN, to_account),
            (to_account.pk, "", SeatReason.RECEIVED, None),
        )
    )


def _owners(account: CustomerAccount) -> list[User]:
    members = Membership.objects.filter(account=account, is_owner=True, user__is_active=True)
    return [member.user for member in members.select_related("user").order_by("pk")]


def _tell(
    from_account: CustomerAccount,
    to_account: CustomerAccount,
    batch: SeatBatch,
    number: int,
    reason: str,
    now: datetime.datetime,
) -> None:
    """Mail the owners of both accounts; neither account is named to the other."""
    for kind, account in (("seats_given_away", from_account), ("seats_received", to_account)):
        queue_mails(
            [
                NewMail(
                    kind=kind,
                    key=f"{kind}:{batch.pk}:{to_account.pk}:{now.isoformat()}:{owner.pk}",
                    recipient=owner.email,
                    language=owner.language or settings.LANGUAGE_CODE,
                    context={
                        "account_name": account.name,
                        "number": number,
                        "entry": dict(batch.entry_name),
                        "entry_code": batch.entry_code,
                        "order_number": batch.order_number if kind == "seats_given_away" else "",
                        "reason": reason,
                    },
                    account_id=account.pk,
                    person_id=owner.pk,
                )
                for owner in _owners(account)
            ]
        )
