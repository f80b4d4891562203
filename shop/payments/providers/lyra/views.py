"""Page from which a customer posts the signed form to the platform, which takes nothing else."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from shop.payments.attempts.models import PaymentAttempt
from shop.payments.attempts.services import attempt_told
from shop.payments.form_action import let_forms_lead_to
from shop.payments.providers.lyra.form import form_fields
from shop.payments.providers.lyra.keys import keys
from shop.payments.providers.lyra.provider import provider
from shop.payments.services import methods_for


@never_cache
@require_safe
def pay(request: HttpRequest, key: UUID) -> HttpResponse:
    """Show amount and order of an attempt, with the button to the payment page; redirect to the order if nobody may
    pay there any more."""
    attempt = PaymentAttempt.objects.select_related("order").filter(provider=provider.name, key=key).first()
    found = keys()
    if attempt is None or found is None:
        raise Http404
    is_open = attempt.state == PaymentAttempt.State.STARTED and attempt.withdrawn_at is None
    is_in_time = attempt.open_until is not None and timezone.now() < attempt.open_until
    if not is_open or not is_in_time or provider not in methods_for(attempt.order):
        return redirect("order", token=attempt.order.token)
    fields = form_fields(attempt_told(attempt), attempt_id=attempt.pk, keys=found)
    page = render(request, "lyra/pay.html", {"attempt": attempt, "page_url": found.page_url, "fields": fields})
    return let_forms_lead_to(page, provider.sites())
