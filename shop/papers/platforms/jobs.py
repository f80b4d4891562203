"""Jobs that send documents to approved platforms, and that ask them for news."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from outbox.jobs.models import Job
from shop.papers.platforms.registry import known
from shop.papers.platforms.services import follow_documents, kind_of_following, kind_of_sending, send_document
from shop.payments.port import CallRefused
from shop.payments.provider_jobs import one_kind_each


def send(job: Job, now: datetime) -> None:
    send_document(document_id=job.payload["document"], now=now)


def follow(job: Job, now: datetime) -> None:
    """Ask for news; a refusal of the keys shows when they are tried."""
    with suppress(CallRefused):
        follow_documents(name=job.payload["platform"], now=now)


one_kind_each(known(), kind_of_sending, send, label=_("Send a document to the platform"))
one_kind_each(known(), kind_of_following, follow, label=_("Ask a platform for news of documents"), max_attempts=2)
