"""Periodic task of saved cards, called by beat."""

from __future__ import annotations

from celery import shared_task

from common.clock import database_now
from shop.payments.saved_cards.charging import charge_due


@shared_task(ignore_result=True)
def charge_saved_cards() -> int:
    return charge_due(now=database_now())
