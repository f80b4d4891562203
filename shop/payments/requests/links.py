"""Pay links: what an outside payer is asked for, and no more of the order than its summary."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.urls import reverse

from common.plain_rows import plain_rows_with
from common.tokens import derive_token, hash_token
from shop.orders.models import Order
from shop.payments.requests.asked import NEXT_REST, asked_of
from shop.payments.requests.models import PaymentRequest
from shop.payments.requests.services import requests_of

PURPOSE = "pay link"


def make_link(order: Order, *, now: datetime) -> PaymentRequest | None:
    """Give the first open request of a locked order a link, unless it has one, and return it; None where nothing is
    owed. Three statements at most."""
    for each in requests_of(order, now=now):
        if each.rest > 0:
            give_link(each.request)
            return each.request
    return None


def give_link(request: PaymentRequest) -> None:
    """Give a request of a locked order a link, unless it has one. One statement at most."""
    give_links([request])


def give_links(requests: Iterable[PaymentRequest]) -> None:
    """Give each request of locked orders a link, unless it has one. One statement at most."""
    new = [request for request in requests if request.link_hash is None]
    for request in new:
        request.link_nonce = secrets.token_urlsafe(16)
        request.link_hash = hash_token(derive_token(PURPOSE, request.pk, request.link_nonce))
    PaymentRequest.objects.bulk_update(new, ("link_nonce", "link_hash"))


@dataclass(frozen=True)
class ToPay:
    """Order to be paid, and its request alone where a payer has come by a pay link.

    `amount` is asked for next; `page` is the address to which the payer goes back.
    """

    order: Order
    request: PaymentRequest | None
    amount: Decimal
    page: str


def to_pay(token: str) -> ToPay | None:
    """Return what the token of an order, or of a pay link, leads to; None for any other text. One query for an order,
    three at most."""
    for order, amount in plain_rows_with(Order, NEXT_REST, "WHERE token = %s", [token]):
        return ToPay(order, None, amount, reverse("order", args=[token]))
    found = found_by_link(token)
    if found is None:
        return None
    [own] = [each for each in asked_of(found.order) if each.request.pk == found.pk]
    return ToPay(found.order, found, own.rest, reverse("pay-link", args=[token]))


def token_of(request: PaymentRequest) -> str:
    """Return the token of a request's pay link, "" if it has none."""
    if request.link_hash is None:
        return ""
    return derive_token(PURPOSE, request.pk, request.link_nonce, stored_hash=request.link_hash)


def linked_request(order: Order) -> PaymentRequest | None:
    """Return the request of an order's newest pay link, None if it has none. One query."""
    linked = PaymentRequest.objects.filter(order=order, link_hash__isnull=False, replaced_at__isnull=True)
    return linked.order_by("-position").first()


def link_of(request: PaymentRequest) -> str:
    """Return the address of a request's pay link."""
    return settings.SITE_URL + reverse("pay-link", args=[token_of(request)])


def found_by_link(token: str) -> PaymentRequest | None:
    """Return the request of a pay link that may be shown, with its order; None for a part that was replaced, or an
    order without its details. One query."""
    found = find_by_token(token)
    return None if found is None or found.replaced_at is not None or found.order.is_closed else found


def find_by_token(token: str) -> PaymentRequest | None:
    """Return the request of a pay link, with its order; None for any other text. One query."""
    return PaymentRequest.objects.select_related("order__seller").filter(link_hash=hash_token(token)).first()
