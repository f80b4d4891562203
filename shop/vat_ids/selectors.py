"""Answers of VIES, for the taxing of a cart and for pages."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, QuerySet

from billing.taxes.deciding import LIKE, UNION, Rule
from shop.orders.lines.models import OrderLine
from shop.orders.models import Order
from shop.vat_ids.models import VatCheck

# An answer is relied on so long where the merchant charges VAT until there is one.
RELIED_ON_FOR = timedelta(days=30)
TO_TELL = (VatCheck.State.INVALID, VatCheck.State.UNANSWERED)


def digest_of(vat_id: str) -> str:
    return hashlib.sha256(vat_id.encode()).hexdigest()


def is_asked_of_vies(vat_id: str, *, seller_country: str) -> bool:
    """Tell whether a number, as `normalise_vat_id` returns it, decides the tax of a sale and stands in VIES: one of
    another member state than the seller's."""
    country = {"EL": "GR", "XI": ""}.get(vat_id[:2], vat_id[:2])
    return country in UNION and country != LIKE.get(seller_country, seller_country)


def is_known_valid(vat_id: str, *, now: datetime) -> bool:
    """Tell whether the last answer about a number, of lately, was that it is valid. One query."""
    return last_answer(vat_id, now=now) == VatCheck.State.VALID


def last_answer(vat_id: str, *, now: datetime) -> str | None:
    """Return the last answer about a number, None where there was none lately. One query."""
    answered = VatCheck.objects.filter(digest=digest_of(vat_id), answered_at__gt=now - RELIED_ON_FOR)
    return answered.order_by("-answered_at").values_list("state", flat=True).first()


def check_of(order: Order) -> VatCheck | None:
    return VatCheck.objects.filter(order=order).first()


def last_check_of(vat_id: str) -> VatCheck | None:
    """Return the last question about a number that was answered, None if none was."""
    return VatCheck.objects.filter(digest=digest_of(vat_id), answered_at__isnull=False).order_by("-answered_at").first()


def orders_to_look_at() -> QuerySet[Order]:
    """Return the orders that bear no VAT because of a number that VIES does not know, or about which it never answered,
    until somebody has looked at them; those that have ended are none."""
    told = VatCheck.objects.filter(order=OuterRef("pk"), state__in=TO_TELL, looked_at__isnull=True)
    freed = OrderLine.objects.filter(order=OuterRef("pk"), tax_terms__rule=Rule.REVERSE_CHARGE.value)
    ended = (Order.Status.CANCELLED, Order.Status.EXPIRED, Order.Status.REFUNDED)
    return Order.objects.filter(Exists(told), Exists(freed)).exclude(status__in=ended)
