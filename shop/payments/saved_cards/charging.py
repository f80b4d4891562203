"""Charges of saved cards, on the day on which a part of an order is due.

Each try is an attempt whose key is committed before the provider is called. A refused card is tried again after three
days, and seven days later; then the part is owed as any other. Where the bank wants to ask the customer nothing is
tried again: they pay on a page, by a mailed link.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, Subquery

from common.moments import local_day
from common.plain_inserts import insert_rows
from outbox.errors import ServiceAway
from outbox.jobs.services import NewJob, enqueue_many
from shop.orders.locks import lock_order
from shop.orders.mails import queue_card_not_charged
from shop.orders.models import Order
from shop.orders.standing import NOT_ENDED
from shop.payments.attempts.answers import end_attempts, note_started
from shop.payments.attempts.models import KEY_HOLDS_FOR, PaymentAttempt
from shop.payments.attempts.services import FIRST_ASKED_AFTER, PROBLEM_LENGTH, attempt_told, withdraw
from shop.payments.port import CallRefused, Notice, NotificationRefused, Started, Unreachable
from shop.payments.registry import get_provider
from shop.payments.requests.asked import Asked, asked_of
from shop.payments.requests.links import give_link
from shop.payments.requests.models import PaymentRequest
from shop.payments.saved_cards.models import CardCharge, SavedCard
from shop.payments.saved_cards.port import CardProvider
from shop.payments.services import ask_about

AT_ONCE = 200
TRY_AGAIN_AFTER = (timedelta(days=3), timedelta(days=7))
LOOK_AGAIN_AFTER = timedelta(hours=1)


def charge_due(*, now: datetime) -> int:
    """Begin the tries that are due, at most 200; return the number of charges looked at. Locks each order."""
    _make_charges(now=now)
    due = CardCharge.objects.filter(next_at__lte=now).order_by("next_at", "pk").values_list("pk", flat=True)[:AT_ONCE]
    keys = list(due)
    for key in keys:
        begin_try(charge_id=key, now=now)
    return len(keys)


@transaction.atomic
def begin_try(*, charge_id: int, now: datetime) -> None:
    """Commit the attempt of a due charge with its key, and a job that calls the provider. Locks order and charge."""
    charge, order, asked = _locked(charge_id)
    if charge.next_at is None or charge.next_at > now:
        return
    attempt = charge.attempt
    if attempt is not None and attempt.state not in PaymentAttempt.OPEN:
        _conclude(charge, order, asked, now=now)  # the sweep was told first
        return
    if attempt is None and not _is_chargeable(charge.card, order, asked):
        _save(charge, next_at=None)
        return
    if attempt is None:
        attempt = _attempt(charge.card, order, asked, now=now)
        if attempt is None:  # somebody pays it just now
            _save(charge, next_at=now + LOOK_AGAIN_AFTER)
            return
        charge.tries += 1
    _save(charge, attempt=attempt, next_at=now + LOOK_AGAIN_AFTER)
    key = f"charge:{charge.pk}:{charge.tries}:{int(now.timestamp())}"
    enqueue_many(
        [NewJob(kind=job_kind_of(charge.card.provider), key=key, payload={"charge": charge.pk}, order_id=order.pk)]
    )


def job_kind_of(provider: str) -> str:
    """Return the kind of the jobs that charge cards at a provider: one each, so that a silent one holds up no other."""
    return f"charge_{provider}"


def follow(*, charge_id: int, now: datetime) -> None:
    """Charge the card of a try under way, or ask what has become of it, and note the answer.

    Calls the provider with no lock held but that of the job. Raises ServiceAway if it does not answer.
    """
    charge = CardCharge.objects.select_related("card", "attempt__order", "attempt__request").get(pk=charge_id)
    if charge.attempt is None:
        return
    provider = get_provider(charge.card.provider)
    if not isinstance(provider, CardProvider) or not provider.has_keys():
        raise ServiceAway("not_configured")
    try:
        _charge_or_ask(charge, charge.attempt, provider, now=now)
    except Unreachable as silence:
        raise ServiceAway(str(silence)) from silence
    charge.attempt.refresh_from_db()
    if charge.attempt.state not in PaymentAttempt.OPEN:
        conclude(charge_id=charge_id, now=now)


@transaction.atomic
def conclude(*, charge_id: int, now: datetime) -> None:
    """Note the end of a try: paid, or refused, which the customer is told. Locks order and charge."""
    charge, order, asked = _locked(charge_id)
    if charge.attempt is not None and charge.attempt.state not in PaymentAttempt.OPEN:
        _conclude(charge, order, asked, now=now)


def _charge_or_ask(charge: CardCharge, attempt: PaymentAttempt, provider: CardProvider, *, now: datetime) -> None:
    if attempt.state == PaymentAttempt.State.BEGUN:
        if now >= attempt.begun_at + KEY_HOLDS_FOR:
            return  # the sweep looks it up by its key
        if not _is_as_asked(attempt):
            withdraw(Q(pk=attempt.pk), now=now)
            return
        try:
            charged = provider.charge(attempt_told(attempt), charge.card.card)
        except CallRefused as refusal:
            CardCharge.objects.filter(pk=charge.pk).update(problem=str(refusal)[:PROBLEM_LENGTH])
            end_attempts(Q(pk=attempt.pk))
            return
        CardCharge.objects.filter(pk=charge.pk).update(
            problem=charged.refusal[:PROBLEM_LENGTH], needs_customer=charged.needs_customer
        )
        note_started(attempt, Started(charged.reference, ""))
        attempt.reference, attempt.state = charged.reference, PaymentAttempt.State.STARTED
    if attempt.state == PaymentAttempt.State.STARTED:
        try:
            ask_about(provider, Notice(reference=attempt.reference), now=now)
        except (CallRefused, NotificationRefused) as refusal:  # the sweep asks again, and gives up visibly
            PaymentAttempt.objects.filter(pk=attempt.pk).update(problem=str(refusal)[:PROBLEM_LENGTH] or "unreadable")


def _conclude(charge: CardCharge, order: Order, asked: Asked | None, *, now: datetime) -> None:
    if asked is None or asked.rest <= 0:
        _save(charge, attempt=None, next_at=None)
        return
    has_more = not charge.needs_customer and charge.tries <= len(TRY_AGAIN_AFTER)
    _save(
        charge,
        attempt=None,
        next_at=now + TRY_AGAIN_AFTER[charge.tries - 1] if has_more else None,
        problem=charge.problem or "declined",
    )
    if order.status in NOT_ENDED and not order.is_closed:
        give_link(asked.request)
        queue_card_not_charged(order, charge_id=charge.pk, number=charge.tries, now=now)


def _make_charges(*, now: datetime) -> None:
    """Make the charge of each part that is due and has a saved card: its payer's own, else that of the order."""
    fitting = SavedCard.objects.filter(
        Q(request__isnull=True) | Q(request=OuterRef("pk")), order=OuterRef("order"), state=SavedCard.State.SAVED
    ).order_by(F("request").asc(nulls_last=True))
    due = PaymentRequest.objects.annotate(card=Subquery(fitting.values("pk")[:1])).filter(
        ~Exists(CardCharge.objects.filter(card=OuterRef("card"), request=OuterRef("pk"))),
        state=PaymentRequest.State.OPEN,
        due_on__lte=local_day(now),
        order__status__in=NOT_ENDED,
        order__sealed_at__isnull=True,
        order__blanked_at__isnull=True,
        card__isnull=False,
    )
    pairs = due.order_by("pk").values_list("pk", "card")[:AT_ONCE]
    insert_rows(
        [CardCharge(card_id=card, request_id=pk, next_at=now) for pk, card in pairs],
        ignore_conflicts=True,
    )


def _locked(charge_id: int) -> tuple[CardCharge, Order, Asked | None]:
    """Lock the order of a charge, and the charge; return them with the part as it stands, None for one replaced."""
    order_id = CardCharge.objects.values_list("card__order_id", flat=True).get(pk=charge_id)
    order = lock_order(order_id)
    rows = CardCharge.objects.select_for_update(no_key=True, of=("self",)).select_related("card", "attempt")
    charge = rows.get(pk=charge_id)
    own = [each for each in asked_of(order) if each.request.pk == charge.request_id]
    return charge, order, own[0] if own else None


def _is_chargeable(card: SavedCard, order: Order, asked: Asked | None) -> bool:
    is_owed = asked is not None and asked.rest > 0 and asked.request.state == PaymentRequest.State.OPEN
    stands = card.state == SavedCard.State.SAVED and order.status in NOT_ENDED and not order.is_closed
    return is_owed and stands and not _has_card_of_payer(card, asked)


def _has_card_of_payer(card: SavedCard, asked: Asked | None) -> bool:
    """Tell whether the payer of a part has saved a card for it, which goes before the customer's."""
    own = SavedCard.objects.filter(request=asked.request if asked else None, state=SavedCard.State.SAVED)
    return card.request_id is None and asked is not None and own.exists()


def _is_being_paid(request: PaymentRequest) -> bool:
    """Tell whether somebody pays the part on a page just now."""
    return PaymentAttempt.objects.filter(
        request=request, state__in=PaymentAttempt.OPEN, withdrawn_at__isnull=True
    ).exists()


def _is_as_asked(attempt: PaymentAttempt) -> bool:
    """Tell whether an attempt is still for what its part asks."""
    return any(
        each.request.pk == attempt.request_id and each.rest == attempt.amount for each in asked_of(attempt.order)
    )


def _attempt(card: SavedCard, order: Order, asked: Asked | None, *, now: datetime) -> PaymentAttempt | None:
    """Return a new attempt for a part; None if somebody pays the part on a page just now, without any lock."""
    if asked is None or _is_being_paid(asked.request):
        return None
    attempt = PaymentAttempt(
        order=order,
        request=asked.request,
        provider=card.provider,
        amount=asked.rest,
        currency=order.currency,
        by_card=True,
        by_link=card.request_id is not None,
        begun_at=now,
        ask_again_at=now + FIRST_ASKED_AFTER,
    )
    insert_rows([attempt], ignore_conflicts=True)
    return PaymentAttempt.objects.filter(key=attempt.key).first()


def _save(charge: CardCharge, **values: object) -> None:
    for name, value in values.items():
        setattr(charge, name, value)
    charge.save(update_fields=(*values, "tries"))
