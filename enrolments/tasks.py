"""What time does to seats. Celery's beat calls these; doing one twice changes nothing."""

from celery import shared_task
from django.utils import timezone

from enrolments.services.seats.expire import expire_seats


@shared_task(ignore_result=True)
def expire_due_seats() -> None:
    now = timezone.now()
    while expire_seats(now=now):
        pass
