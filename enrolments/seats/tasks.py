"""Tasks on seats that fall due by time. Celery's beat calls these; a second run changes nothing."""

from celery import shared_task

from common.clock import database_now
from enrolments.seats.expire import expire_seats
from enrolments.seats.lapse import lapse_seats


@shared_task(ignore_result=True)
def expire_due_seats() -> None:
    now = database_now()
    while expire_seats(now=now):
        pass


@shared_task(ignore_result=True)
def lapse_due_seats() -> None:
    now = database_now()
    while lapse_seats(now=now):
        pass
