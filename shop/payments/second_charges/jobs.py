"""Job that sends a second charge back by rule."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from outbox.jobs.models import Job
from outbox.jobs.registry import Urgency, job_kind
from shop.payments.second_charges.services import JOB_KIND, send_by_rule


@job_kind(JOB_KIND, label=_("Send a second charge back by rule"), urgency=Urgency.DELIVERIES)
def second_charge_back(job: Job, now: datetime) -> None:
    send_by_rule(event_id=job.payload["event"], now=now)
