"""Page on which an account cancels units of an order: how many, then what it costs to the cent, then done."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.rate_limits.pages import too_often
from accounts.rate_limits.services import TooOften, count_attempt
from common.refusals import Refused
from common.templatetags.money import money
from shop.cancelling.forms import CancelForm
from shop.cancelling.selectors import chosen_units, cost_of, offers_for
from shop.cancelling.services import Cancelled, cancel_units
from shop.cart.current import signed_in
from shop.orders.models import Order
from shop.orders.seen import seen_order


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def cancel(request: HttpRequest, token: str) -> HttpResponse:
    """Ask for the numbers, show the amount, and cancel once that is confirmed.

    For members who may buy for the order's account. Raises Http404 for others, and for an order without terms.
    """
    order, sight = seen_order(request, token)
    now = timezone.now()
    offers = offers_for(order.pk, now=now) if sight.may_buy else []
    if not offers:
        raise Http404
    form = CancelForm(request.POST if request.method == "POST" else None, offers=offers)
    context: dict[str, Any] = {"order": order, "offers": offers, "form": form}
    if not form.is_valid():
        return render(request, "cancelling/cancel.html", context)
    if "confirm" in request.POST and form.cleaned_data["back"] is not None:
        try:
            return _cancel(request, order, form)
        except TooOften as refused:
            return too_often(request, refused.seconds)
        except Refused as refusal:
            form.add_error(None, str(refusal))
            return render(request, "cancelling/cancel.html", context, status=HTTPStatus.CONFLICT)
    units = chosen_units(offers, form.counts())
    chosen = [(offer.line.name, len(units[offer.line.pk])) for offer in offers if offer.line.pk in units]
    context |= {"chosen": chosen, "cost": cost_of(offers, units), "counts": form.counts()}
    return render(request, "cancelling/confirm.html", context)


def _cancel(request: HttpRequest, order: Order, form: CancelForm) -> HttpResponse:
    actor, now = signed_in(request), timezone.now()
    assert actor is not None  # login_required
    count_attempt(what="cancelling", who=str(order.pk), now=now)
    done = cancel_units(order_id=order.pk, counts=form.counts(), back=form.cleaned_data["back"], actor=actor, now=now)
    messages.success(request, _told(order, done))
    return redirect("order", order.token)


def _told(order: Order, done: Cancelled) -> str:
    said = {"amount": money(done.given.worth, order.currency), "sent": money(done.sent, order.currency)}
    if done.sent:
        return _("Cancelled. %(sent)s are on their way back to you.") % said
    if done.given.worth:
        return _("Cancelled. %(amount)s are taken off what you owe, or will be paid back to you.") % said
    return _("Cancelled. Nothing is paid back.")
