"""Periodic task of attempts, called by beat."""

from __future__ import annotations

from celery import shared_task

from common.clock import database_now
from shop.payments.attempts.sweep import sweep


@shared_task(ignore_result=True)
def ask_providers() -> int:
    return sweep(now=database_now())
