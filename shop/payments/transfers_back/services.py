"""Transfers that send money back: put into a file, given to the bank, followed to their end."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.people.models import User
from common.again import again_after_deadlock
from common.moments import local_day
from common.refusals import Refused
from shop.orders.models import Order
from shop.payments.port import RefundAnswer, RefundState
from shop.payments.refunds.following import note_answer
from shop.payments.refunds.models import Refund
from shop.payments.transfers_back.models import TransferFile, new_message_id
from shop.payments.transfers_back.sepa import end_to_end_of, file_of
from shop.seller.models import ShopIdentity

Way, State = Refund.Way, Refund.State
# Fewer than banks take in one file.
MOST_IN_A_FILE = 1000


class NothingToTransfer(Refused):
    """Refusal because none of the chosen refunds waits for a transfer."""

    message = _("None of these refunds waits to be sent by transfer.")


class TooMany(Refused):
    """Refusal of more transfers than a bank takes in one file."""

    message = _("A file holds 1,000 transfers at most. Choose fewer.")


class NoBankAccount(Refused):
    """Refusal because the shop's own bank account is not known."""

    message = _("Enter the shop’s name and IBAN under “Seller” first: the transfers start there.")


class FileClosed(Refused):
    """Refusal because the file was given to the bank, or discarded."""

    message = _("This file was given to the bank already, or discarded.")


class NotUnderWay(Refused):
    """Refusal because the refund is no transfer, or has reached its end."""

    message = _("This refund is no transfer that is under way.")


@again_after_deadlock
@transaction.atomic
def make_file(*, refund_ids: Collection[int], execute_on: date, actor: User, now: datetime) -> TransferFile:
    """Put those of some refunds that wait for a transfer into a new file. Locks their orders, then them, by key.

    Raises NoBankAccount, NothingToTransfer and TooMany.
    """
    seller = _seller()
    refunds = [
        refund
        for refund in _locked(refund_ids)
        if refund.state == State.ASKED and refund.file_id is None and refund.payee and not refund.payee.is_blank
    ]
    if not refunds:
        raise NothingToTransfer
    if len(refunds) > MOST_IN_A_FILE:
        raise TooMany
    file = TransferFile.objects.create(
        message_id=new_message_id(), made_at=now, made_by=actor, execute_on=max(execute_on, local_day(now))
    )
    Refund.objects.filter(pk__in=[refund.pk for refund in refunds]).update(file=file)
    # A file that the bank would refuse is refused here.
    file_of(file, refunds, seller)
    return file


def refunds_of(file: TransferFile) -> Sequence[Refund]:
    """Return the refunds of a file, by key, with their orders and bank accounts. One query."""
    return list(Refund.objects.filter(file=file).select_related("order", "payee").order_by("pk"))


def content_of(file: TransferFile) -> bytes:
    """Return the file as the bank gets it. Raises FileClosed for one that was discarded, or whose bank accounts were
    blanked since, and NoBankAccount."""
    refunds = refunds_of(file)
    if not refunds or any(refund.payee is None or refund.payee.is_blank for refund in refunds):
        raise FileClosed
    return file_of(file, refunds, _seller())


def _seller() -> ShopIdentity:
    seller = ShopIdentity.current()
    if not seller.iban or not seller.name:
        raise NoBankAccount
    return seller


@again_after_deadlock
@transaction.atomic
def discard_file(*, file_id: int, now: datetime) -> None:
    """Discard a file that nobody gave to the bank: its refunds wait for a transfer again. Locks the file, their orders
    and them. Raises FileClosed and TransferFile.DoesNotExist."""
    file = _lock_open(file_id)
    _locked(file.refunds.values_list("pk", flat=True))
    file.refunds.update(file=None)
    TransferFile.objects.filter(pk=file.pk).update(discarded_at=now)


@again_after_deadlock
@transaction.atomic
def mark_sent(*, file_id: int, actor: User, now: datetime) -> int:
    """Note that a file was given to the bank: its refunds are under way, and the customers are told. Return their
    number. Locks the file, then each order and refund by key. Raises FileClosed and TransferFile.DoesNotExist."""
    file = _lock_open(file_id)
    TransferFile.objects.filter(pk=file.pk).update(sent_at=now, sent_by=actor)
    refunds = _locked(file.refunds.values_list("pk", flat=True))
    for refund in refunds:
        answer = RefundAnswer(RefundState.PENDING, end_to_end_of(refund))
        note_answer(refund_id=refund.pk, answer=answer, now=now)
    return len(refunds)


@transaction.atomic
def note_arrived(*, refund_id: int, now: datetime) -> None:
    """Note that a transfer has left the bank account, as a statement or the merchant says; once it has, nothing
    changes. Locks its order, then it. Raises NotUnderWay."""
    _end(refund_id, RefundState.SUCCEEDED, "", now=now)


@transaction.atomic
def note_came_back(*, refund_id: int, now: datetime) -> None:
    """Note that a transfer did not reach the customer, or will not be made: the money is owed again. Also of one that
    had left. Locks its order, then it. Raises NotUnderWay."""
    _end(refund_id, RefundState.FAILED, "came_back", now=now)


def _end(refund_id: int, state: RefundState, reason: str, *, now: datetime) -> None:
    refund = next(iter(_locked([refund_id])), None)
    if refund is None or refund.state == State.FAILED:
        raise NotUnderWay
    if state is RefundState.FAILED and refund.state == State.ASKED and refund.file_id is not None:
        # Else the bank would send it all the same.
        raise InAFile
    note_answer(refund_id=refund_id, answer=RefundAnswer(state, end_to_end_of(refund), reason), now=now)


class InAFile(Refused):
    """Refusal to call a transfer off that stands in a file for the bank."""

    message = _("This transfer stands in a file for the bank. Discard the file first, or note that it was given.")


def _lock_open(file_id: int) -> TransferFile:
    file = TransferFile.objects.select_for_update(no_key=True, of=("self",)).get(pk=file_id)
    if not file.is_open:
        raise FileClosed
    return file


def _locked(refund_ids: Collection[int]) -> list[Refund]:
    """Lock transfers with their orders first, by key; others are left out."""
    keys = list(refund_ids)
    of_orders = Refund.objects.filter(pk__in=keys, way=Way.TRANSFER).values("order")
    list(Order.objects.select_for_update(no_key=True).filter(pk__in=of_orders).order_by("pk").values_list("pk"))
    rows = Refund.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=keys, way=Way.TRANSFER)
    return list(rows.select_related("order", "payee").order_by("pk"))
