"""Answers of providers about attempts, noted beside the settlement. Nothing here changes an order."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from common.plain_inserts import insert_rows
from common.plain_rows import plain_rows
from shop.orders.models import Order
from shop.payments.attempts.models import PaymentAttempt
from shop.payments.models import Payment, PaymentEvent
from shop.payments.port import ENDED, UNDER_WAY, ProviderEvent, Started

# Longer than a bank takes: a weekend and holidays are among the days of a direct debit.
WAITS_FOR_BANKS = timedelta(days=8)
_ANSWERS = (PaymentEvent.Kind.SUCCEEDED, PaymentEvent.Kind.DECLINED, ENDED)


def open_references(order_id: int, provider: str) -> list[str]:
    """Return the references under which an order's open attempts are known at a provider. One query."""
    rest = "WHERE order_id = %s AND provider = %s AND state = %s ORDER BY id"
    attempts = plain_rows(PaymentAttempt, rest, [order_id, provider, PaymentAttempt.State.STARTED])
    return [attempt.reference for attempt in attempts]


def note_started(attempt: PaymentAttempt, started: Started) -> bool:
    """Note reference and address of an attempt that waits for them; tell whether it did. Locks the attempt.

    The other of two processes notes the same: the provider answers one key alike.
    """
    waiting = PaymentAttempt.objects.filter(pk=attempt.pk, state=PaymentAttempt.State.BEGUN)
    return bool(
        waiting.update(
            state=PaymentAttempt.State.STARTED,
            reference=started.reference,
            url=started.url,
            open_until=started.open_until,
            problem="",
        )
    )


def note_reference(*, provider: str, key: str, reference: str) -> None:
    """Note under which reference an open attempt is asked about from now on."""
    PaymentAttempt.objects.filter(provider=provider, key=key, state=PaymentAttempt.State.STARTED).update(
        reference=reference
    )


def note_answer(event: ProviderEvent, *, now: datetime) -> None:
    """End the attempt of a payment with a final answer; record a payment under way, so that its order shows it.

    An answer that came before the reference was noted, or under another one, finds its attempt by the key.
    """
    if event.kind == UNDER_WAY:
        _record_pending(event, now=now)
    elif event.kind in _ANSWERS:
        end_attempts(_attempts_of(event))


def end_attempts(which: Q) -> None:
    """End attempts that are open or were given up. Their addresses are of no use any more."""
    PaymentAttempt.objects.filter(which).exclude(state=PaymentAttempt.State.ENDED).update(
        state=PaymentAttempt.State.ENDED, ask_again_at=None, url=""
    )


def request_begun(event: ProviderEvent) -> int | None:
    """Return the key of the payment request for which a payment was begun, None if nobody knows. One query."""
    return PaymentAttempt.objects.filter(_attempts_of(event)).values_list("request", flat=True).first()


def _attempts_of(event: ProviderEvent) -> Q:
    named = Q(provider=event.provider, reference=event.reference)
    key = _uuid(event.attempt_key)
    return named | Q(provider=event.provider, key=key) if key else named


def _record_pending(event: ProviderEvent, *, now: datetime) -> None:
    attempt = PaymentAttempt.objects.filter(_attempts_of(event)).first()
    if attempt is None:
        return
    keep_waiting(attempt.order_id, now=now)
    insert_rows(
        [
            Payment(
                provider=event.provider,
                reference=event.reference,
                order_id=attempt.order_id,
                amount=event.amount,
                currency=event.currency,
                created_at=now,
            )
        ],
        ignore_conflicts=True,
    )


def keep_waiting(order_id: int, *, now: datetime) -> None:
    """Let an unpaid order wait for a payment that its bank has not answered. Each answer of that kind prolongs the
    wait, and the sweep asks several times a day, until it gives the attempt up. One statement."""
    until = now + WAITS_FOR_BANKS
    waiting = Order.objects.filter(pk=order_id, status=Order.Status.PLACED, expires_at__lt=until)
    waiting.update(expires_at=until)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
