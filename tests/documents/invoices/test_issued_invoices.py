"""Invoices from their plain values to the files that are handed out."""

from __future__ import annotations

import io

import pikepdf
import pytest
from django.urls import reverse

from documents.invoices.checking import BadInvoice
from documents.invoices.values import as_data
from documents.issued.files import content_of
from documents.issued.models import Document
from documents.issued.services import NewDocument, issue
from outbox.jobs.running import run_due_jobs
from tests.documents.given import NOON
from tests.documents.invoices.given import EVERY, invoice
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db


def issued(fact: str = "invoice:1", name: str = "unpaid invoice", **changes: object) -> Document:
    kind, one, _corrects = EVERY[name]
    values = {"fact": fact, "kind": Document.Kind(kind), "data": as_data(one), "language": "fr"}
    return issue(NewDocument(**(values | changes)), now=NOON)


def test_an_invoice_and_its_credit_note_have_their_files_by_the_jobs():
    first = issued()
    credit = issued("credit:1", "credit note", corrects_id=first.pk)

    run_due_jobs()

    assert b"<ram:ID>F2026-00001</ram:ID>" in content_of(first, "xml")
    assert b"<ram:IssuerAssignedID>F2026-00001</ram:IssuerAssignedID>" in content_of(credit, "xml")
    pdf = pikepdf.open(io.BytesIO(content_of(credit, "pdf")))
    (embedded,) = pdf.Root.AF
    assert embedded.EF.F.read_bytes() == content_of(credit, "xml")


def test_a_bad_invoice_gets_no_number():
    data = as_data(invoice()) | {"net": "1.00"}
    with pytest.raises(BadInvoice):
        issued(data=data)

    assert issued().number == "F2026-00001"


class TestAdministration:
    @pytest.fixture
    def accountant(self, client):
        client.force_login(UserFactory(is_staff=True, is_superuser=True))
        return client

    def test_shows_documents_with_buyer_and_total(self, accountant):
        document = issued()
        for page in (
            reverse("admin:documents_document_changelist"),
            reverse("admin:documents_document_change", args=[document.pk]),
        ):
            shown = accountant.get(page).content.decode()
            assert "F2026-00001" in shown
            assert "Éluard &amp; Fils" in shown
            assert "1\u202f200,00\xa0€" in shown or "€1,200.00" in shown

    def test_takes_as_many_queries_for_many_documents(self, accountant, django_assert_max_num_queries):
        for number in range(6):
            issued(f"invoice:{number}")
        with django_assert_max_num_queries(20):
            accountant.get(reverse("admin:documents_document_changelist"))

    def test_hands_files_out_byte_for_byte(self, accountant):
        document = issued()
        run_due_jobs()
        answer = accountant.get(reverse("admin:documents_document_file", args=[document.pk, "pdf"]))

        assert answer.content == content_of(document, "pdf")
        assert answer["Content-Type"] == "application/pdf"
        assert answer["Content-Disposition"] == 'attachment; filename="F2026-00001.pdf"'
        assert answer["Cache-Control"].startswith("no-store, private")

    def test_finds_a_document_by_its_number(self, accountant):
        issued()

        assert "F2026-00001" in accountant.get(reverse("admin:search"), {"s": "F2026-00001"}).content.decode()

    def test_leads_back_where_there_is_no_file(self, accountant):
        document = issued()

        for form in ("pdf", "exe"):
            answer = accountant.get(reverse("admin:documents_document_file", args=[document.pk, form]))
            assert answer.status_code == 302
        assert accountant.get(reverse("admin:documents_document_file", args=[0, "pdf"])).status_code == 404
