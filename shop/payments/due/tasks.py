"""Reminders of payments that fall due by time. Celery's beat calls this; a second run changes nothing."""

from celery import shared_task

from common.clock import database_now
from shop.payments.due.services import remind_of_due


@shared_task(ignore_result=True)
def remind_of_due_parts() -> None:
    now = database_now()
    while remind_of_due(now=now):
        pass
