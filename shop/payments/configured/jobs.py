"""Jobs that try the keys of providers: one kind for each, so that a silent one holds up no other."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from outbox.jobs.models import Job
from outbox.jobs.services import NewJob, enqueue_many
from shop.payments.configured.services import try_keys
from shop.payments.port import CallRefused
from shop.payments.provider_jobs import one_kind_each
from shop.payments.registry import get_provider, known, providers


def try_all(*, now: datetime) -> int:
    """Record a job for each provider that customers are offered and that has keys; return their number."""
    wanted = [each for each in providers() if each.settings_form is not None and each.has_keys()]
    enqueue_many(
        NewJob(kind=_kind_of(each.name), key=f"try:{each.name}:{int(now.timestamp())}", payload={"provider": each.name})
        for each in wanted
    )
    return len(wanted)


def try_again(job: Job, now: datetime) -> None:
    """Try the keys of one provider; a refusal is noted with its settings, which the start page tells."""
    provider = get_provider(job.payload["provider"])
    if provider is None:
        return
    with suppress(CallRefused):
        try_keys(provider=provider, now=now)


def _kind_of(provider: str) -> str:
    return f"try_{provider}"


one_kind_each(
    (each for each in known() if each.settings_form is not None),
    _kind_of,
    try_again,
    label=_("Try the keys of a provider"),
    max_attempts=2,
)
