"""Documents outlive the erasure of their buyer, who is told why; ten years later nothing is left but their numbers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import translation

from common.personal_data import Person, blank_next, kept
from common.tidying import tidy
from documents.issued import personal_data
from documents.issued.files import NoLongerKept, content_of, make_files
from documents.issued.models import Document, DocumentFile
from documents.issued.tidying import ORDERS_AT_WORK
from tests.constraints import broken, run
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


END_OF_2015 = datetime(2015, 12, 31, 12, tzinfo=NOON.tzinfo)


def of_2015(fact: str = "invoice:order:17", **changes: Any) -> Document:
    document = issued(fact, **({"now": END_OF_2015} | changes))
    make_files(document_id=document.pk)
    as_after_commit()
    return document


def test_they_go_by_their_age_and_their_numbers_stay():
    document = of_2015()

    assert tidy("documents", now=NOON - timedelta(days=366)) == 0
    assert tidy("documents", now=NOON) == 1
    assert tidy("documents", now=NOON) == 0
    as_after_commit()

    document.refresh_from_db()
    assert (document.number, document.position, document.data) == ("F2015-00001", 1, {})
    assert not DocumentFile.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT document::text FROM documents_document document")
        assert "lice" not in cursor.fetchone()[0]


def test_what_was_emptied_has_no_file_and_is_made_none():
    document = of_2015()
    tidy("documents", now=NOON)
    document.refresh_from_db()

    make_files(document_id=document.pk)

    with pytest.raises(NoLongerKept):
        content_of(document, "pdf")
    assert not DocumentFile.objects.exists()


def test_documents_of_orders_at_work_stay():
    of_2015()
    of_2015("invoice:order:18", order_id=18)

    with ORDERS_AT_WORK.temporarily("17", lambda: Document.objects.filter(order_id=17).values("order_id")):
        assert tidy("documents", now=NOON) == 1

    assert Document.objects.kept().get().order_id == 17


def test_the_database_lets_none_be_emptied_before():
    issued()
    with broken("documents_document_frozen"):
        run("UPDATE documents_document SET data = '{}', emptied_at = now()")


def test_the_database_lets_an_old_one_be_emptied_alone():
    of_2015()
    for change in ("number = 'F2015-00002'", "order_id = NULL", "digest = '\\x00'"):
        with broken("documents_document_frozen"):
            run(f"UPDATE documents_document SET data = '{{}}', emptied_at = now(), {change}")
    with broken("documents_document_emptied_says_nothing"):
        run("UPDATE documents_document SET emptied_at = now()")
    tidy("documents", now=NOON)
    with broken("documents_document_frozen"):
        run("UPDATE documents_document SET emptied_at = now() + interval '1 day'")
