"""Refunds at their providers: sent, and followed to the end.

A provider is asked with the refund's key, which was committed before: asked again after a crash it answers alike. Once
it may have forgotten the key, the refund is looked up first.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from outbox.errors import ServiceAway
from shop.orders import mails
from shop.orders.giving_back.owed import put_back
from shop.orders.giving_back.paying_back import owe_again, refund_once_all_went_back
from shop.orders.history.models import OrderEvent
from shop.orders.locks import lock_order
from shop.payments.models import Payment, PaymentEvent
from shop.payments.port import CallRefused, Provider, ProviderEvent, RefundAnswer, RefundState, Unreachable
from shop.payments.refunds.models import Refund
from shop.payments.refunds.sending import send_by_jobs
from shop.payments.refunds.unallocated import take_back
from shop.payments.registry import get_provider
from shop.postings import services as postings

State = Refund.State

# Shorter than the time for which providers know a key again.
KEY_HOLDS_FOR = timedelta(hours=12)
_LOOK_AGAIN_AFTER = (timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6), timedelta(days=1))


def follow(*, refund_id: int, now: datetime) -> None:
    """Send a refund, or ask what has become of it, and note the answer.

    Calls the provider with no lock held but that of the job. Raises ServiceAway if it does not answer.
    """
    refund = Refund.objects.select_related("payment").get(pk=refund_id)
    if refund.state not in Refund.OPEN or refund.way != Refund.Way.PROVIDER or refund.payment is None:
        return
    provider = get_provider(refund.payment.provider)
    if provider is None or not provider.has_keys():
        raise ServiceAway("not_configured")
    try:
        answer = _ask(provider, refund, now=now)
    except Unreachable as trouble:
        raise ServiceAway(str(trouble)) from trouble
    except CallRefused as refusal:
        answer = RefundAnswer(RefundState.FAILED, refund.reference, str(refusal))
    note_answer(refund_id=refund.pk, answer=answer, now=now)


def _ask(provider: Provider, refund: Refund, *, now: datetime) -> RefundAnswer:
    assert refund.payment is not None  # checked by `follow`
    reference, key = refund.payment.reference, str(refund.key)
    if refund.state == State.PENDING:
        return provider.fetch_refund(refund.reference)
    if now - refund.asked_at >= KEY_HOLDS_FOR:
        found = provider.find_refund(reference=reference, key=key)
        if found is not None:
            return found
    return provider.refund(reference=reference, amount=refund.amount, currency=refund.currency, key=key)


def hear(event: ProviderEvent, payment: Payment, *, now: datetime) -> bool:
    """Note what a provider tells of a refund; False if it is none of ours. The caller holds the order's lock.

    Found by our key, or by the provider's reference; one that came before the reference was known, by its amount.
    """
    refunds = Refund.objects.filter(payment=payment, way=Refund.Way.PROVIDER)
    key = _key(event.refund_key)
    if key is not None:
        refund = refunds.filter(key=key).first()
    elif event.refund_reference:
        refund = refunds.filter(reference=event.refund_reference).first()
        refund = refund or refunds.filter(reference="", amount=event.amount, state=State.ASKED).first()
    else:
        refund = refunds.filter(amount=event.amount, state__in=Refund.OPEN).first()
    if refund is None:
        return False
    went = event.kind == PaymentEvent.Kind.REFUNDED
    state = RefundState.SUCCEEDED if went else RefundState.FAILED
    note_answer(refund_id=refund.pk, answer=RefundAnswer(state, event.refund_reference), now=now)
    return True


@transaction.atomic
def note_answer(*, refund_id: int, answer: RefundAnswer, now: datetime) -> None:
    """Move a refund on by its provider's answer: what is known already changes nothing. Locks its order, then it.

    A failed one is owed again, or its money unallocated again, and shown to the merchant; its order is refunded no
    more.
    """
    order_id = Refund.objects.values_list("order_id", flat=True).get(pk=refund_id)
    order = lock_order(order_id) if order_id else None
    refund = (
        Refund.objects.select_for_update(no_key=True, of=("self",)).select_related("payment__order").get(pk=refund_id)
    )
    refund.order = order
    refund.reference = answer.reference or refund.reference
    refund.times_asked += 1
    before = refund.state
    match answer.state:
        case RefundState.PENDING if before in Refund.OPEN:
            refund.state = State.PENDING
            if refund.way == Refund.Way.PROVIDER:
                send_by_jobs([refund], due_at=now + _next_look(refund))
        case RefundState.SUCCEEDED if before in Refund.OPEN:
            refund.state, refund.done_at = State.DONE, now
        case RefundState.FAILED if before != State.FAILED:
            refund.state, refund.failed_at = State.FAILED, now
            refund.problem = answer.reason[: Refund.PROBLEM_LENGTH]
    refund.save(update_fields=("state", "reference", "problem", "times_asked", "done_at", "failed_at"))
    if refund.state != before:
        _moved_on(refund, before, now=now)


def _moved_on(refund: Refund, before: str, *, now: datetime) -> None:
    order = refund.order
    if refund.state == State.DONE:
        postings.post_refund_done(refund)
    if refund.state == State.FAILED:
        _failed(refund, before, now=now)
    elif order is not None:
        if before == State.ASKED:
            mails.queue_refund_sent(order, refund_id=refund.pk, now=now)
        refund_once_all_went_back(order, now=now)


def _failed(refund: Refund, before: str, *, now: datetime) -> None:
    if before == State.DONE:
        postings.post_refund_undone(refund)
    order = refund.order
    if refund.handling_id is not None:
        take_back(refund, now=now)
    elif refund.account_id is not None:
        postings.post_credit_sent(refund)
    elif order is not None:
        put_back(order, refund.amount)
        detail = {"worth": str(refund.amount), "reason": str(refund)}
        owe_again(order, OrderEvent.What.REFUND_FAILED, actor=None, now=now, detail=detail)
    if order is not None:
        mails.queue_refund_failed(order, refund_id=refund.pk, was_told=before != State.ASKED, now=now)


def _next_look(refund: Refund) -> timedelta:
    return _LOOK_AGAIN_AFTER[min(refund.times_asked, len(_LOOK_AGAIN_AFTER)) - 1]


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
