"""Several documents in one ZIP file: their PDFs, or their e-invoices alone."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from tempfile import SpooledTemporaryFile
from typing import IO

from django.db.models import QuerySet
from django.http import FileResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from common.answers import keep_nowhere
from common.moments import in_shop_zone
from common.refusals import Refused
from documents.issued.answers import file_name
from documents.issued.models import Document, DocumentFile

# Some 30 megabytes of PDFs: a browser has them in seconds, and no worker is held for longer.
MOST = 500
_AT_ONCE = 25
_IN_MEMORY = 2_000_000


class NothingToBundle(Refused):
    """Refusal of a file without documents."""

    message = gettext_lazy("No document is chosen, or none has a file of this kind.")


class TooManyDocuments(Refused):
    """Refusal of a file of more documents than one may hold."""

    message = gettext_lazy("One file holds %(most)d documents at most. Choose a month, or one kind of document.")

    def __init__(self) -> None:
        super().__init__(str(self.message) % {"most": MOST})


def bundle_answer(documents: QuerySet[Document], form: str, *, name: str) -> FileResponse:
    """Answer with a ZIP of one file of each document, by number; `name` is the ZIP's, without its ending.

    A document whose file is not made yet, or was lost, is named in a text beside the others, so that nobody takes the
    ZIP for the whole. The ZIP lies on disk before the answer begins, and in memory are a few documents at once. One
    query, and one for every 25 documents. Raises NothingToBundle, and TooManyDocuments.
    """
    of_form = documents if form == DocumentFile.Form.PDF else documents.filter(kind__in=Document.E_INVOICES)
    chosen = list(of_form.order_by("pk").only("kind", "number", "issued_at")[: MOST + 1])
    if not chosen:
        raise NothingToBundle
    if len(chosen) > MOST:
        raise TooManyDocuments
    file = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115  # Closed by the answer.
    _write(file, chosen, form)
    file.seek(0)
    answer = FileResponse(file, as_attachment=True, filename=f"{name}.zip", content_type="application/zip")
    return keep_nowhere(answer)


def _write(file: IO[bytes], documents: Sequence[Document], form: str) -> None:
    left_out = []
    # PDFs are compressed already.
    compression = zipfile.ZIP_STORED if form == DocumentFile.Form.PDF else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(file, "w", compression) as zip_:
        for document, content in _contents(documents, form):
            if content is None:
                left_out.append(document.number)
            else:
                zip_.writestr(_entry(file_name(document, form), document.issued_at, compression), content)
        if left_out:
            zip_.writestr(_("missing.txt"), _said(left_out))


def _contents(documents: Sequence[Document], form: str) -> Iterator[tuple[Document, bytes | None]]:
    for at in range(0, len(documents), _AT_ONCE):
        some = documents[at : at + _AT_ONCE]
        files = DocumentFile.objects.filter(document__in=some, form=form)
        by_document = {file.document_id: file.content for file in files}
        for document in some:
            content = by_document.get(document.pk)
            yield document, None if content is None else bytes(content)


def _entry(name: str, at: datetime, compression: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, in_shop_zone(at).timetuple()[:6])
    entry.compress_type = compression
    return entry


def _said(numbers: Sequence[str]) -> str:
    said = ngettext(
        "The file of %(count)d document is not made yet, or cannot be shown at the moment:",
        "The files of %(count)d documents are not made yet, or cannot be shown at the moment:",
        len(numbers),
    )
    return "\n".join([said % {"count": len(numbers)}, *numbers, ""])
