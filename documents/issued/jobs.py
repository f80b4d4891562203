"""The job that makes the files of a document."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from documents.issued import files
from documents.issued.mailed import wake_mails
from documents.issued.models import Document
from documents.issued.services import MAKE_FILES
from outbox.jobs.models import Job
from outbox.jobs.registry import Urgency, job_kind


@job_kind(MAKE_FILES, label=_("Make the files of a document"), urgency=Urgency.DELIVERIES)
def make_files(job: Job, now: datetime) -> None:
    files.make_files(document_id=job.payload["document"])
    wake_mails(Document.objects.defer("data").get(pk=job.payload["document"]))
