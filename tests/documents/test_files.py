"""Files of documents: made by a job, shown again byte for byte, brought back from the frozen data or said lost."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime

import pytest
from django.db import transaction

from common.tidying import tidy
from documents.issued.files import FileLost, NotMadeYet, content_of, make_files
from documents.issued.models import Document, DocumentFile
from documents.issued.services import MAKE_FILES
from documents.issued.templates import Issued
from documents.pdf.printing import NotPrinted
from outbox.jobs.admin import told_by_jobs_alone
from outbox.jobs.models import Job
from outbox.jobs.running import run_due_jobs
from outbox.jobs.services import retry_job
from tests.constraints import broken, copy, run
from tests.documents.given import NOON, issued, plain_template, print_plainly

pytestmark = pytest.mark.django_db


def as_after_commit() -> None:
    """Check what waits for the end of the transaction."""
    run("SET CONSTRAINTS ALL IMMEDIATE")
    run("SET CONSTRAINTS ALL DEFERRED")


def lose_content() -> None:
    """Empty the contents of all files, as a backup without them would."""
    with transaction.atomic():
        run("SET CONSTRAINTS ALL IMMEDIATE")
        run("SET LOCAL session_replication_role = replica")
        run("UPDATE documents_documentfile SET content = NULL")
        run("SET LOCAL session_replication_role = DEFAULT")


class TestMaking:
    def test_is_done_by_the_job(self):
        document = issued()
        with pytest.raises(NotMadeYet):
            content_of(document, "pdf")

        run_due_jobs()

        assert Job.objects.get(kind=MAKE_FILES).state == Job.State.DONE
        assert content_of(document, "xml") == b"<invoice/>"
        assert content_of(document, "pdf") == (
            b'{"number": "F2026-00001", "on": "2026-11-30", "corrects": null,'
            b' "buyer": {"name": "Alice", "email": "alice@example.com"}, "total": "120.00"}'
        )
        assert {bytes(file.digest) for file in DocumentFile.objects.all()} == {
            hashlib.sha256(content_of(document, form)).digest() for form in ("pdf", "xml")
        }

    def test_is_done_once(self):
        document = issued()
        make_files(document_id=document.pk)

        with plain_template(make=lambda issued: {"pdf": b"other", "xml": b"other"}):
            make_files(document_id=document.pk)

            assert content_of(document, "xml") == b"<invoice/>"

    def test_of_one_that_cannot_be_printed_is_told_tried_again_and_holds_up_no_other(self):
        bad, good = issued("invoice:1"), issued("invoice:2")

        def fail(one: Issued) -> dict[str, bytes]:
            if one.number == bad.number:
                raise NotPrinted("A mistake in the template.")
            return print_plainly(one)

        with plain_template(make=fail):
            run_due_jobs()
            job = Job.objects.get(kind=MAKE_FILES, payload__document=bad.pk)
            assert content_of(good, "pdf")
            assert (job.state, job.attempts) == (Job.State.PENDING, 1)
            assert "A mistake in the template." in job.last_error
            while job.state == Job.State.PENDING:
                Job.objects.pending().update(due_at=job.created_at)
                run_due_jobs()
                job.refresh_from_db()
        with pytest.raises(NotMadeYet):
            content_of(bad, "pdf")
        assert told_by_jobs_alone().get() == job

        retry_job(job_id=job.pk, now=NOON)
        run_due_jobs()

        assert content_of(bad, "pdf")
        assert not told_by_jobs_alone().exists()

    def test_is_told_what_the_document_corrects(self):
        invoice = issued("invoice:1")
        credit = issued("credit:1", kind=Document.Kind.CREDIT_NOTE, corrects_id=invoice.pk)
        make_files(document_id=credit.pk)

        assert b'"corrects": ["F2026-00001", "2026-11-30"]' in content_of(credit, "pdf")

    def test_uses_the_version_that_the_document_was_issued_with(self):
        document = issued()
        seen = []

        def make(issued):
            seen.append(issued.version)
            return print_plainly(issued)

        with plain_template(version=2, make=make):
            make_files(document_id=document.pk)
            make_files(document_id=issued("invoice:2").pk)

        assert seen == [1, 2]


class TestLost:
    def test_is_made_again_to_the_same_bytes(self):
        document = issued()
        make_files(document_id=document.pk)
        before = content_of(document, "pdf")
        lose_content()

        assert content_of(document, "pdf") == before
        assert not DocumentFile.objects.filter(content__isnull=True).exists()

    def test_is_said_when_other_bytes_would_come(self):
        document = issued()
        make_files(document_id=document.pk)
        lose_content()

        with plain_template(make=lambda issued: {"pdf": b"other"}), pytest.raises(FileLost, match=r"F2026-00001\.pdf"):
            content_of(document, "pdf")
        assert DocumentFile.objects.filter(content__isnull=True).count() == 2


class TestConstraints:
    def test_of_files(self):
        document = issued()
        make_files(document_id=document.pk)
        file = DocumentFile.objects.get(form="pdf").pk
        with broken("documents_documentfile_once"):
            copy("documents_documentfile", file)
        with broken("documents_documentfile_form_known"):
            copy("documents_documentfile", file, form="txt")
        for change in ("content = NULL", "digest = sha256('x'), content = 'x'", "made_at = now()"):
            with broken("documents_documentfile_frozen"):
                run(f"UPDATE documents_documentfile SET {change}")
        with broken("documents_documentfile_frozen"):
            run("DELETE FROM documents_documentfile")
        with broken("documents_documentfile_as_digested"):
            run("UPDATE documents_documentfile SET content = 'other'")


class TestRetention:
    def test_documents_go_ten_years_after_the_end_of_their_year(self):
        for year in (2014, 2015, 2016):
            document = issued(f"invoice:{year}", now=datetime(year, 3, 1, tzinfo=UTC))
            make_files(document_id=document.pk)
        as_after_commit()

        assert tidy("documents", now=datetime(2026, 11, 30, tzinfo=UTC)) == 2

        assert [document.issued_on for document in Document.objects.kept()] == [date(2016, 3, 1)]
        assert DocumentFile.objects.count() == 2

    def test_an_invoice_goes_after_its_credit_note(self):
        now = datetime(2026, 11, 30, tzinfo=UTC)
        invoice = issued("invoice:1", now=datetime(2014, 3, 1, tzinfo=UTC))
        issued("credit:1", kind="credit_note", corrects_id=invoice.pk, now=datetime(2015, 3, 1, tzinfo=UTC))
        young = issued("invoice:2", now=datetime(2014, 3, 1, tzinfo=UTC))
        issued("credit:2", kind="credit_note", corrects_id=young.pk, now=datetime(2016, 3, 1, tzinfo=UTC))
        as_after_commit()

        assert [tidy("documents", now=now) for _ in range(3)] == [1, 1, 0]
        assert set(Document.objects.kept().values_list("fact", flat=True)) == {"invoice:2", "credit:2"}
