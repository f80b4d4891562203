"""Pay links: what an outside payer is asked for, and no more of the order than its summary."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.conf import settings
from django.urls import reverse

from common.tokens import derive_token, hash_token
from shop.orders.models import Order
from shop.payments.requests.models import PaymentRequest
from shop.payments.requests.services import requests_of

PURPOSE = "pay link"


def make_link(order: Order, *, now: datetime) -> None:
    """Give the first open request of a locked order a link, unless it has one. Three statements at most."""
    for each in requests_of(order, now=now):
        if each.rest > 0:
            if each.request.link_hash is None:
                nonce = secrets.token_urlsafe(16)
                hashed = hash_token(derive_token(PURPOSE, each.request.pk, nonce))
                PaymentRequest.objects.filter(pk=each.request.pk).update(link_nonce=nonce, link_hash=hashed)
            return


def link_of(order: Order) -> str:
    """Return the address of the newest pay link of an order, "" if there is none. One query."""
    linked = PaymentRequest.objects.filter(order=order, link_hash__isnull=False, replaced_at__isnull=True)
    request = linked.order_by("-position").first()
    if request is None:
        return ""
    token = derive_token(PURPOSE, request.pk, request.link_nonce, stored_hash=request.link_hash or "")
    return settings.SITE_URL + reverse("pay-link", args=[token])


def find_by_token(token: str) -> PaymentRequest | None:
    """Return the request of a pay link, with its order; None for any other text. One query."""
    return PaymentRequest.objects.select_related("order__seller").filter(link_hash=hash_token(token)).first()
