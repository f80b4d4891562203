"""Mails that carry documents: those issued by the act that the mail tells of.

A mail names its act by the order and the moment at which the documents were issued. It waits for their files, which a
job makes within a minute, and leaves without them after ten: it then leads to where they are shown.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from django.db.models import Exists, Func, IntegerField, OuterRef, QuerySet, TextField, Value
from django.db.models.functions import Cast, Concat, Now

from common.afterwards import write_afterwards
from documents.issued.answers import CONTENT_TYPES, file_name
from documents.issued.files import content_of
from documents.issued.models import Document, DocumentFile
from outbox.jobs.doorbell import ring_on_commit
from outbox.jobs.models import Job
from outbox.mails.models import JOB_KIND, Mail
from outbox.mails.rendering import Attachment

PDF = DocumentFile.Form.PDF
WAITS_AT_MOST = timedelta(minutes=10)
# Mail servers refuse more than some ten or twenty megabytes.
MOST_BYTES = 8_000_000
_KEY = "documents"


def telling_of(order_id: int, at: datetime) -> dict[str, Any]:
    """Return the part of a mail's context that names the documents issued for an order at a moment."""
    return {_KEY: f"{order_id}:{at.astimezone(UTC).isoformat()}"}


def told_by(mail: Mail) -> QuerySet[Document]:
    """Return the documents that a mail tells of, in the order of their issue; none for a mail that tells of none."""
    order_id, _colon, at = str(mail.context.get(_KEY, "")).partition(":")
    if not at:
        return Document.objects.none()
    return Document.objects.filter(order_id=int(order_id), issued_at=datetime.fromisoformat(at)).order_by("pk")


def made(documents: Collection[Document]) -> Sequence[Document]:
    """Return those documents whose PDF is made, as many as one mail may carry. One query."""
    sizes = dict(
        DocumentFile.objects.filter(document__in=documents, form=PDF, content__isnull=False)
        .order_by()
        .values_list("document_id", Func("content", function="octet_length", output_field=IntegerField()))
    )
    carried, total = [], 0
    for document in documents:
        size = sizes.get(document.pk)
        if size is not None and total + size <= MOST_BYTES:
            total += size
            carried.append(document)
    return carried


def attached(documents: Collection[Document]) -> list[Attachment]:
    """Return the PDFs of documents for a mail, read only when it is sent."""
    return [Attachment(file_name(each, PDF), CONTENT_TYPES[PDF], partial(content_of, each, PDF)) for each in documents]


def hold_mails(*, order_id: int, at: datetime) -> None:
    """Let the mails that tell of documents issued just now wait for their files, in the transaction that issues them.

    One statement; mails that tell of no document, and those of other acts, leave at once.
    """
    issued = Document.objects.filter(order_id=order_id, issued_at=at)
    Job.objects.pending().filter(Exists(issued), key__in=_job_keys(order_id, at)).update(due_at=Now() + WAITS_AT_MOST)


def wake_mails(document: Document) -> None:
    """Let the mails that waited for a document leave, once the files of all that they tell of are made.

    Written once the job that made the files is over: of two that make files for one mail, one comes last and sees both.
    """
    if document.order_id is not None:
        at = document.issued_at
        write_afterwards(("documents", document.order_id, at), partial(_wake, document.order_id, at))


def _wake(order_id: int, at: datetime) -> None:
    issued = Document.objects.filter(order_id=order_id, issued_at=at)
    if issued.exclude(Exists(DocumentFile.objects.filter(document=OuterRef("pk")))).exists():
        return
    waiting = Job.objects.pending().filter(key__in=_job_keys(order_id, at), attempts=0, due_at__gt=Now())
    held = waiting.select_for_update(no_key=True, skip_locked=True).order_by("pk")
    if Job.objects.filter(pk__in=[job.pk for job in held]).update(due_at=Now()):
        ring_on_commit()


def _job_keys(order_id: int, at: datetime) -> QuerySet[Mail, str]:
    mails = Mail.objects.queued().filter(order_id=order_id, context__contains=telling_of(order_id, at)).order_by()
    key = Concat(Value(f"{JOB_KIND}:"), Cast("pk", TextField()), output_field=TextField())
    return mails.annotate(job=key).values_list("job", flat=True)
