"""Reminders that fall due by time. Celery's beat calls this; a second run changes nothing."""

from celery import shared_task

from common.clock import database_now
from enrolments.reminders.services import remind_learners, remind_operators


@shared_task(ignore_result=True)
def send_reminders() -> None:
    now = database_now()
    for remind in (remind_operators, remind_learners):
        while remind(now=now):
            pass
