"""Beginning a payment at a provider: committed first, called then."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
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
from shop.payments.requests.asked import Asked, asked_of, next_part
from shop.payments.requests.links import token_of
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


class CardUnderWay(MethodNotAllowed):
    """Refusal because the saved card is being charged for the same part."""

    message = gettext_lazy("Your saved card is being charged for this just now. Wait for the answer before you pay.")


def start_payment(
    *, order: Order, provider: Provider, now: datetime, request_id: int | None = None, by_link: bool | None = None
) -> PaymentAttempt:
    """Begin a payment of an order, as just read, at a provider, or return the one that is open there already.

    It is for the payment request named, by default for the one that is paid next. `by_link` tells that a payer comes by
    a pay link, or by the order's page; None where nobody knows. Calls the provider outside of any transaction and locks
    nothing: an order that ends meanwhile has its attempts withdrawn by the sweep. Raises
    MethodNotAllowed and ProviderSilent.
    """
    attempt = begin_attempt(order=order, provider=provider, now=now, request_id=request_id, by_link=by_link)
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


def begin_attempt(
    *, order: Order, provider: Provider, now: datetime, request_id: int | None = None, by_link: bool | None = None
) -> PaymentAttempt:
    """Return the live attempt for a payment request at a provider, a new one if there is none or it fits no more.

    One live attempt is allowed by the database, so that two tabs get the same, and it bears by which of them somebody
    came last. Raises MethodNotAllowed.
    """
    allowed_method(order, provider.name)
    asked = _asked(order, request_id)
    key, amount = (asked.request.pk, asked.rest) if asked else (None, order.gross)
    live = live_attempt(order, provider, key)
    if live is not None:
        live.request = asked.request if asked else None
        if live.by_card:
            raise CardUnderWay
        if _fits(live, amount, now=now):
            _note_page(live, by_link)
            return live
        withdraw(Q(pk=live.pk), now=now)
    attempt = PaymentAttempt(
        order=order,
        request_id=key,
        provider=provider.name,
        amount=amount,
        currency=order.currency,
        by_link=bool(by_link),
        begun_at=now,
        ask_again_at=now + FIRST_ASKED_AFTER,
    )
    insert_rows([attempt], ignore_conflicts=True)
    begun = live_attempt(order, provider, key)
    if begun is None:  # answered within this very moment
        raise MethodNotAllowed
    begun.request = asked.request if asked else None
    return begun


def _note_page(live: PaymentAttempt, by_link: bool | None) -> None:
    if by_link is not None and by_link != live.by_link:
        PaymentAttempt.objects.filter(pk=live.pk).update(by_link=by_link)


def live_attempt(order: Order, provider: Provider, request_id: int | None) -> PaymentAttempt | None:
    """Return the attempt to which the payers of a request are sent. One query."""
    rest = (
        "WHERE order_id = %s AND provider = %s AND request_id IS NOT DISTINCT FROM %s AND state = ANY(%s)"
        " AND withdrawn_at IS NULL"
    )
    states = [str(state) for state in PaymentAttempt.OPEN]
    live = plain_row(PaymentAttempt, rest, [order.pk, provider.name, request_id, states])
    if live is not None:
        live.order = order
    return live


def _asked(order: Order, request_id: int | None) -> Asked | None:
    """Return the request to pay; None for an order of a former release, which has none. Raises MethodNotAllowed for one
    that is not owed."""
    asked = asked_of(order)
    if not asked and request_id is None:
        return None
    found = next_part(each for each in asked if request_id in (None, each.request.pk))
    if found is None:
        raise MethodNotAllowed
    return found


def withdraw(which: Q, *, now: datetime) -> int:
    """Withdraw open attempts: nobody is sent there any more, and a job ends them at their providers. Return their
    number."""
    return PaymentAttempt.objects.filter(which, state__in=PaymentAttempt.OPEN, withdrawn_at__isnull=True).update(
        withdrawn_at=now, ask_again_at=now, times_asked=0
    )


def attempt_told(attempt: PaymentAttempt) -> Attempt:
    """Return an attempt as its provider is told of it. The payer of a request with a pay link comes back by it, and
    never sees the token of the order."""
    order = attempt.order
    by_link = token_of(attempt.request) if attempt.request else ""
    token = by_link or order.token
    return_url = settings.SITE_URL + reverse("payment-return", args=[attempt.provider, token])
    # In the order's language, not in that of the reader: one key, one call.
    with override(order.language):
        title = _("Order %(number)s") % {"number": order.number}
    return Attempt(
        key=str(attempt.key),
        order_number=order.number,
        token=token,
        amount=attempt.amount,
        currency=attempt.currency,
        title=title,
        email=order.payer_email or order.contact_email,
        language=order.language,
        return_url=return_url,
        cancel_url=settings.SITE_URL + reverse("pay-link" if by_link else "order", args=[token]),
        begun_at=attempt.begun_at,
    )


def _fits(attempt: PaymentAttempt, amount: Decimal, *, now: datetime) -> bool:
    """Tell whether customers may be sent to an attempt: of the amount asked for, open for a while yet, and, if it was
    never answered, of a key that the provider still knows."""
    if attempt.amount != amount:
        return False
    if attempt.state == PaymentAttempt.State.BEGUN:
        return now < attempt.begun_at + KEY_HOLDS_FOR
    return attempt.open_until is None or now + _STILL_OPEN_FOR < attempt.open_until
