"""Memory of calls for refunds. Each function is a statement of its own, outside of transactions: what it writes is
committed before the provider is called."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from shop.payments.port import Unreachable
from shop.payments.refund_calls.models import RefundCall

# Longer than a call may take, at either end.
_IN_FLIGHT_FOR = timedelta(minutes=5)


def call_of(*, provider: str, key: str) -> RefundCall | None:
    """Return the call made with a key."""
    return RefundCall.objects.filter(provider=provider, key=key).first()


def begin_call(*, provider: str, key: str, payment: str, known: Sequence[str], now: datetime) -> RefundCall:
    """Record a call that is about to be made. Raises Unreachable while another one of the payment, or with the key, is
    unanswered."""
    call = RefundCall(provider=provider, key=key, payment=payment, known=list(known), called_at=now)
    try:
        with transaction.atomic():
            call.save()
    except IntegrityError as error:
        raise Unreachable("another_refund_unanswered") from error
    return call


def call_again(call: RefundCall, *, now: datetime) -> None:
    """Take an unanswered call that left no trace at the provider for another try. Raises Unreachable while the one
    before may still arrive, or if another process took it."""
    took = RefundCall.objects.filter(pk=call.pk, reference="", called_at=call.called_at)
    if now < call.called_at + _IN_FLIGHT_FOR or took.update(called_at=now) != 1:
        raise Unreachable("not_answered_yet")


def note_made(call: RefundCall, *, reference: str) -> None:
    """Note the provider's reference of the refund that a call made."""
    RefundCall.objects.filter(pk=call.pk).update(reference=reference)


def forget(call: RefundCall) -> None:
    """Forget a call that the provider refused: it sent nothing."""
    RefundCall.objects.filter(pk=call.pk, reference="").delete()
