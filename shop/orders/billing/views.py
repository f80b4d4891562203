"""Page on which a customer corrects the billing details of an order, until its first document is issued."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.rate_limits.pages import too_often
from accounts.rate_limits.services import TooOften, count_attempt
from common.made_from import in_words
from common.refusals import Refused, add_refusal
from shop.cart.current import signed_in
from shop.orders.billing.forms import BillingDetailsForm
from shop.orders.billing.selectors import sees_billing, why_not_correctable
from shop.orders.billing.services import correct_own_billing
from shop.orders.locks import lock_order
from shop.orders.models import Order
from shop.orders.seen import seen_order


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def billing(request: HttpRequest, token: str) -> HttpResponse:
    """Show the billing details and correct them; once a document is issued, tell how to ask for a correction.

    For members who may pay the order, and for visitors with the link of an unclaimed one. Raises Http404 for others.
    """
    order, sight = seen_order(request, token)
    if not sees_billing(order, sight):
        raise Http404
    if request.method != "POST":
        return _page(request, order, BillingDetailsForm(instance=order))
    try:
        count_attempt(what="billing details", who=str(order.pk), now=timezone.now())
    except TooOften as refused:
        return too_often(request, refused.seconds)
    return _correct(request, order)


@transaction.atomic
def _correct(request: HttpRequest, order: Order) -> HttpResponse:
    """Correct the details as posted. The order is locked from the comparison with what the form showed to the end."""
    form = BillingDetailsForm(request.POST, instance=lock_order(order.pk))
    if not form.is_valid():
        return _page(request, order, form)
    try:
        correct_own_billing(order_id=order.pk, values=form.corrected(), actor=signed_in(request), now=timezone.now())
    except Refused as refusal:
        add_refusal(form, refusal)
        return _page(request, order, form)
    messages.success(request, _("The billing details are corrected."))
    return redirect("order", order.token)


def _page(request: HttpRequest, order: Order, form: BillingDetailsForm) -> HttpResponse:
    """Show the form; or, once it is too late, how to ask for a correction, with what was typed."""
    refusal = why_not_correctable(order)
    is_too_late = bool(refusal) and form.is_bound
    typed = [(field.label, in_words(field.field, field.value())) for field in form.visible_fields()]
    context = {"order": order, "form": form, "refusal": refusal, "typed": typed if is_too_late else []}
    status = HTTPStatus.CONFLICT if is_too_late else HTTPStatus.OK
    return render(request, "order_billing/correct.html", context, status=status)
