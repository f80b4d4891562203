"""Exports, the start page and the ledger say the same sums, whatever happened."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.members.models import CustomerAccount
from billing.journal.vat import Basis, vat_due
from billing.ledger.models import Account, LedgerEntry, LedgerLine
from billing.ledger.selectors import balance
from billing.ledger.services import post
from common.currencies import from_minor_units
from common.moments import local_day
from documents.invoices.values import from_data
from documents.issued.models import Document
from shop.books import files
from shop.orders.ending import cancel_order
from shop.orders.figures import Period, owed_back, sales
from shop.orders.giving_back.paying_back import mark_paid_back, owed_for
from shop.orders.models import Order
from shop.papers.credit_notes.correcting import correct_document
from shop.papers.credit_notes.details import BillingDetails
from shop.payments.attention import mark_resolved
from shop.payments.models import PaymentEvent
from shop.payments.requests.promises import accept_promise
from shop.postings import facts
from tests.billing.journal import checking
from tests.factories.accounts import MembershipFactory
from tests.factories.catalog import EntryFactory, TaxFactory
from tests.factories.shop import make_cart, pay, place
from tests.shop.books.making import content_of, made, rows_of
from tests.shop.merchants import staff
from tests.shop.papers.credit_notes.given import give_back
from tests.shop.papers.given import SIRET, complete_seller
from tests.shop.papers.test_in_parts import in_parts, receive, sold
from tests.shop.payments.requests.walk import LIMIT, STEPS, Walk

pytestmark = pytest.mark.django_db

OF_SALES = (Account.SALES, Account.VAT)


@pytest.fixture(autouse=True)
def seller():
    complete_seller()


def total(rows: list[dict[str, str]], name: str) -> Decimal:
    return sum((Decimal(row[name]) for row in rows), Decimal(0))


def fec_balance(rows: list[dict[str, str]], *numbers: str) -> Decimal:
    ours = [row for row in rows if row["CompteNum"] in numbers]
    return sum((checking.amount(row["Debit"]) - checking.amount(row["Credit"]) for row in ours), Decimal(0))


def check_totals() -> None:
    fec, journal, orders = made("fec"), rows_of(made("sales")), rows_of(made("orders"))
    year = f"{timezone.localdate():%Y}"
    faults = checking.faults(content_of(fec), starts=f"{year}0101", ends=f"{year}1231", name=fec.file_name)
    assert faults == []
    entries = checking.rows_of(content_of(fec))
    sold = -balance(*OF_SALES, currency="EUR")
    start_page = sum((one.gross for one in sales(period=Period.WEEK, now=timezone.now())), Decimal(0))
    deposits = -sum(
        LedgerLine.objects.filter(account=Account.DEPOSITS).exclude(part="").values_list("amount", flat=True)
    )
    invoiced = sold + from_minor_units(deposits, "EUR")
    vat = rows_of(made("vat"))
    assert invoiced == total(journal, "Total") == total(vat, "Total")
    assert sold == -fec_balance(entries, "706000", "445710")
    to_come = -balance(Account.TO_BE_INVOICED, currency="EUR")
    assert start_page == total(orders, "Sold, less given back") == sold + to_come
    assert -balance(Account.VAT, currency="EUR") == total(journal, "VAT") == total(vat, "VAT")
    assert balance(Account.RECEIVABLE, currency="EUR") == total(orders, "Still owed") == fec_balance(entries, "411000")
    assert owed_back().amount == total(orders, "Owed back") == -fec_balance(entries, "467000")
    for account, number in [(Account.BANK, "512000"), (Account.IN_TRANSIT, "580000"), (Account.DEPOSITS, "419100")]:
        assert balance(account, currency="EUR") == fec_balance(entries, number)
    assert len({(row["JournalCode"], row["EcritureNum"]) for row in entries}) == LedgerEntry.objects.count()


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("rule", Order.ReleaseRule.values)
def test_exports_start_page_and_ledger_agree_on_any_history(probe_entry, diary, seed, rule):
    member = MembershipFactory(is_owner=True)
    CustomerAccount.objects.filter(pk=member.account_id).update(credit_limit=LIMIT)
    # Some have invoices; those that lack a number wait for them.
    number = SIRET if seed % 3 else ""
    cart = make_cart(probe_entry, user=member.user)
    order = place(cart, user=member.user, account=member.account, register_number=number)
    Order.objects.filter(pk=order.pk).update(release_rule=rule)
    order.refresh_from_db()
    walk, taken = Walk(order, seed), []
    other = place(make_cart(probe_entry), email="other@example.org", register_number=SIRET)
    for step in range(STEPS):
        taken.append(walk.step())
        if step == STEPS // 2:
            pay(other, reference="other", event_id="other")
    try:
        check_totals()
    except AssertionError as error:
        raise AssertionError(" → ".join(taken)) from error


def due(basis: Basis, starts: date, ends: date) -> dict[str, tuple[int, int]]:
    rows = vat_due(basis, starts=starts, ends=ends, currency="EUR")
    return {row.part.partition(":")[2]: (row.net, row.vat) for row in rows}


def test_vat_on_receipts_is_that_of_the_paid_share_and_adds_up():
    today = timezone.localdate()
    order = in_parts(sold(), "102.00", "238.00")
    Order.objects.filter(pk=order.pk).update(release_rule="first")
    receive(order, "102.00", 1)
    assert Order.objects.get(pk=order.pk).paid_at is not None
    first = due(Basis.RECEIPTS, today, today)

    # 30 % of 200.00 and 40.00, and of 100.00 without tax.
    assert due(Basis.DEBITS, today, today) == {"20.00": (20000, 4000), "0.00": (10000, 0)}
    assert first == {"20.00": (6000, 1200), "0.00": (3000, 0)}

    later = timezone.now() + timedelta(days=2)
    pay(order, amount=Decimal("238.00"), reference="part-2", event_id="part-2", now=later)

    rest = due(Basis.RECEIPTS, today + timedelta(days=1), today + timedelta(days=2))
    assert rest == {"20.00": (14000, 2800), "0.00": (7000, 0)}
    assert due(Basis.RECEIPTS, today, today) == first
    assert due(Basis.DEBITS, today + timedelta(days=1), today + timedelta(days=2)) == {}
    whole = due(Basis.RECEIPTS, today, today + timedelta(days=2))
    assert whole == due(Basis.DEBITS, today, today) == {"20.00": (20000, 4000), "0.00": (10000, 0)}


def test_the_net_of_a_deposit_is_declared_with_its_vat_and_not_again_at_the_settlement():
    today, later = timezone.localdate(), timezone.now() + timedelta(days=2)
    order = in_parts(sold(), "102.00", "238.00")
    receive(order, "102.00", 1)
    of_deposit = {"20.00": (6000, 1200), "0.00": (3000, 0)}
    assert due(Basis.DEBITS, today, today) == due(Basis.RECEIPTS, today, today) == of_deposit
    [journal] = [[(row["Net"], row["VAT"]) for row in rows_of(made("sales"))]]
    assert sorted(journal) == [("30.00", "0.00"), ("60.00", "12.00")]

    pay(order, amount=Decimal("238.00"), reference="part-2", event_id="part-2", now=later)

    for basis in Basis:
        assert due(basis, today + timedelta(days=1), today + timedelta(days=2)) == {
            "20.00": (14000, 2800), "0.00": (7000, 0),
        }  # fmt: skip
        assert due(basis, today, today) == of_deposit


def test_vat_on_receipts_is_due_until_the_money_has_gone_back():
    today, later = timezone.localdate(), timezone.now() + timedelta(days=2)
    after = {"starts": today + timedelta(days=1), "ends": today + timedelta(days=3)}
    order = sold()
    pay(order)
    give_back(order, 0)
    give_back(order, 0, line=1)
    assert due(Basis.DEBITS, today, today) == {"20.00": (10000, 2000)}
    assert due(Basis.RECEIPTS, today, today) == {"20.00": (20000, 4000), "0.00": (10000, 0)}
    assert due(Basis.RECEIPTS, **after) == {}

    now = {"paid_on": local_day(later), "now": later}
    mark_paid_back(order_id=order.pk, amount=owed_for(order), reference="VIR 1", actor=staff(), **now)

    assert due(Basis.RECEIPTS, **after) == {"20.00": (-10000, -2000), "0.00": (-10000, 0)}
    assert due(Basis.DEBITS, **after) == {}


def test_vat_on_receipts_of_what_went_back_is_that_of_its_code_whatever_was_corrected():
    today = timezone.localdate()
    order = sold()
    pay(order)
    invoice = Document.objects.get(order_id=order.pk)
    details = replace(BillingDetails.of(from_data(invoice.data)), city="Brest")
    told = {"rest": Decimal(340), "reason": "Moved", "actor": staff(), "now": timezone.now()}
    correct_document(order_id=order.pk, document_id=invoice.pk, details=details, **told)
    give_back(order, 0)

    assert due(Basis.DEBITS, today, today) == {"20.00": (10000, 2000), "0.00": (10000, 0)}
    assert due(Basis.RECEIPTS, today, today) == {"20.00": (20000, 4000), "0.00": (10000, 0)}


def test_vat_on_receipts_of_what_was_never_paid_is_not_due_for_being_taken_back():
    today = timezone.localdate()
    order = in_parts(sold(), "102.00", "238.00")
    told = {"kind": "on_account", "reference": "", "due_on": today + timedelta(days=30), "actor": staff()}
    accept_promise(order_id=order.pk, **told, now=timezone.now())
    receive(order, "102.00", 1)
    give_back(order, 0)

    # 102.00 of the 220.00 that are left.
    assert due(Basis.RECEIPTS, today, today) == {"20.00": (4636, 927), "0.00": (4636, 0)}


def test_vat_of_a_deposit_is_due_on_receipts_until_an_order_that_ended_was_paid_back():
    today, later = timezone.localdate(), timezone.now() + timedelta(days=2)
    after = {"starts": today + timedelta(days=1), "ends": today + timedelta(days=3)}
    order = in_parts(sold(), "102.00", "238.00")
    receive(order, "102.00", 1)
    cancel_order(order_id=order.pk, actor=staff(), now=timezone.now())
    assert due(Basis.DEBITS, today, today) == {}
    assert due(Basis.RECEIPTS, today, today) == {"20.00": (6000, 1200), "0.00": (3000, 0)}

    event = PaymentEvent.objects.get(outcome=PaymentEvent.Outcome.RELEASED)
    mark_resolved(event_id=event.pk, note="Sent back", actor=staff(), now=later)

    assert due(Basis.RECEIPTS, **after) == {"20.00": (-6000, -1200), "0.00": (-3000, 0)}


def test_vat_is_told_by_code_country_and_number_of_the_customer():
    lines = {
        "FR": ("standard", "", "20.00", "100.00"),
        "BE": ("standard", "BE", "21.00", "200.00"),
        "DE": ("reverse", "", "0.00", "300.00"),
    }
    for country, (kind, rate_of, rate, net) in lines.items():
        order = place(
            make_cart(EntryFactory(tiers={1: net}, tax=TaxFactory(rate=rate))), email=f"{country}@example.org"
        )
        Order.objects.filter(pk=order.pk).update(billing_country=country, vat_id="DE136695976")
        order.lines.update(tax_terms={"kind": kind, "rate_of": rate_of})
        post(facts.sale(order, order.lines.all(), at=timezone.now()))

    vat = [(row["Kind"], row["Country"], row["Rate in %"], row["Net"], row["VAT"]) for row in rows_of(made("vat"))]
    assert sorted(vat) == [
        ("reverse charge", "DE", "0.00", "300.00", "0.00"),
        ("standard rate", "BE", "21.00", "200.00", "42.00"),
        ("standard rate", "FR", "20.00", "100.00", "20.00"),
    ]
    assert [list(row.values()) for row in rows_of(made("oss"))] == [["BE", "21.00", "200.00", "42.00", "EUR"]]
    assert [list(row.values()) for row in rows_of(made("reverse"))] == [["DE136695976", "DE", "300.00", "EUR"]]


def test_totals_differ_where_a_line_is_not_exported(monkeypatch, probe_entry, diary):
    pay(place(make_cart(probe_entry), email="bob@example.org", register_number=SIRET))
    whole = files.journal_lines
    monkeypatch.setattr(files, "journal_lines", lambda **told: list(whole(**told))[:-1])

    with pytest.raises(AssertionError):
        check_totals()
