"""Jobs that look at payments which banks may still take back."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from outbox.jobs.models import Job
from shop.payments.charge_backs.watch import job_kind_of, look_at_payment
from shop.payments.provider_jobs import one_kind_each
from shop.payments.registry import known


def look(job: Job, now: datetime) -> None:
    """Ask the provider of one payment. A question that is never answered is asked anew."""
    look_at_payment(payment_id=job.payload["payment"], now=now)


one_kind_each(
    (each for each in known() if each.recall_for),
    job_kind_of,
    look,
    label=_("Ask a provider whether a payment was taken back"),
    max_attempts=2,
)
