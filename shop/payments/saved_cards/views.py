"""Button of an order's page that saves a card for what is due later, or removes it."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.rate_limits.services import count_attempt
from shop.orders.seen import seen_order
from shop.payments.requests.services import parts_of
from shop.payments.saved_cards.answers import to_saving
from shop.payments.saved_cards.saving import remove_card, start_saving
from shop.payments.services import methods_for


@require_POST
def order_card(request: HttpRequest, token: str) -> HttpResponse:
    """Lead to the provider's page that saves a card; or, asked to remove it, charge it no more."""
    found, sight = seen_order(request, token)
    if not sight.may_pay:
        raise Http404
    back = redirect("order", found.token)
    if request.POST.get("card") == "remove":
        remove_card(order=found)
        messages.success(request, _("The card is removed. Please pay what is due in another way."))
        return back
    now, asked = timezone.now(), parts_of(found)

    def begin() -> str:
        count_attempt(what="payment method", who=str(found.pk), now=now)
        return start_saving(order=found, asked=asked, methods=methods_for(found, asked), now=now)

    return to_saving(request, begin, back=back)
