"""Reads for other floors' pages."""

from __future__ import annotations

from collections.abc import Iterable

from outbox.models import Job, Mail
from outbox.models.jobs import JobQuerySet
from outbox.models.mails import MailQuerySet


def mails_of_order(order_id: int) -> MailQuerySet:
    """Every mail about the order, the newest first. Link each to `admin:outbox_mail_change`."""
    return Mail.objects.of_order(order_id)


def jobs_by_key(keys: Iterable[str]) -> JobQuerySet:
    """The jobs recorded under these keys, in the order in which they were recorded."""
    return Job.objects.filter(key__in=list(keys)).order_by("id")
