"""Decisions about lines of bank statements: for orders, a provider's payout, unallocated money, or set aside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from catalog.pricing import ZERO
from common.again import again_after_deadlock
from common.refusals import Refused
from shop.orders.locks import lock_order_by
from shop.orders.models import Order
from shop.orders.second_person import confirm_or_ask
from shop.payments.models import PaymentEvent
from shop.payments.port import ProviderEvent
from shop.payments.providers.transfer import provider as transfer
from shop.payments.refunds.models import Refund
from shop.payments.services import settle
from shop.payments.statements.matching import proposals_for, sure_proposal
from shop.payments.statements.models import MAX_NOTE, LineShare, StatementLine
from shop.payments.statements.refunds import on_their_way, sent_for, sure_refund
from shop.payments.transfers_back.services import note_arrived
from shop.postings import services as postings

if TYPE_CHECKING:
    from accounts.people.models import User

State = StatementLine.State


class LineDecided(Refused):
    """Refusal because somebody has decided about this line already."""

    message = _("This line is decided already.")


class NoMoneyCame(Refused):
    """Refusal to give to an order what left the account."""

    message = _("This money left the account: no order is paid by it.")


class MoneyCame(Refused):
    """Refusal to take money that came for a refund that left."""

    message = _("This money came to the account: it is no refund.")


class NothingOnItsWay(Refused):
    """Refusal because not as much was sent back for the order, or a line has shown it already."""

    message = _("No such amount is on its way back. Look at the order, or at the refund.")


class SharesDiffer(Refused):
    """Refusal of orders whose amounts do not make the line's, or that are in another currency."""

    message = _("The amounts of the orders do not make the amount of this line. Look at it again.")


class WhyMissing(Refused):
    """Refusal to set a line aside without a reason."""

    field = "note"
    message = _("Say why this line concerns no order.")


@dataclass(frozen=True)
class Confirmed:
    """Result of a confirmed line: `outcomes` of its payments; `waits` for a second person, and is confirmed later."""

    outcomes: tuple[str, ...]
    waits: bool = False

    @property
    def needs_attention(self) -> bool:
        return any(outcome in PaymentEvent.NEEDS_ATTENTION for outcome in self.outcomes)


@again_after_deadlock
@transaction.atomic
def confirm_line(*, line_id: int, shares: Sequence[tuple[int, Decimal]], actor: User, now: datetime) -> Confirmed:
    """Confirm that a line's money came for orders, each with its amount: it goes the way of money confirmed by hand.

    Money that was confirmed by hand before is only noted as arrived at the bank. Locks the line, then each order by
    key. Raises LineDecided, NoMoneyCame, SharesDiffer, what `confirm_received` raises, and StatementLine.DoesNotExist.
    """
    line = _lock(line_id)
    if line.amount <= 0:
        raise NoMoneyCame
    orders = Order.objects.in_bulk([order_id for order_id, _amount in shares])
    total = sum((amount for _order_id, amount in shares), ZERO)
    if len(orders) != len(shares) or total != line.amount or any(amount <= 0 for _order_id, amount in shares):
        raise SharesDiffer
    if any(order.currency != line.currency for order in orders.values()):
        raise SharesDiffer
    known = {share.order.pk for found in proposals_for(line) if found.is_known for share in found.shares}
    outcomes, waits = [], False
    for order_id, amount in sorted(shares):
        if order_id in known and len(shares) == 1:
            outcomes.append(str(PaymentEvent.Outcome.KNOWN))
            continue
        outcome, approval = confirm_or_ask(
            order_id=order_id,
            amount=amount,
            reference=reference_of(line),
            is_what_arrived=True,
            actor=actor,
            now=now,
        )
        outcomes.append(outcome)
        waits = waits or approval is not None
    if waits:
        return Confirmed(tuple(outcomes), waits=True)
    LineShare.objects.bulk_create(
        [LineShare(line=line, order_id=order_id, amount=amount) for order_id, amount in sorted(shares)]
    )
    for order_id, amount in sorted(shares):
        postings.post_banked(f"{line.pk}:{order_id}", order_id, amount, line.currency, part=transfer.name, at=now)
    _decide(line, State.MATCHED, actor=actor, now=now)
    return Confirmed(tuple(outcomes))


@transaction.atomic
def note_payout(*, line_id: int, provider: str, actor: User, now: datetime) -> None:
    """Note that a line is what a payment provider paid out: money in transit has arrived. Locks the line; raises
    LineDecided, NoMoneyCame and StatementLine.DoesNotExist."""
    line = _lock(line_id)
    if line.amount <= 0:
        raise NoMoneyCame
    postings.post_banked(str(line.pk), None, line.amount, line.currency, part=provider, at=now)
    _decide(line, State.PAYOUT, actor=actor, now=now, provider=provider)


@again_after_deadlock
@transaction.atomic
def keep_line(*, line_id: int, actor: User, now: datetime) -> None:
    """Record a line's money as unallocated: it is shown among the payments that need attention. Locks the line; raises
    LineDecided, NoMoneyCame and StatementLine.DoesNotExist."""
    line = _lock(line_id)
    if line.amount <= 0:
        raise NoMoneyCame
    key = f"line:{line.identity}"
    settle(
        event=ProviderEvent(
            provider=transfer.name,
            event_id=key,
            reference=key,
            kind=PaymentEvent.Kind.SUCCEEDED,
            order_number="",
            amount=line.amount,
            currency=line.currency,
            payload={"line": line.pk},
        ),
        actor=actor,
        now=now,
    )
    postings.post_banked(str(line.pk), None, line.amount, line.currency, part=transfer.name, at=now)
    _decide(line, State.KEPT, actor=actor, now=now)


@again_after_deadlock
@transaction.atomic
def confirm_paid_back(*, line_id: int, order_id: int, actor: User, now: datetime) -> None:
    """Confirm that a line is what the merchant noted as paid back for an order: it has left the bank. Locks the line,
    then the order. Raises LineDecided, MoneyCame, NothingOnItsWay, also for an order that is not there, and
    StatementLine.DoesNotExist."""
    line = _lock_left(line_id)
    order = lock_order_by(pk=order_id)
    if order is None or on_their_way(line.currency, orders=[order_id]).get(order_id, ZERO) < -line.amount:
        raise NothingOnItsWay
    LineShare.objects.create(line=line, order=order, amount=-line.amount)
    postings.post_refund_left(line.pk, order, -line.amount, at=now)
    _decide(line, State.REFUND, actor=actor, now=now)


@again_after_deadlock
@transaction.atomic
def confirm_transfer(*, line_id: int, refund_id: int, actor: User, now: datetime) -> None:
    """Confirm that a line is a refund by transfer: it has reached its end. One that the merchant noted as arrived
    before changes nothing more. Locks the line, then the refund's order and the refund. Raises LineDecided, MoneyCame,
    NothingOnItsWay and StatementLine.DoesNotExist."""
    line = _lock_left(line_id)
    shown = (sent.refund for sent in sent_for(line) if sent.refund is not None)
    refund = next((refund for refund in shown if refund.pk == refund_id), None)
    if refund is None:
        raise NothingOnItsWay
    note_arrived(refund_id=refund_id, now=now)
    if StatementLine.objects.filter(refund=refund_id).exists():  # by another line, before this one had the lock
        raise NothingOnItsWay
    if refund.order is not None:
        LineShare.objects.create(line=line, order=refund.order, amount=-line.amount)
    _decide(line, State.REFUND, actor=actor, now=now, refund=refund)


def _lock_left(line_id: int) -> StatementLine:
    line = _lock(line_id)
    if line.amount > 0:
        raise MoneyCame
    return line


@transaction.atomic
def note_fee(*, line_id: int, actor: User, now: datetime) -> None:
    """Note that a line is a fee of the bank, or one that it gives back. Locks the line; raises LineDecided and
    StatementLine.DoesNotExist."""
    line = _lock(line_id)
    postings.post_bank_fee(line.pk, -line.amount, line.currency, at=now)
    _decide(line, State.FEE, actor=actor, now=now)


@transaction.atomic
def set_aside(*, line_id: int, note: str, actor: User, now: datetime) -> None:
    """Note that a line concerns no order, with the reason. Locks the line; raises LineDecided, WhyMissing and
    StatementLine.DoesNotExist."""
    line = _lock(line_id)
    note = note.replace("\0", "").strip()[:MAX_NOTE]
    if not note:
        raise WhyMissing
    _decide(line, State.SET_ASIDE, actor=actor, now=now, note=note)


def confirm_sure_lines(*, actor: User, now: datetime, at_most: int) -> tuple[int, int]:
    """Confirm the open lines whose reference and exact amount tell their orders or refunds, the oldest first; return
    how many were confirmed, and how many wait for a second person or were refused. Those keep no later line from its
    turn, unless they are ten times `at_most`. Each line is a transaction of its own."""
    confirmed = left = 0
    lines = StatementLine.objects.filter(state=State.OPEN).order_by("booked_on", "pk")
    for line in lines.iterator(chunk_size=200):
        try:
            done = _confirm_if_sure(line, actor=actor, now=now)
        except Refused:
            done = Confirmed((), waits=True)
        if done is not None:
            confirmed, left = confirmed + (not done.waits), left + done.waits
        if confirmed >= at_most or left >= 10 * at_most:
            break
    return confirmed, left


def _confirm_if_sure(line: StatementLine, *, actor: User, now: datetime) -> Confirmed | None:
    proposal = sure_proposal(line)
    if proposal is not None:
        shares = [(share.order.pk, share.amount) for share in proposal.shares]
        return confirm_line(line_id=line.pk, shares=shares, actor=actor, now=now)
    sent = sure_refund(line)
    if sent is None:
        return None
    if sent.refund is not None:
        confirm_transfer(line_id=line.pk, refund_id=sent.refund.pk, actor=actor, now=now)
    elif sent.order is not None:
        confirm_paid_back(line_id=line.pk, order_id=sent.order.pk, actor=actor, now=now)
    return Confirmed(())


def reference_of(line: StatementLine) -> str:
    """Return the reference under which a line's money is recorded: the same for the same line."""
    return f"{line.bank_reference[:40]} {line.booked_on:%Y%m%d} {line.identity[:12]}".strip()


def _lock(line_id: int) -> StatementLine:
    line = StatementLine.objects.select_for_update(no_key=True).get(pk=line_id)
    if line.state != State.OPEN:
        raise LineDecided
    return line


def _decide(line: StatementLine, state: State, *, actor: User, now: datetime, **also: str | Refund) -> None:
    decided = {"state": state, "decided_at": now, "decided_by": actor, **also}
    StatementLine.objects.filter(pk=line.pk, state=State.OPEN).update(**decided)
