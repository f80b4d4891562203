"""Formats of numbers as merchants set them in the administration."""

from datetime import UTC, date, datetime

import pytest
from django.utils import translation

from documents.issued.models import Document
from documents.series.formats import FormatsRefused, coming_numbers, save_formats
from documents.series.models import NumberFormats, Series
from documents.series.patterns import BadPattern
from documents.series.services import begin_series
from tests.catalog.admin_pages import controls, merchant, text_of
from tests.constraints import broken
from tests.documents.given import issued

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


TODAY = date(2026, 11, 30)
NEXT_YEAR = datetime(2027, 1, 4, 9, tzinfo=UTC)


def saved(**formats: str) -> None:
    save_formats(NumberFormats(**formats))


def numbers() -> list[str]:
    return list(Document.objects.order_by("pk").values_list("number", flat=True))


class TestSaving:
    def test_holds_at_once_for_a_sequence_without_a_document_in_this_year(self):
        saved(invoice="INV/{year}/{number:03}")
        issued("invoice:1")
        issued("receipt:1", kind=Document.Kind.RECEIPT)

        assert numbers() == ["INV/2026/001", "R2026-00001"]

    def test_leaves_a_series_that_has_begun_as_it_is_to_the_end_of_its_year(self):
        issued("invoice:1")
        saved(invoice="INV/{year}/{number:03}")
        issued("invoice:2")
        issued("invoice:3", now=NEXT_YEAR)

        assert numbers() == ["F2026-00001", "F2026-00002", "INV/2027/001"]

    def test_takes_another_width_of_the_same_letters(self):
        issued("invoice:1")
        saved(invoice="F{year}-{number:07}")
        issued("invoice:2", now=NEXT_YEAR)

        assert numbers() == ["F2026-00001", "F2027-0000001"]

    @pytest.mark.parametrize(
        ("field", "pattern", "said"),
        [
            ("invoice", "F{year}", "stand in a format once each"),
            ("invoice", "F{year}-1{number}", "No digit stands beside"),
            ("invoice", "Facturé{year}-{number}", "at most 35 characters"),
            ("invoice", "x" * 30 + "{year}-{number}", "at most 35 characters"),
            ("receipt", "F{year}-{number}", "numbers that read like these"),
            ("receipt", "A{number}-{year}", "numbers that read like these"),
            ("invoice", "F{number}-{year}", "numbers that read like these"),
        ],
    )
    def test_refuses_what_gives_no_number_or_one_that_was_given(self, field, pattern, said):
        issued("invoice:1")

        with pytest.raises(FormatsRefused, match=said) as refused:
            saved(**{field: pattern})
        assert refused.value.field == field
        assert not NumberFormats.objects.exclude(invoice="", receipt="").exists()

    def test_refuses_letters_that_another_sequence_had_in_an_earlier_year(self):
        issued("invoice:1")
        saved(invoice="INV{year}-{number}")

        with pytest.raises(FormatsRefused, match="numbers that read like these"):
            saved(invoice="INV{year}-{number}", receipt="F{year}-{number}")

    def test_two_formats_typed_at_once_may_not_read_alike(self):
        with pytest.raises(FormatsRefused) as refused:
            saved(invoice="Z{year}-{number}", receipt="Z{year}-{number:04}")

        assert set(refused.value.errors) == {"invoice", "receipt"}

    def test_a_series_begun_after_a_restore_reads_like_none_of_them(self):
        saved(receipt="Q{year}-{number}")

        with pytest.raises(BadPattern):
            begin_series(Series.Sequence.INVOICE, pattern="Q{year}-{number:05}", day=TODAY)

    def test_has_one_row_of_formats(self):
        with broken("documents_numberformats_single_row"):
            NumberFormats.objects.create(pk=2)
        for wrong in ("F{year}", "F{year}{number}", "É{year}-{number}", "{number}-{number}"):
            with broken("documents_numberformats_well_formed"):
                NumberFormats.objects.create(pk=1, credit_note=wrong)


def test_numbers_to_come_are_those_that_documents_get():
    issued("invoice:1")
    saved(invoice="INV/{year}/{number:03}", receipt="Q{year}-{number}")

    coming = coming_numbers(day=TODAY)
    issued("invoice:2")
    issued("receipt:1", kind=Document.Kind.RECEIPT)
    issued("invoice:3", now=NEXT_YEAR)
    issued("receipt:2", kind=Document.Kind.RECEIPT, now=NEXT_YEAR)

    assert [(each.next, each.next_year) for each in coming if each.sequence in ("invoices", "receipts")] == [
        ("F2026-00002", "INV/2027/001"),
        ("Q2026-1", "Q2027-1"),
    ]
    assert numbers()[1:] == ["F2026-00002", "Q2026-1", "INV/2027/001", "Q2027-1"]


class TestPage:
    url = "/admin/documents/numberformats/1/change/"

    def test_shows_the_next_numbers_and_the_usual_formats(self):
        said = text_of(merchant().get(self.url))

        for words in ("Next numbers", "Empty: F{year}-{number:05}", "Invoices:"):
            assert words in said

    def test_saves_formats_and_tells_what_is_wrong_beside_them(self):
        client = merchant()
        sent = controls(client.get(self.url), "numberformats_form")

        said = text_of(client.post(self.url, sent | {"invoice": "F{year}"}))
        assert "{year} and {number} stand in a format once each" in said
        assert not NumberFormats.objects.exists()

        client.post(self.url, sent | {"invoice": "INV{year}-{number}"})
        assert NumberFormats.objects.get().invoice == "INV{year}-{number}"
