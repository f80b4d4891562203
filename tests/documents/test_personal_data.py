"""Documents outlive the erasure of their buyer, who is told why; ten years later nothing of them is left."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.utils import translation

from common.personal_data import Person, blank_next, kept
from common.tidying import tidy
from documents.issued import personal_data
from documents.issued.files import make_files
from documents.issued.models import Document, DocumentFile
from tests.documents.given import NOON, issued
from tests.documents.test_files import as_after_commit

pytestmark = pytest.mark.django_db

ALICE = Person(key=1, emails=frozenset({"alice@example.com"}))
BOB = Person(key=2, emails=frozenset({"bob@example.com"}))


def values(person: Person) -> list[dict[str, object]]:
    return [{value.name: value.value for value in record} for record in personal_data.describe(person)]


def test_the_buyer_is_told_of_them():
    issued()

    with translation.override("en"):
        assert values(ALICE) == [{"kind": "invoice", "number": "F2026-00001", "issued_on": NOON.date()}]
    assert values(BOB) == []


def test_the_buyer_is_found_by_the_index():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "documents_document_buyer_email" in personal_data.naming(ALICE).order_by().explain()


def test_an_erasure_leaves_them_and_says_so():
    document = issued()

    assert blank_next(ALICE, NOON) is None
    with translation.override("en"):
        assert [(each.what, each.count) for each in kept(ALICE, NOON)] == [("Invoices and other documents", 1)]
    assert kept(BOB, NOON) == []
    document.refresh_from_db()
    assert document.data["buyer"]["name"] == "Alice"


def test_they_go_by_their_age():
    make_files(document_id=issued(now=datetime(2015, 12, 31, 12, tzinfo=NOON.tzinfo)).pk)
    as_after_commit()

    assert tidy("documents", now=NOON - timedelta(days=366)) == 0
    assert tidy("documents", now=NOON) == 1
    assert not Document.objects.exists()
    assert not DocumentFile.objects.exists()
