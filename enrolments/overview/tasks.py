"""Tasks of what operators are told of seats, for beat; a second run changes nothing."""

from celery import shared_task

from common.clock import database_now
from enrolments.overview.thresholds import tell_used_up
from enrolments.overview.thresholds_of_parts import tell_used_up_in_parts


@shared_task(ignore_result=True)
def tell_of_used_up_seats() -> None:
    while tell_used_up(now=database_now()):
        pass
    tell_used_up_in_parts(now=database_now())
