"""Sessions, refunds and disputes of Stripe, as events of the port.

An event is named by the thing and its state, not by Stripe's message: several messages tell of one state, in any order,
and the shop asks of its own accord as well.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from shop.payments.port import ENDED, UNDER_WAY, CallRefused, Notice, NotificationRefused, ProviderEvent
from shop.payments.providers.stripe.amounts import from_stripe
from shop.payments.providers.stripe.cards import is_ours
from shop.payments.providers.stripe.client import noted, stripe_client

_OF_REFUNDS = {"succeeded": "refunded", "failed": "refund_failed", "canceled": "refund_failed"}
_OF_DISPUTES = {"won": "dispute_won", "lost": "dispute_lost"}


def fetch(notice: Notice) -> ProviderEvent | None:
    """Look up a session, a refund or a dispute by its reference; None for what is open, or is not the shop's."""
    with stripe_client() as client:
        match notice.reference.partition("_")[0]:
            case "cs":
                return _of_session(client, notice)
            case "pi":
                return _of_charge(client, notice)
            case "re" | "pyr":
                return _of_refund(client, notice)
            case "dp" | "du":
                return _of_dispute(client, notice)
    raise NotificationRefused("reference")


def disputes_of(reference: str) -> list[ProviderEvent]:
    """Return the disputes of the payment made in a session, or by the charge of a saved card."""
    with stripe_client() as client:
        is_charge = reference.startswith("pi_")
        payment_intent = reference if is_charge else _intent_of(client, reference)
        if payment_intent is None:
            return []
        told = client.v1.disputes.list({"payment_intent": payment_intent}).data
        found = [_of_dispute(client, Notice(reference=dispute.id)) for dispute in told]
    return [each for each in found if each]


def _intent_of(client: Any, session: str) -> str | None:
    return _id(client.v1.checkout.sessions.retrieve(session).payment_intent)


def session_of(client: Any, payment_intent: str | None) -> Any:
    """Return the session in which a payment was made, or the intent of a charge of a saved card; None for a payment
    made elsewhere."""
    if not payment_intent:
        return None
    session = next(iter(client.v1.checkout.sessions.list({"payment_intent": payment_intent, "limit": 1}).data), None)
    if session is not None:
        return session
    intent = client.v1.payment_intents.retrieve(payment_intent)
    return intent if is_ours(intent) else None


def _of_charge(client: Any, notice: Notice) -> ProviderEvent | None:
    intent = client.v1.payment_intents.retrieve(notice.reference)
    if not is_ours(intent):
        return None
    kind = {"succeeded": "succeeded", "processing": UNDER_WAY}.get(intent.status, "declined")
    return _event(intent, kind, intent.id, intent.amount, intent.currency, notice)


def _of_session(client: Any, notice: Notice) -> ProviderEvent | None:
    session = client.v1.checkout.sessions.retrieve(notice.reference, {"expand": ["payment_intent"]})
    kind = _kind_of(session) if session.mode == "payment" else ""
    return _event(session, kind, session.id, session.amount_total, session.currency, notice) if kind else None


def _kind_of(session: Any) -> str:
    if session.status == "open":
        return ""
    if session.status == "expired":
        return ENDED
    if session.payment_status == "paid":
        return "succeeded"
    is_under_way = session.payment_intent is not None and session.payment_intent.status == "processing"
    return UNDER_WAY if is_under_way else "declined"


def _of_refund(client: Any, notice: Notice) -> ProviderEvent | None:
    refund = client.v1.refunds.retrieve(notice.reference)
    kind = _OF_REFUNDS.get(refund.status or "")
    session = session_of(client, _id(refund.payment_intent)) if kind else None
    if kind is None or session is None:
        return None
    return _event(
        session,
        kind,
        refund.id,
        refund.amount,
        refund.currency,
        notice,
        refund_reference=refund.id,
        refund_key=noted(refund).get("key", ""),
    )


def _of_dispute(client: Any, notice: Notice) -> ProviderEvent | None:
    dispute = client.v1.disputes.retrieve(notice.reference)
    kind = _OF_DISPUTES.get(dispute.status, "disputed")
    session = session_of(client, _id(dispute.payment_intent))
    if session is None:
        return None
    return _event(session, kind, dispute.id, dispute.amount, dispute.currency, notice, fee=_fee_of(dispute))


def _fee_of(dispute: Any) -> int:
    """Return what Stripe asks for a dispute, in the units of its currency; 0 for a fee in another currency."""
    moved = getattr(dispute, "balance_transactions", None) or ()
    return max(sum(each.fee for each in moved if each.currency == dispute.currency), 0)


def _event(
    session: Any,
    kind: str,
    thing: str,
    units: int | None,
    currency: str | None,
    notice: Notice,
    *,
    fee: int = 0,
    refund_reference: str = "",
    refund_key: str = "",
) -> ProviderEvent | None:
    """Return an event about the payment of a session; None for a session that another program has made."""
    ours = noted(session)
    if "order" not in ours or "key" not in ours:
        return None
    if units is None or currency is None:
        raise CallRefused("no_amount")
    money = currency.upper()
    return ProviderEvent(
        provider="stripe",
        event_id=f"{thing}:{kind}",
        reference=session.id,
        kind=kind,
        order_number=ours["order"],
        amount=from_stripe(units, money),
        currency=money,
        payload=dict(notice.payload),
        attempt_key=ours["key"],
        fee=from_stripe(fee, money) if kind == "dispute_lost" else Decimal(0),
        refund_reference=refund_reference,
        refund_key=refund_key,
    )


def _id(thing: Any) -> str | None:
    return thing if thing is None or isinstance(thing, str) else thing.id
