"""Reads for other floors' pages."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import F, Q
from django.db.models.functions import Now

from outbox.jobs.models import Job, JobQuerySet
from outbox.jobs.outages import kinds_left_alone
from outbox.mails.models import JOB_KIND, Mail, MailQuerySet


def mails_of_order(order_id: int) -> MailQuerySet:
    """Return the mails about the order, the newest first. Link each to `admin:outbox_mail_change`."""
    return Mail.objects.of_order(order_id)


def jobs_by_key(keys: Iterable[str]) -> JobQuerySet:
    """Return the jobs recorded under these keys, in the order in which they were recorded."""
    return Job.objects.filter(key__in=list(keys)).order_by("id")


def jobs_of_order(order_id: int, keys: Iterable[str]) -> JobQuerySet:
    """Return the jobs that name the order, and those recorded under these keys, in the order of their recording.

    Without those that send mails, which `mails_of_order` returns.
    """
    return Job.objects.filter(Q(order_id=order_id) | Q(key__in=list(keys))).exclude(kind=JOB_KIND).order_by("id")


def oldest_waiting_seconds() -> float | None:
    """Return for how many seconds the job that is due longest has waited for a worker, by the database's clock; None
    when no job waits. Jobs of services outside that do not answer are not meant.

    A few seconds are usual. Minutes say that no worker runs, or too few.
    """
    due = Job.objects.due().exclude(kind__in=kinds_left_alone())
    waited = due.annotate(waited=Now() - F("due_at")).values_list("waited", flat=True).first()
    return None if waited is None else waited.total_seconds()
