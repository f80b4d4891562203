"""Refunds at the platform, which knows no idempotency key: each call is remembered before it is made.

A payment that the bank has not captured yet, until the night after it, is cancelled whole; a part waits for the night.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from common.currencies import in_minor_units
from shop.payments.port import CallRefused, NotificationRefused, RefundAnswer, RefundState, Unreachable
from shop.payments.providers.lyra.client import call, transactions_of
from shop.payments.providers.lyra.events import (
    AUTHORISED,
    CANCELLED,
    CAPTURED,
    CREDIT,
    DEBIT,
    Transaction,
    first_paid,
    identity_of,
)
from shop.payments.providers.lyra.reference import read_reference
from shop.payments.refund_calls.models import RefundCall
from shop.payments.refund_calls.services import begin_call, call_again, call_of, forget, note_made

NAME = "lyra"
_SERVICE = "Transaction/CancelOrRefund"


def refund(*, reference: str, amount: Decimal, currency: str, key: str, now: datetime) -> RefundAnswer:
    """Send back an amount of a payment, once for a key."""
    before = call_of(provider=NAME, key=key)
    if before is not None and before.reference:
        return fetch_refund(before.reference)
    debit, credits = _look_up(reference)
    if before is not None:
        made = _made_by(before, debit, credits)
        if made is not None:
            return _noted(before, made)
    asked = _asked(debit, credits, in_minor_units(amount, currency), currency, key)
    if before is not None:
        call_again(before, now=now)
    known = [identity_of(each) for each in credits]
    mine = before or begin_call(provider=NAME, key=key, payment=identity_of(debit), known=known, now=now)
    try:
        made = call(_SERVICE, asked)
    except CallRefused:
        forget(mine)
        raise
    if not _is_refund(made):
        raise Unreachable("no_refund_answered")
    return _noted(mine, made)


def fetch_refund(reference: str) -> RefundAnswer:
    return _answer(call("Transaction/Get", {"uuid": reference}))


def find_refund(*, reference: str, key: str) -> RefundAnswer | None:
    before = call_of(provider=NAME, key=key)
    if before is None or before.reference:
        return fetch_refund(before.reference) if before else None
    made = _made_by(before, *_look_up(reference))
    return _noted(before, made) if made is not None else None


def _look_up(reference: str) -> tuple[Transaction, list[Transaction]]:
    """Return the debit of a payment, and its refunds."""
    try:
        named = read_reference(reference)
        transactions = transactions_of(named.order_id)
        debits = [each for each in transactions if each.get("operationType") == DEBIT]
        wanted = [each for each in debits if each.get("uuid") == named.transaction]
        debit = wanted[0] if wanted else first_paid(debits)
        if debit is None or (named.transaction and not wanted):
            raise CallRefused("not_paid")
        identity = identity_of(debit)
    except NotificationRefused as refusal:
        raise CallRefused(str(refusal)) from refusal
    credits = [each for each in transactions if each.get("operationType") == CREDIT]
    return debit, [each for each in credits if _parent_of(each) in (identity, "")]


def _asked(
    debit: Transaction, credits: Sequence[Transaction], units: int, currency: str, key: str
) -> Mapping[str, Any]:
    """Return the call for a refund. Raises CallRefused for more than is left, Unreachable for a part too early."""
    state, taken = debit.get("detailedStatus"), debit.get("amount")
    if state not in (AUTHORISED, CAPTURED) or type(taken) is not int or debit.get("currency") != currency:
        raise CallRefused("not_paid")
    left = taken - sum(int(each.get("amount") or 0) for each in credits if each.get("status") != "UNPAID")
    if units > left:
        raise CallRefused("more_than_left")
    if state == AUTHORISED and units != taken:
        raise Unreachable("not_captured_yet")
    # Never the platform's own choice: captured in this moment, a whole cancellation is refused and tried again.
    mode = "REFUND_ONLY" if state == CAPTURED else "CANCELLATION_ONLY"
    sums = {"amount": units, "currency": currency}
    return {"uuid": identity_of(debit), "resolutionMode": mode, "comment": key, **sums}


def _made_by(call: RefundCall, debit: Transaction, credits: Sequence[Transaction]) -> Transaction | None:
    if debit.get("detailedStatus") == CANCELLED:
        return debit
    return next((each for each in credits if identity_of(each) not in call.known), None)


def _is_refund(made: Transaction) -> bool:
    return made.get("operationType") == CREDIT or made.get("detailedStatus") == CANCELLED


def _parent_of(credit: Transaction) -> str:
    details = credit.get("transactionDetails")
    return str(details.get("parentTransactionUuid") or "") if isinstance(details, dict) else ""


def _noted(call: RefundCall, made: Transaction) -> RefundAnswer:
    answer = _answer(made)
    note_made(call, reference=answer.reference)
    return answer


def _answer(made: Transaction) -> RefundAnswer:
    state = RefundState.PENDING
    if made.get("detailedStatus") == (CAPTURED if made.get("operationType") == CREDIT else CANCELLED):
        state = RefundState.SUCCEEDED
    elif made.get("status") == "UNPAID":
        state = RefundState.FAILED
    reason = str(made.get("detailedErrorCode") or made.get("errorCode") or "")[:60]
    return RefundAnswer(state, str(made.get("uuid") or ""), reason if state == RefundState.FAILED else "")
