"""Personal data in documents: who bought. Documents outlive an erasure, as the law wants it, and go by their age."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet
from django.db.models.fields.json import KT
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.personal_data import Kept, Person, Record, hold, records
from documents.issued.models import Document


def naming(person: Person) -> QuerySet[Document]:
    """Return the documents whose buyer has an address of the person."""
    return Document.objects.alias(buyer_email=KT("data__buyer__email")).filter(buyer_email__in=sorted(person.emails))


def describe(person: Person) -> Iterable[Record]:
    return records(naming(person).order_by("pk"), "kind", "number", "issued_on")


def keeps(person: Person, now: datetime) -> Iterable[Kept]:
    yield Kept(
        what=_("Invoices and other documents"),
        why=_("The law wants them kept for ten years after the end of their year. Only accounting reads them."),
        count=naming(person).count(),
    )


hold(
    "documents",
    gettext_lazy("Documents issued to you"),
    columns={"documents.document": ("data",)},
    describe=describe,
    blank=lambda person, now, limit: 0,
    keeps=keeps,
)
