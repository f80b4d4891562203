"""Jobs that ask providers about open attempts: one kind for each provider, so that a silent one holds up no other."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from common.templatetags.money import grouped
from outbox.errors import ServiceAway
from outbox.jobs.models import Job
from outbox.jobs.outages import SERVICE_NAMES, ServiceName
from outbox.jobs.registry import job_kind
from shop.payments.attempts.models import PaymentAttempt
from shop.payments.attempts.services import PROBLEM_LENGTH
from shop.payments.attempts.sweep import ask_about_attempt, job_kind_of
from shop.payments.port import Provider, Unreachable
from shop.payments.registry import known


def questions_wait(count: int) -> str:
    """Return a sentence about payments that wait for their provider."""
    text = ngettext("%(count)s payment is asked about later.", "%(count)s payments are asked about later.", count)
    return text % {"count": grouped(count)}


def note_silence(job: Job, now: datetime) -> None:
    """Note with the attempt that its provider did not answer; the sweep asks again."""
    PaymentAttempt.objects.filter(pk=job.payload["attempt"]).update(problem=job.last_error[:PROBLEM_LENGTH])


def ask(job: Job, now: datetime) -> None:
    """Ask the provider of one attempt."""
    try:
        ask_about_attempt(attempt_id=job.payload["attempt"], now=now)
    except Unreachable as error:
        raise ServiceAway(str(error)) from error


def register(provider: Provider) -> None:
    """Register the kind of jobs that ask a provider."""
    SERVICE_NAMES.register(provider.name, ServiceName(provider.label, questions_wait))
    job_kind(
        job_kind_of(provider.name),
        label=_("Ask a provider about a payment"),
        max_attempts=2,
        io=True,
        service=provider.name,
        time_limit=timedelta(minutes=1),
        longest_silence=timedelta(minutes=2),
        on_dead=note_silence,
        told_elsewhere=True,
    )(ask)


for each in known():
    if each.has_page:
        register(each)
