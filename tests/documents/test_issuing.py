"""Issuing documents: numbered without a gap, once for each fact, and frozen."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from common.registry import Unregistered
from documents.issued.models import Document
from documents.issued.plain import NotPlain, digest_of
from documents.issued.services import MAKE_FILES, FactTaken, NotCredited, issue, said_by
from documents.series.models import Series
from documents.series.patterns import BadPattern
from documents.series.services import begin_series
from outbox.jobs.models import Job
from tests.constraints import broken, copy, run
from tests.documents.given import NOON, issued, new, plain_template

pytestmark = pytest.mark.django_db

Kind = Document.Kind


def numbers() -> list[str]:
    return list(Document.objects.order_by("pk").values_list("number", flat=True))


class TestNumbers:
    def test_count_from_one_in_each_sequence_and_year(self):
        first = issued("invoice:1")
        issued("deposit:2", kind=Kind.DEPOSIT)
        issued("final:2", kind=Kind.FINAL)
        issued("credit:1", kind=Kind.CREDIT_NOTE, corrects_id=first.pk)
        issued("proforma:1", kind=Kind.PROFORMA)
        issued("receipt:1", kind=Kind.RECEIPT)
        issued("invoice:3", now=datetime(2027, 1, 4, 9, tzinfo=UTC))

        assert numbers() == [
            *("F2026-00001", "F2026-00002", "F2026-00003", "A2026-00001", "PF2026-00001", "R2026-00001"),
            "F2027-00001",
        ]

    def test_the_year_and_the_day_are_the_shops(self, settings):
        settings.TIME_ZONE = "Europe/Paris"

        document = issued(now=datetime(2026, 12, 31, 23, 30, tzinfo=UTC))

        assert (document.number, document.issued_on) == ("F2027-00001", date(2027, 1, 1))

    def test_a_series_keeps_the_format_it_began_with(self, settings):
        issued("invoice:1")
        settings.DOCUMENT_NUMBERS = settings.DOCUMENT_NUMBERS | {"invoice": "INV/{year}/{number}"}
        issued("invoice:2")
        issued("invoice:3", now=datetime(2027, 6, 1, tzinfo=UTC))

        assert numbers() == ["F2026-00001", "F2026-00002", "INV/2027/1"]

    def test_follow_the_days_when_an_earlier_moment_comes_later(self):
        issued("invoice:1", now=datetime(2026, 12, 2, 8, tzinfo=UTC))
        late = issued("invoice:2", now=datetime(2026, 12, 1, 22, tzinfo=UTC))

        assert (late.issued_on, late.issued_at.day) == (date(2026, 12, 2), 1)

    def test_a_refused_transaction_gives_its_number_to_the_next(self):
        with transaction.atomic():
            issued("invoice:1")
            transaction.set_rollback(True)
        issued("invoice:2")

        assert numbers() == ["F2026-00001"]

    def test_begin_anew_in_another_format_after_a_restored_backup(self):
        issued("invoice:1")
        begin_series(Series.Sequence.INVOICE, pattern="FB{year}-{number:05}", day=date(2026, 11, 30))
        issued("invoice:2")
        issued("final:3", kind=Kind.FINAL)
        issued("receipt:1", kind=Kind.RECEIPT)
        issued("invoice:4", now=datetime(2027, 1, 4, 9, tzinfo=UTC))

        assert numbers() == ["F2026-00001", "FB2026-00001", "FB2026-00002", "R2026-00001", "F2027-00001"]

    def test_begin_anew_where_the_backup_knows_no_number_of_the_year(self):
        begin_series(Series.Sequence.INVOICE, pattern="FB{year}-{number:05}", day=date(2026, 11, 30))
        issued("invoice:1")

        assert numbers() == ["FB2026-00001"]

    @pytest.mark.parametrize(
        "pattern", ["F{year}-{number}", "A{year}-{number:05}", "FB{number}", "FB {year}-{number}", ""]
    )
    def test_begin_anew_in_no_format_by_which_one_could_be_given_twice(self, pattern):
        issued("invoice:1")

        with pytest.raises(BadPattern):
            begin_series(Series.Sequence.INVOICE, pattern=pattern, day=date(2026, 11, 30))
        assert Series.objects.count() == 1

    def test_begin_anew_by_a_command(self, settings):
        told = StringIO()

        call_command("begin_series", "credit_note", "AB{year}-{number:05}", stdout=told)

        year = timezone.localdate().year
        assert told.getvalue() == f"The next document of credit_note is AB{year}-00001.\n"
        with pytest.raises(CommandError, match="another series has numbers that read alike"):
            call_command("begin_series", "credit_note", "AB{year}-{number}")


class TestIssuing:
    def test_freezes_what_was_said(self):
        document = issued()

        document.refresh_from_db()
        assert document.data == {"buyer": {"name": "Alice", "email": "alice@example.com"}, "total": "120.00"}
        assert (document.kind, document.language, document.template, document.template_version) == (
            *("invoice", "fr", "plain", 1),
        )
        assert (document.fact, document.order_id, document.position) == ("invoice:order:17", 17, 1)
        assert bytes(document.digest) == digest_of(said_by(document))
        assert len(document.digest) == hashlib.sha256().digest_size

    def test_a_fact_has_one_document_which_says_what_was_said_first(self):
        first = issued()
        again = issued(data={"total": "1.00"}, now=datetime(2027, 1, 4, tzinfo=UTC))

        assert again == first
        assert again.data["total"] == "120.00"
        assert numbers() == ["F2026-00001"]
        assert Series.objects.get(sequence="invoice", year=2026).last == 1

    def test_a_fact_has_one_kind_of_document(self):
        issued()

        with pytest.raises(FactTaken):
            issued(kind=Kind.RECEIPT)

    def test_a_credit_note_takes_an_invoice_back(self):
        receipt = issued("receipt:1", kind=Kind.RECEIPT)
        for corrected in (receipt.pk, None, 0):
            with pytest.raises(NotCredited):
                issued("credit:1", kind=Kind.CREDIT_NOTE, corrects_id=corrected)

        invoice = issued()
        assert issued("credit:1", kind=Kind.CREDIT_NOTE, corrects_id=invoice.pk).corrects == invoice

    def test_a_job_makes_the_files(self):
        document = issued()

        job = Job.objects.get(kind=MAKE_FILES)
        assert (job.payload["document"], job.order_id) == (document.pk, 17)

    def test_takes_five_statements(self, django_assert_num_queries):
        issued("invoice:1")
        with transaction.atomic(), django_assert_num_queries(5):
            issued("invoice:2")

    @pytest.mark.parametrize(
        "value", [1.5, b"x", {1: "x"}, ("x",), date(2026, 1, 1), "\0", "\ud800", {"a": [{"b": 0.1}]}]
    )
    def test_refuses_what_is_not_plain(self, value):
        with pytest.raises(NotPlain):
            issue(new(data={"value": value}), now=NOON)

        assert numbers() == []

    def test_refuses_what_the_template_refuses(self):
        def refuse(kind, data):
            raise ValueError(f"no {kind} of {sorted(data)}")

        with plain_template(check=refuse), pytest.raises(ValueError, match=r"no invoice of \['buyer', 'total'\]"):
            issued()
        with pytest.raises(Unregistered):
            issued(template="nowhere")
        assert not Series.objects.exists()


class TestConstraints:
    def test_of_series(self):
        issued()
        series = Series.objects.get().pk
        with broken("documents_series_steps"):
            run("UPDATE documents_series SET last = last + 2")
        with broken("documents_series_steps"):
            run("UPDATE documents_series SET last = last")
        with broken("documents_series_steps"):
            run("UPDATE documents_series SET pattern = 'X{year}-{number}'")
        with broken("documents_series_steps"):
            run("UPDATE documents_series SET last = last + 1, last_on = '2026-11-29'")
        with broken("documents_series_steps"):
            run("UPDATE documents_series SET last = last + 1, part = 2")
        with broken("documents_series_steps"):
            copy("documents_series", series, year=2027)
        with broken("documents_series_without_a_gap"):
            run("UPDATE documents_series SET last = last + 1")
        with broken("documents_series_part_once"):
            copy("documents_series", series, last=0, last_on=None)
        with broken("documents_series_sequence_known"):
            copy("documents_series", series, sequence="other", last=0, last_on=None)
        with broken("documents_series_year"):
            copy("documents_series", series, year=1999, last=0, last_on=None)
        with broken("documents_series_last_has_a_day"):
            copy("documents_series", series, year=2028, last=0)

    @pytest.mark.parametrize(
        ("table", "refusal"),
        [
            ("documents_series", broken("documents_series_steps")),
            ("documents_document", broken("documents_document_frozen")),
            ("documents_documentfile", broken("documents_documentfile_frozen")),
        ],
    )
    def test_no_table_is_truncated(self, table, refusal):
        with refusal:
            run(f"TRUNCATE {table} CASCADE")

    def test_of_documents(self):
        document = issued().pk
        other = {"position": 2, "number": "F2026-00002", "fact": "invoice:2"}
        with broken("documents_document_next_of_series"):
            copy("documents_document", document, **other)
        with broken("documents_document_next_of_series"):
            copy("documents_document", document, **(other | {"position": 0}))
        for changed, refusal in [
            ({"number": "F2026-00001"}, broken("documents_document_number_once")),
            ({"position": 1}, broken("documents_document_position_once")),
            ({"fact": "invoice:order:17"}, broken("documents_document_fact_once")),
            ({"fact": ""}, broken("documents_document_fact_given")),
            ({"kind": "letter"}, broken("documents_document_kind_known")),
            ({"number": "F 1"}, broken("documents_document_number_plain")),
            ({"language": "de"}, broken("documents_document_language_known")),
            ({"kind": "credit_note"}, broken("documents_document_credit_of_one")),
            ({"template_version": 0}, broken("documents_document_template_version")),
        ]:
            with refusal:
                run("UPDATE documents_series SET last = last + 1")
                copy("documents_document", document, **(other | changed))

    def test_frozen(self):
        issued()
        for change in ("number = 'F2026-00002'", "data = '{}'", "digest = '\\x00'", "order_id = 18"):
            with broken("documents_document_frozen"):
                run(f"UPDATE documents_document SET {change}")
        with broken("documents_document_kept"):
            run("DELETE FROM documents_document")
