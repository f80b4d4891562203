"""Page on which a customer reads and accepts the order that staff entered for them."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from common.numbers import whole_number
from common.refusals import Refused, Sentence
from shop.checkout.errors import TotalChanged
from shop.checkout.forms.review import ReviewForm
from shop.checkout.place import Consent
from shop.checkout.shown import shown_in
from shop.checkout.views.review import form_for, to_agree_to
from shop.orders.models import Order
from shop.orders.placed_here import remember_placed
from shop.phone_orders.models import PhoneOrder
from shop.phone_orders.services import Entering, LinkClosed, accept_by_link, entering, find_by_token


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def phone_order(request: HttpRequest, token: str) -> HttpResponse:
    """Show exactly what was entered, its price and the terms; POST accepts and places it. A link that is unknown,
    discarded or too old gets one and the same answer; that of an order already placed leads to the order."""
    found, now = find_by_token(token), timezone.now()
    if found is not None and found.order is not None:
        return _go_to(request, found, found.order)
    if found is None or not found.is_link_open(now):
        return _closed(request)
    shown = entering(found, now=now)
    form = _form(shown, request.POST if request.method == "POST" else None)
    notices: tuple[Sentence, ...] = ()
    if request.method == "POST" and shown.draft is not None and form.is_valid():
        try:
            order = accept_by_link(
                token=token,
                shown=shown_in(request.POST),
                consent=Consent(
                    whole_number(request.POST.get("terms", "")),
                    form.cleaned_data.get("start_at_once", False),
                    form.cleaned_data.get("plan"),
                    form.cleaned_data.get("waive_withdrawal", False),
                ),
                now=timezone.now(),
            )
        except TotalChanged as refusal:
            # Consent belongs to what was shown, so the boxes are cleared.
            notices, form = refusal.changes, _form(shown, None)
        except LinkClosed:
            return _closed(request)
        except Refused as refusal:
            notices = (str(refusal),)
        else:
            return _go_to(request, found, order)
    return _page(request, shown, form, notices)


def _form(shown: Entering, data: object) -> ReviewForm:
    draft = shown.draft
    return ReviewForm(data, has_terms=True, is_private=False) if draft is None else form_for(draft, data)


def _go_to(request: HttpRequest, found: PhoneOrder, order: Order) -> HttpResponse:
    """Lead to the order. A new customer follows it in this browser until they have claimed it; others sign in."""
    if found.buyer_id is None and not order.is_claimed:
        remember_placed(request, order)
    messages.success(request, _("Your order is placed, with the number %(number)s.") % {"number": order.number})
    return redirect("order", order.token)


def _closed(request: HttpRequest) -> HttpResponse:
    return render(request, "phone_orders/closed.html", {"message": LinkClosed.message}, status=HTTPStatus.NOT_FOUND)


def _page(request: HttpRequest, shown: Entering, form: ReviewForm, notices: tuple[Sentence, ...]) -> HttpResponse:
    draft, details = shown.draft, shown.details
    if draft is None or details is None:
        return render(request, "phone_orders/not_now.html", status=HTTPStatus.CONFLICT)
    context = to_agree_to(shown.checkout, details, draft, form) | {"notices": notices}
    return render(request, "phone_orders/accept.html", context)
