"""Periodic tasks of charge-backs, called by beat."""

from __future__ import annotations

from celery import shared_task

from common.clock import database_now
from shop.payments.charge_backs.mending import mend
from shop.payments.charge_backs.watch import look_again


@shared_task(ignore_result=True)
def look_at_payments() -> int:
    return look_again(now=database_now())


@shared_task(ignore_result=True)
def mend_charge_backs() -> int:
    return mend(now=database_now())
