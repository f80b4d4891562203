"""Requests of orders that a process of the previous release has settled: it knows none, and leaves them open."""

from __future__ import annotations

from celery import shared_task
from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone

from shop.orders.locks import lock_order
from shop.orders.standing import CONFIRMED
from shop.payments.models import Settlement
from shop.payments.requests.asked import Share, asked_of
from shop.payments.requests.models import Allocation, PaymentRequest
from shop.payments.requests.services import allocate, reopen

CHUNK = 200


@shared_task(ignore_result=True)
def mend_requests() -> int:
    """Give the payments that settled orders to their requests, which received nothing; return the number of orders.

    Their entries are posted by what posts missing facts. Does nothing once all processes know requests. Locks each
    order.
    """
    keys = list(_settled_without_requests().values_list("order", flat=True)[:CHUNK])
    return sum(_mend(key) for key in keys)


@transaction.atomic
def _mend(order_id: int) -> bool:
    order = lock_order(order_id)
    settlement = _settled_without_requests().filter(order=order).select_related("payment").first()
    if settlement is None or settlement.payment is None:
        return False
    asked = asked_of(order)
    reopen(asked)
    allocate(settlement.payment, [Share(each, each.rest) for each in asked], now=timezone.now())
    return True


def _settled_without_requests() -> QuerySet[Settlement]:
    unpaid = PaymentRequest.objects.filter(order=OuterRef("order"), replaced_at__isnull=True)
    given = Allocation.objects.filter(payment=OuterRef("payment"))
    settled = Settlement.objects.filter(Exists(unpaid), ~Exists(given), payment__amount=F("order__gross"))
    return settled.filter(order__status__in=CONFIRMED).order_by("pk")
