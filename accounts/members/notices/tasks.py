"""Tasks of the mails to members, for beat; a second run changes nothing."""

from celery import shared_task

from accounts.members.notices.digest import queue_digests
from common.clock import database_now

ROUNDS = 10


@shared_task(ignore_result=True)
def send_digests() -> None:
    """Queue the weekly summaries that are due: a thousand at most, so that other work is not kept from its turn."""
    for _round in range(ROUNDS):
        if not queue_digests(now=database_now()):
            break
