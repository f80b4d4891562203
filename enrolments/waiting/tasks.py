"""Tasks on waiting lists. Celery's beat calls this; a second run changes nothing."""

from celery import shared_task

from common.clock import database_now
from enrolments.waiting.services import offer_free_places


@shared_task(ignore_result=True)
def offer_due_places() -> None:
    offer_free_places(now=database_now())
