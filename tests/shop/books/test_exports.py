"""Exports: asked for once, made once by a job, kept in pieces and deleted by their age."""

from __future__ import annotations

import hashlib
import io
import uuid
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from python_calamine import CalamineWorkbook

from accounts.security_log.models import SecurityEvent
from billing.closures.models import Closure
from common.tidying import tidy
from outbox.jobs.models import Job
from outbox.jobs.running import run_due_jobs
from outbox.jobs.services import retry_job
from shop.books import services
from shop.books.models import BookExport, ExportPiece
from shop.books.services import BadPeriod, NoSiren, NotOver, SeveralYears, ask_for_export, make_export
from shop.orders.models import Order
from shop.seller.models import ShopIdentity
from tests.billing.journal import checking
from tests.constraints import broken
from tests.factories.accounts import UserFactory
from tests.factories.shop import make_cart, pay, place
from tests.shop.books.making import asked, content_of, made, rows_of
from tests.shop.papers.given import SIRET, complete_seller

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def seller():
    complete_seller()


@pytest.fixture
def sold(probe_entry, diary) -> Order:
    order = place(make_cart(probe_entry), email="bob@example.org", register_number=SIRET)
    pay(order)
    order.refresh_from_db()
    order.account.name = "=cmd|' /C calc'!A0"
    order.account.save()
    return order


@pytest.mark.django_db(transaction=True)
def test_a_job_makes_the_file_once_and_says_what_is_in_it(probe_entry, diary):
    order = place(make_cart(probe_entry), email="bob@example.org", register_number=SIRET)
    pay(order)
    export = asked("fec")
    run_due_jobs()
    export.refresh_from_db()

    content = content_of(export)
    assert bytes(export.digest) == hashlib.sha256(content).digest()
    assert (export.size, export.rows) == (len(content), content.count(b"\r\n") - 1)
    assert export.file_name == f"732829320FEC{TODAY():%Y%m%d}.txt"
    assert (export.is_final, export.left_out) == (False, 0)

    made_at = export.made_at
    make_export(export_id=export.pk, now=timezone.now() + DAY)
    export.refresh_from_db()
    assert (export.made_at, content_of(export)) == (made_at, content)


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_the_middle_leaves_nothing_and_the_job_makes_it_once(probe_entry, diary, monkeypatch):
    order = place(make_cart(probe_entry), email="bob@example.org", register_number=SIRET)
    pay(order)
    run_due_jobs()
    export = asked("orders")
    whole = services._keep

    def killed(*told):
        whole(*told)
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(services, "_keep", killed)
        with pytest.raises(SystemExit):
            run_due_jobs()
    export.refresh_from_db()
    assert (export.made_at, ExportPiece.objects.count()) == (None, 0)

    Job.objects.filter(kind="make_book_export").update(due_at=timezone.now() - DAY, lease=None)
    run_due_jobs()
    export.refresh_from_db()
    assert (export.rows, ExportPiece.objects.count()) == (1, 1)


def test_a_long_file_is_kept_in_pieces(sold, monkeypatch):
    monkeypatch.setattr(services, "PIECE", 100)

    export = made("fec")

    assert export.pieces.count() == -(-export.size // 100) > 5
    assert hashlib.sha256(content_of(export)).digest() == bytes(export.digest)


def test_a_form_posted_twice_makes_one_export():
    told = {"kind": "orders", "form": "csv", "basis": "", "starts_on": TODAY(), "ends_on": TODAY()}
    told |= {"asked_as": uuid.uuid4(), "actor": UserFactory(), "now": timezone.now()}

    assert ask_for_export(**told) == ask_for_export(**told)
    assert Job.objects.filter(kind="make_book_export").count() == 1


def test_a_job_that_gave_up_says_so_until_it_runs_again():
    export = asked("orders")
    job = Job.objects.get(key=f"make_book_export:{export.pk}")
    Job.objects.filter(pk=job.pk).update(state="dead", finished_at=timezone.now(), attempts=4)
    services.give_up(export_id=export.pk, now=timezone.now())
    export.refresh_from_db()
    assert export.failed_at is not None

    retry_job(job_id=job.pk, now=timezone.now())
    export.refresh_from_db()
    assert export.failed_at is None


@pytest.mark.parametrize(
    ("starts", "ends", "refusal"),
    [
        (lambda today: today, lambda today: today - DAY, BadPeriod),
        (lambda today: today, lambda today: today + DAY, NotOver),
        (lambda today: date(today.year - 1, 12, 31), lambda today: date(today.year, 1, 1), SeveralYears),
    ],
)
def test_a_period_that_cannot_be_is_refused(starts, ends, refusal):
    with pytest.raises(refusal):
        asked("fec", starts=starts(TODAY()), ends=ends(TODAY()))
    assert not BookExport.objects.exists()


def test_a_french_journal_needs_the_number_of_the_seller():
    ShopIdentity.objects.update(siret="")
    with pytest.raises(NoSiren):
        asked("fec")


def test_the_export_of_a_closed_period_says_so(sold):
    yesterday = TODAY() - DAY
    told = {"entries": 0, "sums": [], "sealed_to": 0, "digest": b"", "closed_at": timezone.now()}
    Closure.objects.create(kind="day", starts_on=yesterday, ends_on=yesterday, **told)

    assert made("orders", ends=yesterday).is_final is True
    assert made("orders").is_final is False


def test_the_document_and_the_customer_stand_on_the_lines(sold):
    rows = checking.rows_of(content_of(made("fec")))
    journal, documents = rows_of(made("sales")), rows_of(made("documents"))

    customers = {(row["CompAuxNum"], row["CompAuxLib"]) for row in rows if row["CompteNum"] == "411000"}
    assert customers == {(f"C{sold.account_id:06}", "'=cmd ' /C calc'!A0")}
    assert [row["Order"] for row in journal] == [sold.number]
    assert journal[0]["Customer"] == "'=cmd|' /C calc'!A0"
    assert journal[0]["Document"] == documents[0]["Number"]
    pieces = {row["PieceRef"] for row in rows if row["CompteNum"] in ("706000", "445710")}
    assert pieces == {documents[0]["Number"]}


def test_an_erased_customer_says_so(sold):
    sold.account.name = ""
    sold.account.save()

    assert rows_of(made("sales"))[0]["Customer"] == "Client effacé"
    assert {row["CompAuxLib"] for row in checking.rows_of(content_of(made("fec")))} == {"", "Client effacé"}


def test_numbers_stay_numbers_in_a_workbook(sold):
    export = made("orders", form="xlsx")

    workbook = CalamineWorkbook.from_filelike(io.BytesIO(content_of(export)))
    heading, row = workbook.get_sheet_by_index(0).to_python()
    told = dict(zip(heading, row, strict=True))
    assert told["Total"] == float(sold.gross)
    assert told["Placed"].date() == TODAY()
    assert told["Customer"] == "'=cmd|' /C calc'!A0"


@pytest.mark.parametrize("kind", BookExport.Kind.values)
def test_an_export_asks_as_many_queries_for_many_orders(kind, probe_entry, diary):
    counts = []
    for number in range(3):
        order = place(make_cart(probe_entry), email=f"bob{number}@example.org", register_number=SIRET)
        pay(order, reference=f"r{number}", event_id=f"e{number}")
        export = asked(kind)
        with CaptureQueriesContext(connection) as asks:
            make_export(export_id=export.pk, now=timezone.now())
        counts.append(len(asks))
    assert counts[1] == counts[2] <= 16


def test_old_files_are_deleted_and_their_rows_stay(sold):
    export = made("orders")
    tidy("book_exports", now=timezone.now() + timedelta(days=89))
    assert export.pieces.exists()

    tidy("book_exports", now=timezone.now() + timedelta(days=91))

    assert not export.pieces.exists()
    assert BookExport.objects.get().digest is not None


def test_the_database_keeps_exports(sold):
    export = made("orders")

    def change(**values):
        BookExport.objects.filter(pk=export.pk).update(**values)

    with broken("shop_bookexport_period"):
        change(starts_on=export.ends_on + DAY)
    with broken("shop_bookexport_kind_known"):
        change(kind="other")
    with broken("shop_bookexport_form_of_kind"):
        change(form="txt")
    with broken("shop_bookexport_basis_of_vat"):
        change(basis="debits")
    with broken("shop_bookexport_language_known"):
        change(language="de")
    with broken("shop_bookexport_made_whole"):
        change(digest=None)
    with broken("shop_exportpiece_once"):
        ExportPiece.objects.create(export=export, position=0, content=b"")
    with broken("shop_bookexport_asked_once"):
        BookExport.objects.create(
            kind="orders", form="csv", starts_on=TODAY(), ends_on=TODAY(), currency="EUR", language="en",
            asked_as=export.asked_as, asked_at=timezone.now(), asked_by=UserFactory(),
        )  # fmt: skip
    assert not SecurityEvent.objects.filter(kind="exported").exists()
