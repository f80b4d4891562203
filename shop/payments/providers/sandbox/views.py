"""Page of the imaginary bank, and its notifications."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from outbox.jobs.services import enqueue
from shop.orders.models import Order
from shop.payments import services as payments
from shop.payments.attempts.answers import note_reference
from shop.payments.attempts.services import attempt_told, start_payment
from shop.payments.models import PaymentEvent
from shop.payments.providers.sandbox import bank
from shop.payments.providers.sandbox.jobs import notify
from shop.payments.providers.sandbox.provider import provider
from shop.payments.requests.links import ToPay

_NOTIFICATIONS = {
    bank.Choice.SUCCEED: ("1",),
    bank.Choice.DECLINE: ("1",),
    bank.Choice.TWICE: ("1", "1", "2"),
    bank.Choice.LATE: (),
    bank.Choice.REFUND_FAILS: ("1",),
    bank.Choice.DISPUTE: ("1",),
}
# Answers to the question whether it is the owner of the card.
_SECURE = [(str(bank.Choice.SUCCEED), _lazy("Yes, it is me")), (str(bank.Choice.DECLINE), _lazy("No, this is not me"))]


@never_cache
@require_http_methods(["GET", "POST"])
def pay(request: HttpRequest, token: str) -> HttpResponse:
    """Ask how the imaginary card shall behave, make the charge, and redirect the customer to the shop."""
    found = payments.to_pay_by(token=token, provider=provider)
    problem, choices = "", bank.Choice.choices
    if request.method == "POST":
        choice = request.POST.get("choice", "")
        if choice == bank.Choice.SECURE:
            choices = _SECURE
        elif choice in bank.Choice.values:
            try:
                _charge(found, choice)
            except payments.MethodNotAllowed as refusal:
                problem = str(refusal)
            else:
                # No return page between: the bank has told already all that it knows.
                return redirect(found.page)
        else:
            problem = _("Choose what the card shall do.")
    return render(
        request,
        "sandbox/pay.html",
        {
            "order": found.order,
            "amount": found.amount,
            "page": found.page,
            "choices": choices,
            "is_secure": choices == _SECURE,
            "problem": problem,
        },
        status=400 if problem else 200,
    )


def _charge(found: ToPay, choice: str) -> None:
    order, now = found.order, timezone.now()
    request_id = found.request.pk if found.request else None
    attempt = start_payment(order=order, provider=provider, now=now, request_id=request_id)
    charge = bank.charge(choice, of=bank.open_charge(attempt_told(attempt)), now=now)
    if choice == bank.Choice.LATE:
        _charge_late(order, charge, now)
    else:
        _begin(order, charge, now)
    for event_id in _NOTIFICATIONS[bank.Choice(choice)]:
        notify(charge, event_id, now=now)
    if choice == bank.Choice.DISPUTE:
        notify(charge, "dispute", now=now, kind=PaymentEvent.Kind.DISPUTED)


def _begin(order: Order, charge: bank.Charge, now: datetime) -> None:
    reference, amount = charge.reference, charge.amount
    payments.begin_payment(order_id=order.pk, provider=provider, reference=reference, now=now, amount=amount)
    note_reference(provider=provider.name, key=charge.attempt_key, reference=reference)


@transaction.atomic
def _charge_late(order: Order, charge: bank.Charge, now: datetime) -> None:
    _begin(order, charge, now)
    enqueue(
        kind="sandbox_notification",
        key=f"sandbox:{charge.reference}",
        payload={"reference": charge.reference},
        account_id=order.account_id,
        due_at=charge.answered_at,
    )
