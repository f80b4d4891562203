"""Pages about money for customers: what an account owes and has paid, and the pay link of an outside payer."""

from __future__ import annotations

from contextlib import suppress
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.members.current import AccountRequest, account_page
from accounts.members.rights import Right
from accounts.rate_limits.by_network import count_from_network, is_network_used_up
from accounts.rate_limits.services import TooOften
from common.moments import local_day
from shop.orders.models import Order
from shop.pages.frame import site_of
from shop.payments.credit.selectors import credit_of
from shop.payments.requests.asked import asked_of
from shop.payments.requests.links import find_by_token
from shop.payments.requests.models import PaymentRequest
from shop.payments.requests.selectors import owed_by, payments_of, sum_by_currency
from shop.seller.frozen import bank_details, seller_of

OPEN = (Order.Status.PLACED, Order.Status.PAID, Order.Status.COMPLETED)
State = PaymentRequest.State


@never_cache
@require_safe
@account_page(Right.SEE_INVOICES)
def money(request: AccountRequest) -> HttpResponse:
    """Show what the account owes and when, its credit, and its payments."""
    account = request.account
    owed = owed_by(account.pk, today=local_day(timezone.now()))
    currency = settings.SHOP_CURRENCY
    credit = credit_of(account.pk, currency)
    context = {
        "account": account,
        "owed": owed,
        "sums": sum_by_currency(owed),
        "credit": credit,
        "overdrawn": -credit,
        "currency": currency,
        "payments": payments_of(account.pk),
    }
    return render(request, "requests/money.html", context)


@never_cache
@require_safe
def pay_link(request: HttpRequest, token: str) -> HttpResponse:
    """Show an outside payer the amount, the seller, who asks and what was ordered, with the way to pay; nothing else.

    A link that is unknown, or whose part was replaced, gets one and the same answer; such are limited by network.
    """
    found = find_by_token(token)
    if found is None or found.replaced_at is not None or found.order.is_closed:
        return _unknown(request)
    order = found.order
    [asked] = [each for each in asked_of(order) if each.request.pk == found.pk]
    is_open = order.status in OPEN and found.state != State.WITHDRAWN and asked.rest > 0
    context = {
        "order": order,
        "asked": asked,
        "is_open": is_open,
        "is_paid": asked.rest <= 0,
        "lines": order.lines.order_by("position"),
        "seller": seller_of(order),
        "bank": bank_details(order, seller=site_of(request).seller) if is_open else None,
    }
    return render(request, "requests/pay_link.html", context)


def _unknown(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    if is_network_used_up(request, what="unknown pay link", now=now):
        return render(request, "requests/no_link.html", status=HTTPStatus.TOO_MANY_REQUESTS)
    with suppress(TooOften):
        count_from_network(request, what="unknown pay link", now=now)
    return render(request, "requests/no_link.html", status=HTTPStatus.NOT_FOUND)
