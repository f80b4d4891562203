"""Debits: a billing request asks the customer for a mandate, and once it is given, one payment is made by it.

A payment of the shop is known by its billing request from beginning to end. The pages of billing requests know no
idempotency key, and may be made as often as somebody opens them; the payment is made once.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from shop.payments.attempts.models import PaymentAttempt
from shop.payments.port import Attempt, CallRefused
from shop.payments.providers.gocardless.client import CURRENCY, keyed, noted, to_cents

NAME = "gocardless"
NOT_OURS = "not_ours"
_PER_PAGE = 500


def ask_for_mandate(client: Any, attempt: Attempt) -> Any:
    """Make the billing request of an attempt, or return the one that is there."""
    asked = {
        "mandate_request": {"currency": CURRENCY, "scheme": "sepa_core"},
        "metadata": {
            "order": attempt.order_number,
            "key": attempt.key,
            "amount": str(to_cents(attempt.amount, attempt.currency)),
        },
    }
    return client.billing_requests.create(params=asked, headers=keyed(attempt.key))


def open_page(client: Any, reference: str, attempt: Attempt) -> str:
    """Make a page of a billing request; return its address."""
    asked: dict[str, Any] = {
        "redirect_uri": attempt.return_url,
        "exit_uri": attempt.cancel_url,
        "links": {"billing_request": reference},
        "prefilled_customer": {"email": attempt.email},
        "language": attempt.language,
    }
    return str(client.billing_request_flows.create(params=asked).authorisation_url)


def find_request(client: Any, attempt: Attempt, *, since: str) -> Any:
    """Look up by its key the billing request of an attempt, among those made since a time; None if there is none."""
    after = None
    while True:
        asked = {"created_at[gte]": since, "limit": _PER_PAGE} | ({"after": after} if after else {})
        page = client.billing_requests.list(params=asked)
        for request in page.records:
            if noted(request).get("key") == attempt.key:
                return request
        after = page.after
        if not after:
            return None


def payment_of(client: Any, request: Any) -> Any:
    """Return the payment made by the mandate of a billing request; None if there is none."""
    mandate = request.links.mandate_request_mandate
    if not mandate:
        return None
    made = client.payments.list(params={"mandate": mandate}).records
    return next((each for each in made if noted(each).get("request") == request.id), None)


def payment_due(client: Any, request: Any) -> Any:
    """Return the payment of a billing request, made now if the mandate was given for it and the shop still waits for
    the money; None if there is none. One query."""
    made = payment_of(client, request)
    if made is not None or request.status != "fulfilled" or not _is_waited_for(noted(request).get("key", "")):
        return made
    ours = noted(request)
    asked = {
        "amount": int(ours["amount"]),
        "currency": CURRENCY,
        "description": ours["order"],
        "links": {"mandate": request.links.mandate_request_mandate},
        "metadata": {"order": ours["order"], "key": ours["key"], "request": request.id},
    }
    return client.payments.create(params=asked, headers=keyed(ours["key"]))


def end(client: Any, reference: str) -> None:
    """Ask for no mandate any more; make no payment by one that was given, and stop one that no bank has yet."""
    request = client.billing_requests.get(reference)
    if request.status in ("pending", "ready_to_fulfil"):
        client.billing_requests.cancel(reference)
        return
    payment = payment_of(client, request)
    if payment is not None and payment.status == "pending_submission":
        client.payments.cancel(payment.id)


def request_of(payment: Any) -> str:
    """Return the billing request of a payment. Raises CallRefused for a payment of another program."""
    found = noted(payment).get("request", "")
    if not found or "key" not in noted(payment):
        raise CallRefused(NOT_OURS)
    return found


def _is_waited_for(key: str) -> bool:
    """Tell whether an attempt was not withdrawn: nobody pays for an order that has ended, or another amount."""
    ours = Q(provider=NAME, key=key, withdrawn_at__isnull=True)
    return bool(key) and PaymentAttempt.objects.filter(ours).exists()
