"""Documents for tests, of a template that prints their data as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from documents.issued.models import Document
from documents.issued.services import NewDocument, issue
from documents.issued.templates import TEMPLATES, Issued, Plain, Template

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
BUYER = {"name": "Alice", "email": "alice@example.com"}


def print_plainly(issued: Issued) -> dict[str, bytes]:
    """Return a file that holds everything a template is given."""
    said = {"number": issued.number, "on": issued.issued_on.isoformat(), "corrects": issued.corrects, **issued.data}
    return {"pdf": json.dumps(said, default=str).encode(), "xml": f"<{issued.kind}/>".encode()}


def accept(kind: str, data: Plain) -> None:
    pass


@contextmanager
def plain_template(**changes: Any) -> Iterator[None]:
    """Register the template `plain` for the length of a `with` block."""
    values: dict[str, Any] = {"name": "plain", "version": 1, "check": accept, "make": print_plainly}
    with TEMPLATES.temporarily("plain", Template(**(values | changes))):
        yield


def new(fact: str = "invoice:order:17", **changes: Any) -> NewDocument:
    values: dict[str, Any] = {
        "kind": Document.Kind.INVOICE,
        "data": {"buyer": BUYER, "total": "120.00"},
        "language": "fr",
        "template": "plain",
        "order_id": 17,
    }
    return NewDocument(fact=fact, **(values | changes))


def issued(fact: str = "invoice:order:17", *, now: datetime = NOON, **changes: Any) -> Document:
    return issue(new(fact, **changes), now=now)
