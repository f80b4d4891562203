"""Issuing: the one way in which documents arise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from common.moments import local_day
from common.plain_inserts import insert_row
from documents.issued.models import Document
from documents.issued.plain import digest_of, refuse_unless_plain
from documents.issued.templates import TEMPLATES, Template
from documents.series.models import Series
from documents.series.services import locked_series, next_number
from outbox.jobs.services import NewJob, enqueue_many

MAKE_FILES = "make_document_files"

Kind = Document.Kind
Sequence = Series.Sequence
# Deposit, final and other invoices are one sequence, as they are one list of the books.
SEQUENCE_OF = {
    Kind.PROFORMA: Sequence.PROFORMA,
    Kind.DEPOSIT: Sequence.INVOICE,
    Kind.INVOICE: Sequence.INVOICE,
    Kind.FINAL: Sequence.INVOICE,
    Kind.CREDIT_NOTE: Sequence.CREDIT_NOTE,
    Kind.RECEIPT: Sequence.RECEIPT,
}


# Kinds that a credit note takes back.
CREDITED = (Kind.DEPOSIT, Kind.INVOICE, Kind.FINAL)


class FactTaken(ValueError):
    """A fact whose document is of another kind: a mistake in the code."""


class NotCredited(ValueError):
    """A credit note for a document by which nothing was invoiced: a mistake in the code."""


@dataclass(frozen=True, kw_only=True)
class NewDocument:
    """A document to issue. `data` are plain values (`documents.issued.plain`) that its template accepts.

    `fact` names the occasion, so that issuing it twice changes nothing. `corrects_id` is the document that a credit
    note refers to.
    """

    fact: str
    kind: Document.Kind
    data: dict[str, Any]
    language: str
    template: str = "invoice"
    order_id: int | None = None
    corrects_id: int | None = None
    issued_by_id: int | None = None


def issue(new: NewDocument, *, now: datetime) -> Document:
    """Give a document its number and freeze it, in the transaction of its fact; its files follow by a job.

    Returns the document of the fact that is there already, as it was issued. Five statements, of a credit note six.
    Locks the row of the series of the kind and year to the end of the transaction: the last lock that a transaction
    takes. Raises NotPlain, Unregistered, NotCredited, FactTaken, and what the template raises for data that it cannot
    print.
    """
    refuse_unless_plain(new.data)
    template = TEMPLATES.get(new.template)
    template.check(new.kind, new.data)
    if new.kind == Kind.CREDIT_NOTE:
        _refuse_unless_invoiced(new)
    return _issue(new, template, now)


def _refuse_unless_invoiced(new: NewDocument) -> None:
    invoices = Document.objects.filter(kind__in=CREDITED)
    if new.corrects_id is None or not invoices.filter(pk=new.corrects_id).exists():
        raise NotCredited(f"{new.fact}: {new.corrects_id} is no invoice")


# Without a savepoint: after a refusal here the caller's transaction is over, and with it the number.
@transaction.atomic(savepoint=False)
def _issue(new: NewDocument, template: Template, now: datetime) -> Document:
    series = locked_series(SEQUENCE_OF[new.kind], day=local_day(now))
    known = Document.objects.filter(fact=new.fact).first()
    if known is not None:
        if known.kind != new.kind:
            raise FactTaken(f"{new.fact} has the {known.kind} {known.number}; no {new.kind} comes of it")
        return known
    number, day = next_number(series, day=local_day(now))
    document = Document(
        kind=new.kind, series=series, position=series.last, number=number,
        issued_on=day, issued_at=now, issued_by_id=new.issued_by_id,
        fact=new.fact, order_id=new.order_id, corrects_id=new.corrects_id, language=new.language,
        template=template.name, template_version=template.version, data=new.data,
    )  # fmt: skip
    document.digest = digest_of(said_by(document))
    insert_row(document)
    job = NewJob(
        kind=MAKE_FILES, key=f"document:{document.pk}", payload={"document": document.pk}, order_id=new.order_id
    )
    enqueue_many([job])
    return document


def said_by(document: Document) -> dict[str, Any]:
    """Return all that the files of a document depend on, as plain values: what `digest` is over."""
    return {
        "number": document.number,
        "kind": str(document.kind),
        "issued_on": document.issued_on.isoformat(),
        "corrects": document.corrects_id,
        "language": document.language,
        "template": document.template,
        "version": document.template_version,
        "data": document.data,
    }
