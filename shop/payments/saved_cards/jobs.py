"""Jobs that charge saved cards: one kind for each provider, so that a silent one holds up no other."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from outbox.jobs.models import Job
from outbox.jobs.registry import Urgency, job_kind
from shop.payments.registry import known
from shop.payments.saved_cards.charging import follow, job_kind_of
from shop.payments.saved_cards.port import CardProvider


def charge_card(job: Job, now: datetime) -> None:
    """Charge a saved card, or ask about its charge."""
    follow(charge_id=job.payload["charge"], now=now)


for each in known():
    if isinstance(each, CardProvider):
        job_kind(
            job_kind_of(each.name),
            label=_("Charge a saved card"),
            io=True,
            service=each.name,
            urgency=Urgency.DELIVERIES,
            time_limit=timedelta(minutes=1),
            longest_silence=timedelta(minutes=2),
            # The next look records another job.
            told_elsewhere=True,
        )(charge_card)
