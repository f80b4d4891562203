"""Money that came by pay links, and whose it is."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import OuterRef, Subquery

from outbox.mails.models import Mail
from shop.payments.attempts.models import PaymentAttempt
from shop.payments.models import Payment
from shop.payments.registry import get_provider
from shop.payments.requests.models import Allocation, PaymentRequest

ASKS = "payer_instructions"


def paid_by_payer(request: PaymentRequest) -> Sequence[Allocation]:
    """Return what the payer of a pay link has paid of its part and no bank took back, the first first, each with its
    payment. One query.

    Money that came by the pages of a provider is the payer's if it was begun by the link; a transfer or a cheque is,
    since the link told them how. Money that the customer paid on the order's page, or by credit, is not.
    """
    payment = {"provider": OuterRef("payment__provider"), "reference": OuterRef("payment__reference")}
    by_link = PaymentAttempt.objects.filter(**payment).order_by().values("by_link")[:1]
    given = Allocation.objects.filter(request=request, released_at__isnull=True).select_related("payment")
    found = given.annotate(by_link=Subquery(by_link)).order_by("pk")
    return [each for each in found if _is_of_payer(each.payment, each.by_link)]


def is_of_payer(payment: Payment) -> bool:
    """Tell whether a payment is the payer's, as `paid_by_payer` does. One query."""
    begun = PaymentAttempt.objects.filter(provider=payment.provider, reference=payment.reference)
    return _is_of_payer(payment, begun.values_list("by_link", flat=True).first())


def _is_of_payer(payment: Payment, by_link: bool | None) -> bool:
    if by_link is not None:
        return by_link
    provider = get_provider(payment.provider)
    return provider is not None and not (provider.has_page or provider.is_promise)


def payer_of(request: PaymentRequest) -> str:
    """Return the address to which a pay link was mailed last, "" for one that no outside payer got. One query."""
    asked = Mail.objects.filter(order_id=request.order_id, kind=ASKS, context__request=request.pk)
    return (
        asked.filter(state__in=(Mail.State.QUEUED, Mail.State.SENT))
        .order_by("-pk")
        .values_list("recipient", flat=True)
        .first()
        or ""
    )
