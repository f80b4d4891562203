"""Checks of the catalogue from time to time. Celery's beat calls these; a second run changes nothing."""

from celery import shared_task

from catalog.services.recheck import recheck_due
from common.clock import database_now


@shared_task(ignore_result=True)
def recheck_entries() -> None:
    now = database_now()
    while recheck_due(now=now):
        pass
