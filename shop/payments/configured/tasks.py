"""Periodic task of the settings of providers, called by beat."""

from __future__ import annotations

from celery import shared_task

from common.clock import database_now
from shop.payments.configured.jobs import try_all


@shared_task(ignore_result=True)
def try_keys_of_providers() -> int:
    return try_all(now=database_now())
