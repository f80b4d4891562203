"""Files of documents as answers to a browser."""

from __future__ import annotations

from django.http import HttpResponse

from common.answers import keep_nowhere
from documents.issued.files import content_of
from documents.issued.models import Document

CONTENT_TYPES = {"pdf": "application/pdf", "xml": "application/xml", "ubl": "application/xml"}
ENDINGS = {"ubl": "ubl.xml"}


def file_answer(document: Document, form: str) -> HttpResponse:
    """Answer with a file to save, named by the document's number. Raises NotMadeYet,
    NoLongerKept, and FileLost.

    Callers see to it that the reader may have the document.
    """
    answer = HttpResponse(content_of(document, form), content_type=CONTENT_TYPES.get(form, "application/octet-stream"))
    answer["Content-Disposition"] = f'attachment; filename="{file_name(document, form)}"'
    return keep_nowhere(answer)


def file_name(document: Document, form: str) -> str:
    """Return the name of a document's file: its number, whose format may have slashes, and the form's ending."""
    return f"{document.number.replace('/', '-')}.{ENDINGS.get(form, form)}"
