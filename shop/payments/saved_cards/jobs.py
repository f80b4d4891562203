"""Jobs that charge saved cards: one kind for each provider, so that a silent one holds up no other."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from outbox.jobs.models import Job
from outbox.jobs.registry import Urgency
from shop.payments.provider_jobs import one_kind_each
from shop.payments.registry import known
from shop.payments.saved_cards.charging import follow, job_kind_of
from shop.payments.saved_cards.port import CardProvider


def charge_card(job: Job, now: datetime) -> None:
    """Charge a saved card, or ask about its charge."""
    follow(charge_id=job.payload["charge"], now=now)


# The next look records another job.
one_kind_each(
    (each for each in known() if isinstance(each, CardProvider)),
    job_kind_of,
    charge_card,
    label=_("Charge a saved card"),
    urgency=Urgency.DELIVERIES,
)
