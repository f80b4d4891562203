"""Sweep over open attempts: providers are asked about each from time to time, less and less often, until it ends.

A process may be killed between a provider's answer and our commit, and a message may never come: what is open here is
looked up there, by its reference, or by its key where the beginning was never answered. Nothing is begun again.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q

from common.plain_inserts import insert_rows
from outbox.jobs.services import NewJob, enqueue_many
from shop.orders.models import Order
from shop.payments.attempts.answers import end_attempts, note_started
from shop.payments.attempts.models import GIVEN_UP_AFTER, KEY_HOLDS_FOR, PaymentAttempt
from shop.payments.attempts.services import FIRST_ASKED_AFTER, PROBLEM_LENGTH, attempt_told, withdraw
from shop.payments.models import Payment
from shop.payments.port import CallRefused, Notice, NotificationRefused, Provider, Started
from shop.payments.registry import get_provider
from shop.payments.saved_cards.port import CardProvider
from shop.payments.services import ask_about

AT_ONCE = 500
LEAST_OFTEN = timedelta(hours=6)
_ENDED = (Order.Status.CANCELLED, Order.Status.EXPIRED, Order.Status.REFUNDED)
_NO_PROVIDER = "no_such_provider"

# How long until the next question doubles each time.
_TAKE_DUE = """
UPDATE shop_paymentattempt SET
    times_asked = times_asked + 1,
    ask_again_at = %(now)s + LEAST(%(first)s::interval * power(2, LEAST(times_asked, 20)), %(longest)s::interval)
WHERE id IN (
    SELECT id FROM shop_paymentattempt WHERE ask_again_at <= %(now)s
    ORDER BY ask_again_at LIMIT %(most)s FOR NO KEY UPDATE SKIP LOCKED
)
RETURNING id, provider, times_asked
"""


def sweep(*, now: datetime) -> int:
    """Record a job for each attempt that is due, at most 500; return their number. Locks the attempts taken."""
    withdraw(Q(order__status__in=_ENDED), now=now)
    adopt(now=now)
    give_up(Q(begun_at__lte=now - GIVEN_UP_AFTER), now=now)
    with transaction.atomic():
        with connection.cursor() as cursor:
            first, longest = FIRST_ASKED_AFTER, LEAST_OFTEN
            cursor.execute(_TAKE_DUE, {"now": now, "first": str(first), "longest": str(longest), "most": AT_ONCE})
            taken = cursor.fetchall()
        enqueue_many(
            NewJob(
                kind=job_kind_of(provider),
                key=f"ask:{pk}:{times}:{int(now.timestamp())}",
                payload={"attempt": pk},
            )
            for pk, provider, times in taken
            if get_provider(provider) is not None
        )
        gone = [pk for pk, provider, _times in taken if get_provider(provider) is None]
        give_up(Q(pk__in=gone), now=now, problem=_NO_PROVIDER)
    return len(taken)


def job_kind_of(provider: str) -> str:
    """Return the kind of the jobs that ask a provider: one each, so that a silent one holds up no other."""
    return f"ask_{provider}"


def adopt(*, now: datetime) -> None:
    """Make attempts of pending payments that have none: of a former release, or begun at a provider's own page."""
    known = PaymentAttempt.objects.filter(provider=OuterRef("provider"), reference=OuterRef("reference"))
    pending = Payment.objects.filter(status=Payment.Status.PENDING, order__isnull=False, amount__gt=0)
    found = (
        pending.filter(~Exists(known), created_at__lte=now - FIRST_ASKED_AFTER)
        .select_related("order")
        .order_by("pk")[:AT_ONCE]
    )
    adopted = [
        PaymentAttempt(
            order=payment.order,
            provider=payment.provider,
            amount=payment.amount,
            currency=payment.currency,
            state=PaymentAttempt.State.STARTED,
            reference=payment.reference,
            begun_at=now,
            withdrawn_at=now,
            ask_again_at=now,
        )
        for payment in found
    ]
    insert_rows(adopted, ignore_conflicts=True)


def give_up(which: Q, *, now: datetime, problem: str = "") -> None:
    """Ask no more about open attempts; the merchant sees them."""
    noted = {"problem": problem} if problem else {}
    # Those that are asked about are found by their index, however many have ended.
    is_open = Q(state__in=PaymentAttempt.OPEN, ask_again_at__isnull=False)
    PaymentAttempt.objects.filter(which, is_open).update(
        state=PaymentAttempt.State.GIVEN_UP, ask_again_at=None, url="", **noted
    )


def ask_about_attempt(*, attempt_id: int, now: datetime) -> None:
    """Look an open attempt up at its provider, and settle what was paid; end it there if it is withdrawn.

    Locks nothing while the provider is asked. An answer takes the last problem away. Raises Unreachable.
    """
    attempt = PaymentAttempt.objects.select_related("order", "request").get(pk=attempt_id)
    provider = get_provider(attempt.provider)
    if attempt.state not in PaymentAttempt.OPEN or provider is None:
        return
    try:
        _look_up(attempt, provider, now=now)
    except (CallRefused, NotificationRefused) as refusal:
        problem = str(refusal)[:PROBLEM_LENGTH] or "unreadable"
    else:
        problem = ""
    if problem != attempt.problem:
        PaymentAttempt.objects.filter(pk=attempt.pk).update(problem=problem)


def _find(attempt: PaymentAttempt, provider: Provider) -> Started | None:
    told = attempt_told(attempt)
    if attempt.by_card:
        return provider.find_charge(told) if isinstance(provider, CardProvider) else None
    return provider.find(told)


def _look_up(attempt: PaymentAttempt, provider: Provider, *, now: datetime) -> None:
    if attempt.state == PaymentAttempt.State.BEGUN:
        started = _find(attempt, provider)
        if started is None:
            if now >= attempt.begun_at + KEY_HOLDS_FOR:
                end_attempts(Q(pk=attempt.pk))  # the call never arrived
            return
        note_started(attempt, started)
        attempt.reference = started.reference
    if attempt.withdrawn_at is not None:
        provider.end(attempt.reference)
    ask_about(provider, Notice(reference=attempt.reference), now=now)
