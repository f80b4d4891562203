"""Beginning a payment at a provider: committed first, called then."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from common.plain_inserts import insert_rows
from common.plain_rows import plain_row
from common.refusals import Refused
from shop.payments.attempts.answers import note_started
from shop.payments.attempts.models import KEY_HOLDS_FOR, PaymentAttempt
from shop.payments.port import Attempt, CallRefused, Provider, Unreachable
from shop.payments.services import MethodNotAllowed, allowed_method

if TYPE_CHECKING:
    from shop.orders.models import Order

PROBLEM_LENGTH = 60
FIRST_ASKED_AFTER = timedelta(minutes=2)
# Nobody is sent to a page that closes while they type.
_STILL_OPEN_FOR = timedelta(minutes=5)


class ProviderSilent(Refused):
    """Refusal because the provider did not answer, or would not begin the payment."""

    message = gettext_lazy(
        "The payment page cannot be reached just now. Nothing was charged: try again in a few minutes, or choose "
        "another method."
    )


def start_payment(*, order: Order, provider: Provider, now: datetime) -> PaymentAttempt:
    """Begin a payment of an order, as just read, at a provider, or return the one that is open there already.

    Calls the provider outside of any transaction and locks nothing: an order that ends meanwhile has its attempts
    withdrawn by the sweep. Raises MethodNotAllowed and ProviderSilent.
    """
    attempt = begin_attempt(order=order, provider=provider, now=now)
    if attempt.state == PaymentAttempt.State.STARTED:
        return attempt
    try:
        started = provider.start(attempt_told(attempt))
    except (Unreachable, CallRefused) as error:
        PaymentAttempt.objects.filter(pk=attempt.pk).update(problem=str(error)[:PROBLEM_LENGTH])
        if isinstance(error, CallRefused):
            withdraw(Q(pk=attempt.pk), now=now)  # the call itself is wrong: the next one needs a key of its own
        raise ProviderSilent from error
    note_started(attempt, started)
    attempt.reference, attempt.url = started.reference, started.url
    return attempt


def begin_attempt(*, order: Order, provider: Provider, now: datetime) -> PaymentAttempt:
    """Return the order's live attempt at a provider, a new one if there is none or it fits no more.

    One live attempt is allowed by the database, so that two tabs get the same. Raises MethodNotAllowed.
    """
    allowed_method(order, provider.name)
    live = live_attempt(order, provider)
    if live is not None:
        if _fits(live, order, now=now):
            return live
        withdraw(Q(pk=live.pk), now=now)
    attempt = PaymentAttempt(
        order=order,
        provider=provider.name,
        amount=order.gross,
        currency=order.currency,
        begun_at=now,
        ask_again_at=now + FIRST_ASKED_AFTER,
    )
    insert_rows([attempt], ignore_conflicts=True)
    begun = live_attempt(order, provider)
    if begun is None:  # answered within this very moment
        raise MethodNotAllowed
    return begun


def live_attempt(order: Order, provider: Provider) -> PaymentAttempt | None:
    """Return the attempt to which an order's customers are sent. One query."""
    rest = "WHERE order_id = %s AND provider = %s AND state = ANY(%s) AND withdrawn_at IS NULL"
    live = plain_row(PaymentAttempt, rest, [order.pk, provider.name, [str(state) for state in PaymentAttempt.OPEN]])
    if live is not None:
        live.order = order
    return live


def withdraw(which: Q, *, now: datetime) -> int:
    """Withdraw open attempts: nobody is sent there any more, and a job ends them at their providers. Return their
    number."""
    return PaymentAttempt.objects.filter(which, state__in=PaymentAttempt.OPEN, withdrawn_at__isnull=True).update(
        withdrawn_at=now, ask_again_at=now, times_asked=0
    )


def attempt_told(attempt: PaymentAttempt) -> Attempt:
    """Return an attempt as its provider is told of it."""
    order = attempt.order
    return_url = settings.SITE_URL + reverse("payment-return", args=[attempt.provider, order.token])
    # In the order's language, not in that of the reader: one key, one call.
    with override(order.language):
        title = _("Order %(number)s") % {"number": order.number}
    return Attempt(
        key=str(attempt.key),
        order_number=order.number,
        order_token=order.token,
        amount=attempt.amount,
        currency=attempt.currency,
        title=title,
        email=order.payer_email or order.contact_email,
        language=order.language,
        return_url=return_url,
        cancel_url=settings.SITE_URL + reverse("order", args=[order.token]),
        begun_at=attempt.begun_at,
    )


def _fits(attempt: PaymentAttempt, order: Order, *, now: datetime) -> bool:
    """Tell whether customers may be sent to an attempt: of the order's amount, open for a while yet, and, if it was
    never answered, of a key that the provider still knows."""
    if (attempt.amount, attempt.currency) != (order.gross, order.currency):
        return False
    if attempt.state == PaymentAttempt.State.BEGUN:
        return now < attempt.begun_at + KEY_HOLDS_FOR
    return attempt.open_until is None or now + _STILL_OPEN_FOR < attempt.open_until
