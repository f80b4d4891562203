"""Jobs that ask providers about open attempts: one kind for each provider, so that a silent one holds up no other."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from common.templatetags.money import grouped
from outbox.jobs.models import Job
from outbox.jobs.outages import SERVICE_NAMES, ServiceName
from shop.payments.attempts.models import PaymentAttempt
from shop.payments.attempts.services import PROBLEM_LENGTH
from shop.payments.attempts.sweep import ask_about_attempt, job_kind_of
from shop.payments.provider_jobs import one_kind_each
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
    ask_about_attempt(attempt_id=job.payload["attempt"], now=now)


asked = [each for each in known() if each.has_page]
for each in asked:
    SERVICE_NAMES.register(each.name, ServiceName(each.title or each.label, questions_wait))
one_kind_each(asked, job_kind_of, ask, label=_("Ask a provider about a payment"), max_attempts=2, on_dead=note_silence)
