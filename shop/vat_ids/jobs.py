"""Job that asks VIES about a VAT number. Member states are away for hours: it goes on asking for about half a day."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from outbox.errors import ServiceAway, Temporary
from outbox.jobs.models import Job
from outbox.jobs.registry import job_kind
from shop.vat_ids import vies
from shop.vat_ids.services import JOB_KIND, answer, note_asked_again, note_unanswered


def _give_up(job: Job, now: datetime) -> None:
    note_unanswered(check_id=job.payload["check"])


def _ask_again(job: Job, actor_id: int | None, now: datetime) -> None:
    note_asked_again(check_id=job.payload["check"])


@job_kind(
    JOB_KIND,
    label=_("Check a VAT number"),
    io=True,
    service="vies",
    max_attempts=18,
    on_dead=_give_up,
    on_retry=_ask_again,
    told_elsewhere=True,
)
def check_vat_id(job: Job, now: datetime) -> None:
    try:
        answer(check_id=job.payload["check"], vat_id=job.payload["vat_id"], now=now)
    except vies.Unavailable as unavailable:
        raise Temporary(str(unavailable)) from unavailable
    except vies.Away as away:
        raise ServiceAway(str(away)) from away
