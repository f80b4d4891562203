"""Periodic tasks of orders, called by beat."""

from __future__ import annotations

from celery import shared_task

from common.clock import database_now
from shop.orders.ending import expire_orders
from shop.orders.places import release_unproved_places


@shared_task(ignore_result=True)
def expire_unpaid_orders() -> int:
    return expire_orders(now=database_now())


@shared_task(ignore_result=True)
def release_places_of_unproved_orders() -> int:
    return release_unproved_places(now=database_now())
