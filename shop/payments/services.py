"""Payments: the methods an order may use, and `settle`, through which every confirmation goes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from common.again import again_after_deadlock
from common.plain_inserts import insert_if_new, insert_row
from common.plain_rows import plain_row, plain_rows
from common.refusals import Refused
from shop.checkout.buyers import methods_allowed
from shop.orders import mails
from shop.orders.history.models import OrderEvent
from shop.orders.locks import lock_order, lock_order_by
from shop.orders.models import Order
from shop.orders.standing import CONFIRMED
from shop.orders.transitions import record
from shop.payments.afterwards import note_afterwards
from shop.payments.attempts.answers import note_answer, open_references, request_begun
from shop.payments.models import Payment, PaymentEvent
from shop.payments.port import ENDED, UNDER_WAY, Message, Notice, Provider, ProviderEvent, check_event
from shop.payments.providers import transfer
from shop.payments.registry import get_provider, providers
from shop.payments.requests.asked import Asked, amounts_expected, asked_of, still_to_come
from shop.payments.requests.links import ToPay, to_pay
from shop.payments.requests.receiving import receive
from shop.payments.saved_cards.saving import hear_of_card, open_savings
from shop.payments.second_charges.services import queue_second_charge
from shop.postings import services as postings
from shop.seller.models import ShopIdentity, unpaid_time

if TYPE_CHECKING:
    from accounts.people.models import User

Outcome = PaymentEvent.Outcome
# Outcome of a message that tells of no money.
CARD_SAVED = "card_saved"


class MethodNotAllowed(Refused):
    """Refusal of a payment method for an order."""

    message = _("This order cannot be paid like this. Choose one of the methods shown.")


class AmountDiffers(Refused):
    """Refusal of a typed amount that is not asked for, without the confirmation that it is what arrived."""

    field = "amount"
    message = _("The order's total is different. Correct the amount, or tick «this is what arrived» to record it.")


class ReferenceKnown(Refused):
    """Refusal of a typed reference that is recorded with another amount of the order."""

    field = "reference"
    message = _("This reference has been recorded for this order already, with another amount. Type another reference.")


def methods_for(order: Order, asked: Sequence[Asked] | None = None) -> list[Provider]:
    """Return the methods by which an order may be paid now, as the server decides; [] if nothing is asked for.

    Promises are open to the kinds of buyers that `shop.checkout.buyers` names. The amount that a confirmed order still
    owes is paid on a provider's page, or by transfer without choosing it. `asked` is what the order asks for where that
    is known; else one query more for a confirmed order.
    """
    if order.status == Order.Status.PLACED:
        allowed = methods_allowed(order.bought_by, [provider.name for provider in providers()])
        return [provider for provider in providers() if provider.name in allowed and provider.offers(order)]
    if order.status not in CONFIRMED or still_to_come(asked_of(order) if asked is None else asked) <= 0:
        return []
    return [provider for provider in providers() if provider.has_page and provider.offers(order)]


def allowed_method(order: Order, method: str) -> Provider:
    """Return the provider of a posted method. Raises MethodNotAllowed."""
    for provider in methods_for(order):
        if provider.name == method:
            return provider
    raise MethodNotAllowed


@transaction.atomic
def choose_method(*, order_id: int, method: str, actor: User | None, now: datetime) -> Provider:
    """Record the customer's choice of a payment method. Locks the order; raises MethodNotAllowed.

    The unpaid time counts from the placing of the order, whatever was chosen before; a choice never shortens it.
    """
    order = lock_order(order_id)
    provider = allowed_method(order, method)
    allowed = unpaid_time(ShopIdentity.current(), immediate=provider.is_immediate, zero_total=False)
    expires_at = max(order.expires_at, order.placed_at + allowed)
    changed = order.method != provider.name
    Order.objects.filter(pk=order.pk, status=Order.Status.PLACED).update(method=provider.name, expires_at=expires_at)
    if changed:
        record(order, OrderEvent.What.METHOD_CHOSEN, actor=actor, now=now, detail={"method": provider.name})
        if not provider.is_immediate and not provider.is_promise:
            mails.queue_payment_instructions(order, provider, now=now)
    return provider


def to_pay_by(*, token: str, provider: Provider) -> ToPay:
    """Return what is paid on a provider's page with this token. Raises Http404 unless something is asked for and may be
    paid by this provider."""
    found = to_pay(token)
    if found is None or provider not in methods_for(found.order):
        raise Http404
    return found


@transaction.atomic
def begin_payment(
    *, order_id: int, provider: Provider, reference: str, now: datetime, amount: Decimal | None = None
) -> Payment:
    """Record a charge of an amount, by default of the order's total, before the customer makes it, so that the server
    can ask about it. Locks the order; raises MethodNotAllowed."""
    order = lock_order(order_id)
    allowed_method(order, provider.name)
    payment = Payment(
        provider=provider.name,
        reference=reference,
        order=order,
        amount=order.gross if amount is None else amount,
        currency=order.currency,
        created_at=now,
    )
    insert_row(payment)
    return payment


def receive_notification(*, provider: Provider, message: Message, now: datetime) -> str | None:
    """Look up and settle the payment of a provider's message; return the outcome, None if nothing follows from it.

    A message that does not concern the shop leaves no trace. Raises Forged for one that the provider did not sign,
    NotificationRefused for one that cannot be recorded as reported, Unreachable and CallRefused.
    """
    notice = provider.verify(message)
    if notice is None:
        return None
    outcome = ask_about(provider, notice, now=now)
    return CARD_SAVED if outcome is None and hear_of_card(provider, notice.reference, now=now) else outcome


def ask_provider(*, order: Order, provider: Provider, now: datetime) -> None:
    """Ask the provider, at the customer's return, about the open payments of the order, and settle them by its
    answers alone. Raises Unreachable and CallRefused."""
    rest = "WHERE order_id = %s AND provider = %s AND status = %s ORDER BY id"
    pending = plain_rows(Payment, rest, [order.pk, provider.name, Payment.Status.PENDING])
    references = [payment.reference for payment in pending] + open_references(order.pk, provider.name)
    for reference in dict.fromkeys(references):
        ask_about(provider, Notice(reference=reference), now=now)
    for reference in open_savings(order.pk, provider):
        hear_of_card(provider, reference, now=now)


def ask_about(provider: Provider, notice: Notice, *, now: datetime) -> str | None:
    """Look a payment up at the provider and settle it; return the outcome, or the kind of an event without one, of the
    last event; None while nobody has paid. Raises NotificationRefused, Unreachable and CallRefused."""
    return settle_told(provider.fetch_all(notice, now=now), now=now)


def settle_told(events: Iterable[ProviderEvent], *, now: datetime) -> str | None:
    """Settle what a provider has told of a payment; return like `ask_about`. Raises NotificationRefused."""
    outcome = None
    for event in events:
        check_event(event)
        outcome = event.kind if event.kind in (UNDER_WAY, ENDED) else settle(event=event, now=now)
        note_answer(event, now=now)
    return outcome


def confirm_received(
    *,
    order_id: int,
    amount: Decimal,
    reference: str,
    actor: User,
    is_what_arrived: bool,
    now: datetime,
) -> str:
    """Settle a payment on the merchant's confirmation. Returns the outcome; raises AmountDiffers and ReferenceKnown."""
    order = Order.objects.get(pk=order_id)
    if not is_what_arrived and amount not in amounts_expected(order):
        raise AmountDiffers
    event = transfer.received(order_number=order.number, reference=reference, amount=amount, currency=order.currency)
    known = PaymentEvent.objects.filter(provider=event.provider, event_id=event.event_id).first()
    if known is not None and known.amount != amount:
        # Without a refusal, the new amount would seem to have been recorded.
        raise ReferenceKnown
    return settle(event=event, actor=actor, now=now)


@again_after_deadlock
@transaction.atomic
def settle(*, event: ProviderEvent, actor: User | None = None, now: datetime) -> str:
    """Record an event reported by a provider, and pay the order if amount and currency are right and it is unpaid; an
    order that has ended unpaid, or that waits without its places, is paid if they can be held again.

    Locks, in this order: the event's key, the order, the payment; the courses if places have to be held again. A
    repeated event, events out of order and a second charge have no second effect. A dispute, or a refund that the shop
    did not send, is recorded and shown to the merchant, and changes neither the order's state nor payment nor
    settlement; a dispute freezes the orders that the money pays for, and what the bank takes back is owed again
    (`follow_dispute`). Returns the event's outcome. Raises ValueError for an unknown kind of event.
    """
    row, is_new = _record_event(event, actor=actor, now=now)
    if not is_new:
        return row.outcome
    payment: Payment | None
    if row.is_afterwards:
        order, payment, outcome = note_afterwards(row, event, now=now)
    else:
        order = lock_order_by(number=event.order_number)
        payment = _payment_of(event, order, now=now)
        outcome = _outcome(event, order, payment, actor=actor, now=now)
    PaymentEvent.objects.filter(pk=row.pk).update(order=order, payment=payment, outcome=outcome)
    if order is not None and outcome in PaymentEvent.NEEDS_ATTENTION:
        detail = {"kind": row.kind, "outcome": outcome} if row.is_afterwards else {"outcome": outcome}
        record(order, OrderEvent.What.MONEY_RECORDED, actor=actor, now=now, detail=detail)
    if outcome == Outcome.SECOND_CHARGE:
        row.order = order
        queue_second_charge(row)
    if outcome in PaymentEvent.NEEDS_ATTENTION:
        mails.queue_money_needs_attention(row, order, outcome)
    return outcome


def _record_event(event: ProviderEvent, *, actor: User | None, now: datetime) -> tuple[PaymentEvent, bool]:
    """Return the event's row, and whether this call created it. Waits for a transaction that is creating it. One about
    money received earlier is read as it is stored."""
    new = PaymentEvent(
        provider=event.provider,
        event_id=event.event_id,
        order_number=event.order_number,
        kind=PaymentEvent.Kind(event.kind),
        amount=event.amount,
        currency=event.currency,
        payload=dict(event.payload),
        actor=actor,
        received_at=now,
        outcome="",
    )
    if insert_if_new(new) and not new.is_afterwards:
        return new, True
    row = plain_row(PaymentEvent, "WHERE provider = %s AND event_id = %s", [event.provider, event.event_id])
    assert row is not None  # written by this call or before
    return row, row.outcome == ""


def _payment_of(event: ProviderEvent, order: Order | None, *, now: datetime) -> Payment:
    """Return the payment's row, locked; created at its first event."""
    new = Payment(
        provider=event.provider,
        reference=event.reference,
        order=order,
        amount=event.amount,
        currency=event.currency,
        created_at=now,
    )
    if insert_if_new(new):
        return new
    return Payment.objects.select_for_update(no_key=True).get(provider=event.provider, reference=event.reference)


def _outcome(event: ProviderEvent, order: Order | None, payment: Payment, *, actor: User | None, now: datetime) -> str:
    if event.kind == PaymentEvent.Kind.DECLINED:
        return _declined(order, payment, now=now)
    if payment.status != Payment.Status.SUCCEEDED:
        # A success after a decline settles: the money is there.
        payment.status, payment.amount, payment.currency = Payment.Status.SUCCEEDED, event.amount, event.currency
        payment.save(update_fields=("status", "amount", "currency"))
        postings.post_money_in(payment, order, now=now)
        return _outcome_of_money(event, order, payment, is_new=True, actor=actor, now=now)
    if (event.amount, event.currency) != (payment.amount, payment.currency):
        return Outcome.MISMATCH
    if payment.events.filter(handlings__undone_at__isnull=True, handlings__isnull=False).exists():
        return Outcome.KNOWN  # the merchant has dealt with this money, and it pays for nothing any more
    if payment.charge_backs.exists():
        return Outcome.KNOWN  # told again of money that the bank took back since
    outcome = _outcome_of_money(event, order, payment, is_new=False, actor=actor, now=now)
    order_id = order.pk if order else None
    # An unallocated payment was shown at its first event already; late money may find its places by now.
    return Outcome.KNOWN if outcome in PaymentEvent.NEEDS_ATTENTION and payment.order_id == order_id else outcome


def _outcome_of_money(
    event: ProviderEvent, order: Order | None, payment: Payment, *, is_new: bool, actor: User | None, now: datetime
) -> str:
    if order is None:
        return Outcome.UNKNOWN_ORDER
    if payment.order_id != order.pk:
        return Outcome.MISMATCH
    if not is_new and payment.allocations.filter(released_at__isnull=True).exists():
        return Outcome.KNOWN
    method = get_provider(payment.provider)
    return receive(
        order,
        payment,
        amount=event.amount,
        in_pieces=method is not None and method.takes_pieces,
        begun_for=lambda: request_begun(event),
        is_new=is_new,
        actor=actor,
        now=now,
    )


def _declined(order: Order | None, payment: Payment, *, now: datetime) -> str:
    if Payment.objects.filter(pk=payment.pk, status=Payment.Status.PENDING).update(status=Payment.Status.DECLINED) != 1:
        return Outcome.KNOWN
    if order is not None and order.status == Order.Status.PLACED:
        record(order, OrderEvent.What.DECLINED, actor=None, now=now)
    return Outcome.DECLINED
