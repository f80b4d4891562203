"""Files of documents: made once, shown again byte for byte."""

from __future__ import annotations

import hashlib

from django.db import transaction

from documents.issued.models import Document, DocumentFile
from documents.issued.templates import TEMPLATES, Issued


class FileLost(Exception):
    """The content of a file is gone, and what is made of the frozen data today has other bytes."""


class NoLongerKept(Exception):
    """A file of a document that was emptied, ten years after its year."""


class NotMadeYet(Exception):
    """A file that its job has not made yet, or that documents of the kind do not have."""


@transaction.atomic
def make_files(*, document_id: int) -> None:
    """Make the files of a document that are missing, and bring back those whose content was lost.

    A file that is there is left alone; a document that was emptied has none any more. Raises Document.DoesNotExist,
    FileLost, and what the template raises.
    """
    document = Document.objects.select_related("corrects").get(pk=document_id)
    if document.emptied_at is not None:
        return
    there = {file.form: file for file in document.files.select_for_update().order_by("form")}
    lost = [file for file in there.values() if file.content is None]
    if there and not lost:
        return
    made = TEMPLATES.get(document.template).make(as_issued(document))
    for form, content in sorted(made.items()):
        if form not in there:
            _keep(document, form, content)
    for file in lost:
        _bring_back(file, made.get(file.form))


def content_of(document: Document, form: str) -> bytes:
    """Return the bytes of a document's file, as they were made. Raises NotMadeYet, NoLongerKept, and FileLost."""
    if document.emptied_at is not None:
        raise NoLongerKept(document.number)
    file = document.files.filter(form=form).first()
    if file is None:
        raise NotMadeYet(f"{document.number}.{form}")
    if file.content is None:
        make_files(document_id=document.pk)
        file.refresh_from_db()
    assert file.content is not None
    return bytes(file.content)


def as_issued(document: Document) -> Issued:
    """Return a document as its template takes it."""
    corrected = document.corrects
    return Issued(
        number=document.number,
        kind=document.kind,
        issued_on=document.issued_on,
        language=document.language,
        version=document.template_version,
        data=document.data,
        corrects=(corrected.number, corrected.issued_on) if corrected is not None else None,
    )


def _keep(document: Document, form: str, content: bytes) -> None:
    """Insert a file, unless another worker has just done so: of the same data it made the same bytes."""
    file = DocumentFile(document=document, form=form, digest=hashlib.sha256(content).digest(), content=content)
    DocumentFile.objects.bulk_create([file], ignore_conflicts=True)


def _bring_back(file: DocumentFile, content: bytes | None) -> None:
    if content is None or hashlib.sha256(content).digest() != bytes(file.digest):
        raise FileLost(f"{file.document.number}.{file.form} cannot be made to the bytes that were handed out")
    DocumentFile.objects.filter(pk=file.pk, content__isnull=True).update(content=content)
