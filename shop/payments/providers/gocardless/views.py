"""Way to the page on which a customer gives a mandate."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from shop.payments.attempts.models import PaymentAttempt
from shop.payments.attempts.services import attempt_told
from shop.payments.port import CallRefused, Unreachable
from shop.payments.providers.gocardless.client import gocardless_client
from shop.payments.providers.gocardless.debits import open_page
from shop.payments.providers.gocardless.provider import provider


@never_cache
@require_safe
def page(request: HttpRequest, key: UUID) -> HttpResponse:
    """Redirect to a page of GoCardless for an attempt; to the order if nobody may pay there any more, or it is away."""
    attempt = PaymentAttempt.objects.select_related("order").filter(provider=provider.name, key=key).first()
    if attempt is None:
        raise Http404
    if attempt.state == PaymentAttempt.State.STARTED and attempt.withdrawn_at is None:
        with suppress(CallRefused, Unreachable), gocardless_client() as client:
            return redirect(open_page(client, attempt.reference, attempt_told(attempt)))
    return redirect("order", token=attempt.order.token)
