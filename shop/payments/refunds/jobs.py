"""Job that sends refunds, and follows them."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from outbox.jobs.models import Job
from outbox.jobs.registry import Urgency, job_kind
from shop.payments.refunds.following import follow
from shop.payments.refunds.sending import JOB_KIND


@job_kind(JOB_KIND, label=_("Send a refund"), io=True, urgency=Urgency.DELIVERIES)
def send_refund(job: Job, now: datetime) -> None:
    follow(refund_id=job.payload["refund"], now=now)
