"""Jobs that look at payments which banks may still take back."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from outbox.errors import ServiceAway
from outbox.jobs.models import Job
from outbox.jobs.registry import job_kind
from shop.payments.charge_backs.watch import job_kind_of, look_at_payment
from shop.payments.port import Provider, Unreachable
from shop.payments.registry import known


def look(job: Job, now: datetime) -> None:
    """Ask the provider of one payment."""
    try:
        look_at_payment(payment_id=job.payload["payment"], now=now)
    except Unreachable as error:
        raise ServiceAway(str(error)) from error


def register(provider: Provider) -> None:
    """Register the kind of jobs that look at a provider's payments. One that is never answered is made anew."""
    job_kind(
        job_kind_of(provider.name),
        label=_("Ask a provider whether a payment was taken back"),
        max_attempts=2,
        io=True,
        service=provider.name,
        time_limit=timedelta(minutes=1),
        longest_silence=timedelta(minutes=2),
        told_elsewhere=True,
    )(look)


for each in known():
    if each.recall_for:
        register(each)
