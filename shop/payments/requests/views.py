"""Pages about money for customers: what an account owes and has paid, and the pay link of an outside payer."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.members.current import AccountRequest, account_page
from accounts.members.rights import Right
from accounts.rate_limits.by_network import count_from_network, is_network_used_up
from accounts.rate_limits.pages import too_often
from accounts.rate_limits.services import TooOften, count_attempt
from common.moments import local_day
from shop.orders.models import Order
from shop.orders.places import are_places_gone
from shop.orders.standing import NOT_ENDED
from shop.pages.frame import site_of
from shop.payments.attempts.services import ProviderSilent, start_payment
from shop.payments.credit.selectors import credit_of
from shop.payments.form_action import let_forms_lead_to
from shop.payments.port import Provider
from shop.payments.receipts.selectors import paid_by_payer
from shop.payments.refunds.selectors import sent_back_to
from shop.payments.registry import origins
from shop.payments.requests.asked import Asked, asked_of
from shop.payments.requests.links import found_by_link
from shop.payments.requests.models import PaymentRequest
from shop.payments.requests.selectors import OwedParts, payments_of, received
from shop.payments.saved_cards.answers import to_saving
from shop.payments.saved_cards.saving import card_view, remove_card, start_saving
from shop.payments.services import MethodNotAllowed, methods_for
from shop.seller.frozen import bank_details, seller_of

State = PaymentRequest.State
PER_PAGE = 50


@never_cache
@require_safe
@account_page(Right.SEE_INVOICES)
def money(request: AccountRequest) -> HttpResponse:
    """Show what the account owes and when, its credit, its payments, and what was sent back."""
    account = request.account
    owed = OwedParts(account.pk, local_day(timezone.now()))
    payments = Paginator(payments_of(account.pk), PER_PAGE).get_page(request.GET.get("page"))
    currency = settings.SHOP_CURRENCY
    credit = credit_of(account.pk, currency)
    context = {
        "account": account,
        "owed": Paginator(cast(Any, owed), PER_PAGE).get_page(request.GET.get("owed")),
        "sums": owed.sums,
        "promised": owed.promised,
        "credit": credit,
        "overdrawn": -credit,
        "currency": currency,
        "payments": payments,
        "received": received(payments),
        "sent_back": sent_back_to(account.pk),
    }
    return render(request, "requests/money.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def pay_link(request: HttpRequest, token: str) -> HttpResponse:
    """Show an outside payer the amount, the seller, who asks and what was ordered, with the ways to pay and receipts of
    what they have paid; nothing else.
    POST leads to the page of the chosen provider, which asks for exactly this part.

    A link that is unknown, or whose part was replaced, gets one and the same answer; such are limited by network.
    """
    link = _read(token)
    if link is None:
        return unknown_link(request)
    if request.method == "POST":
        return _card(request, token, link) if "card" in request.POST else _pay(request, token, link)
    order = link.order
    context = {
        "token": token,
        "order": order,
        "asked": link.asked,
        "is_open": link.is_open,
        "is_paid": link.asked.rest <= 0,
        "is_part": link.is_part,
        "methods": link.methods,
        "card": card_view(order, [link.asked], link.methods, part=link.asked.request, now=timezone.now()),
        "card_url": reverse("pay-link", args=[token]),
        "lines": order.lines.order_by("position"),
        "receipts": paid_by_payer(link.asked.request),
        "seller": seller_of(order),
        "bank": bank_details(order, seller=site_of(request).seller) if link.is_open else None,
    }
    return let_forms_lead_to(render(request, "requests/pay_link.html", context), origins())


@dataclass(frozen=True)
class _Link:
    """Pay link that was followed: its request, whether others pay parts too, and the providers by which it is paid."""

    order: Order
    asked: Asked
    is_part: bool
    is_open: bool
    methods: Sequence[Provider]


def _read(token: str) -> _Link | None:
    found = found_by_link(token)
    if found is None:
        return None
    order, asked = found.order, asked_of(found.order)
    [own] = [each for each in asked if each.request.pk == found.pk]
    is_open = order.status in NOT_ENDED and found.state != State.WITHDRAWN and own.rest > 0
    methods = [method for method in methods_for(order, asked) if method.has_page] if is_open else []
    return _Link(order, own, len(asked) > 1, is_open, methods)


def _pay(request: HttpRequest, token: str, link: _Link) -> HttpResponse:
    """Lead to the provider. If it was paid or changed since the page was shown, tell that instead."""
    here = redirect("pay-link", token)
    try:
        count_attempt(what="pay link", who=str(link.asked.request.pk), now=timezone.now())
    except TooOften as refused:
        return too_often(request, refused.seconds)
    chosen = next((method for method in link.methods if method.name == request.POST.get("method", "")), None)
    if not link.is_open:
        return here
    if request.POST.get("asked", "") != str(link.asked.rest):
        messages.error(request, _("The amount has changed since this page was shown. Look at it again."))
        return here
    if are_places_gone(link.order):
        messages.error(request, _("The places of this order are taken by others for now: please do not pay it yet."))
        return here
    try:
        if chosen is None:
            raise MethodNotAllowed
        attempt = start_payment(
            order=link.order, provider=chosen, now=timezone.now(), request_id=link.asked.request.pk, by_link=True
        )
    except (MethodNotAllowed, ProviderSilent) as refusal:
        messages.error(request, str(refusal))
        return here
    return redirect(attempt.url)


def _card(request: HttpRequest, token: str, link: _Link) -> HttpResponse:
    """Lead the payer to the page that saves a card for their part; or, asked to remove it, charge it no more."""
    here, now = redirect("pay-link", token), timezone.now()
    part = link.asked.request
    if request.POST["card"] == "remove":
        remove_card(order=link.order, part=part)
        messages.success(request, _("The card is removed. Please pay what is due in another way."))
        return here

    def begin() -> str:
        count_attempt(what="pay link", who=str(part.pk), now=now)
        return start_saving(order=link.order, asked=[link.asked], methods=link.methods, part=part, now=now)

    return to_saving(request, begin, back=here)


def unknown_link(request: HttpRequest) -> HttpResponse:
    """Answer a token that opens no pay link: 404, or 429 for a network that has tried too many."""
    now = timezone.now()
    if is_network_used_up(request, what="unknown pay link", now=now):
        return render(request, "requests/no_link.html", status=HTTPStatus.TOO_MANY_REQUESTS)
    with suppress(TooOften):
        count_from_network(request, what="unknown pay link", now=now)
    return render(request, "requests/no_link.html", status=HTTPStatus.NOT_FOUND)
