"""Transactions of the platform, as events of the port.

An attempt has one order number there, and as many transactions as cards were tried, then those of refunds. An event is
named by transaction and kind: several messages tell of one state, in any order, and the shop asks by itself as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from common.currencies import from_minor_units
from shop.payments.models import PaymentEvent
from shop.payments.port import ENDED, UNDER_WAY, Notice, NotificationRefused, ProviderEvent
from shop.payments.providers.lyra.client import transactions_of
from shop.payments.providers.lyra.reference import Reference, read_reference

Transaction = Mapping[str, Any]
Kind = PaymentEvent.Kind

DEBIT, CREDIT = "DEBIT", "CREDIT"
CAPTURED, AUTHORISED, CANCELLED = "CAPTURED", "AUTHORISED", "CANCELLED"
# Of a debit. A cancelled one was paid before, and went back whole; a capture that failed takes paid money away.
_OF_DEBITS = {
    AUTHORISED: Kind.SUCCEEDED,
    CAPTURED: Kind.SUCCEEDED,
    CANCELLED: Kind.REFUNDED,
    "CAPTURE_FAILED": Kind.DISPUTED,
}
_OF_CREDITS = {CAPTURED: Kind.REFUNDED}
# Whoever stands on the payment page when the attempt closes may still finish.
_MAY_FINISH = timedelta(hours=1)


def fetch(notice: Notice, *, now: datetime) -> ProviderEvent | None:
    """Look up what a notice names: a payment, or one transaction of it; None while nobody has paid."""
    reference = read_reference(notice.reference)
    transactions = transactions_of(reference.order_id)
    debits = [each for each in transactions if each.get("operationType") == DEBIT]
    named = next((each for each in transactions if each.get("uuid") == reference.transaction), None)
    if reference.transaction and named is None:
        raise NotificationRefused("transaction")
    if named is not None and named.get("operationType") == CREDIT:
        return _of_refund(reference, named, debits, notice)
    first = first_paid(debits)
    if first is None:
        return None if now < reference.open_until + _MAY_FINISH else _ended(reference, notice)
    return _of_debit(reference, named if named is not None and _was_paid(named) else first, first, notice)


def first_paid(debits: Sequence[Transaction]) -> Transaction | None:
    """Return the transaction that stands for an attempt: the first that was paid, else one under way, else the last
    that was declined."""
    by_time = sorted(debits, key=lambda each: str(each.get("creationDate", "")))
    for wanted in (_was_paid, lambda each: kind_of(each) == UNDER_WAY):
        for each in by_time:
            if wanted(each):
                return each
    return by_time[-1] if by_time else None


def kind_of(debit: Transaction) -> str:
    """Return the kind of event that a debit's state is. A state that we do not know counts as under way."""
    known = _OF_DEBITS.get(str(debit.get("detailedStatus")))
    if known is not None:
        return str(known)
    return str(Kind.DECLINED) if debit.get("status") == "UNPAID" else UNDER_WAY


def _was_paid(debit: Transaction) -> bool:
    return str(debit.get("detailedStatus")) in _OF_DEBITS


def _of_debit(reference: Reference, debit: Transaction, first: Transaction, notice: Notice) -> ProviderEvent:
    kind = kind_of(debit)
    refund = identity_of(debit) if kind == Kind.REFUNDED else ""
    return _event(reference, _name(reference, debit, first), debit, kind, notice, refund)


def _of_refund(
    reference: Reference, credit: Transaction, debits: Sequence[Transaction], notice: Notice
) -> ProviderEvent | None:
    kind = _OF_CREDITS.get(str(credit.get("detailedStatus")))
    if kind is None and credit.get("status") == "UNPAID":
        kind = Kind.REFUND_FAILED
    first = first_paid(debits)
    if kind is None or first is None:
        return None
    details = credit.get("transactionDetails")
    parent = details.get("parentTransactionUuid") if isinstance(details, dict) else None
    debit = next((each for each in debits if each.get("uuid") == parent), first)
    return _event(reference, _name(reference, debit, first), credit, str(kind), notice, identity_of(credit))


def _name(reference: Reference, debit: Transaction, first: Transaction) -> str:
    """Return the payment's reference; a second debit of one attempt is a payment of its own."""
    return reference.order_id if debit is first else f"{reference.order_id}:{identity_of(debit)}"


def _event(
    reference: Reference, name: str, transaction: Transaction, kind: str, notice: Notice, refund: str
) -> ProviderEvent:
    identity = identity_of(transaction)
    amount, currency = transaction.get("amount"), transaction.get("currency")
    if type(amount) is not int or not isinstance(currency, str):
        raise NotificationRefused("amount")
    return ProviderEvent(
        provider="lyra",
        event_id=f"{identity}:{kind}",
        reference=name,
        kind=kind,
        order_number=reference.order_number,
        amount=from_minor_units(amount, currency),
        currency=currency,
        payload=dict(notice.payload),
        attempt_key=reference.key,
        refund_reference=refund,
    )


def identity_of(transaction: Transaction) -> str:
    """Return the platform's name of a transaction. Raises NotificationRefused where it has none."""
    identity = transaction.get("uuid")
    if not isinstance(identity, str) or not identity:
        raise NotificationRefused("uuid")
    return identity


def _ended(reference: Reference, notice: Notice) -> ProviderEvent:
    return ProviderEvent(
        provider="lyra",
        event_id=f"{reference.order_id}:{ENDED}",
        reference=reference.order_id,
        kind=ENDED,
        order_number=reference.order_number,
        amount=Decimal(0),
        currency="XXX",  # no currency: nothing was paid
        payload=dict(notice.payload),
        attempt_key=reference.key,
    )
