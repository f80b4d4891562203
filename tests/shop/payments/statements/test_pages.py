"""Bank statements in the administration, from the file to the confirmed line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from common.tidying import tidy
from shop.payments.statements.models import BankColumns, BankStatement, StatementLine
from tests.factories.catalog import EntryFactory
from tests.factories.shop import make_cart, place
from tests.shop.admin_pages import text_of
from tests.shop.merchants import browser_of, staff
from tests.shop.payments.statements.files import IBAN, camt, entry, statement
from tests.shop.payments.statements.test_statements import bring_in, line_of

pytestmark = pytest.mark.django_db

RIGHTS = ("shop.view_bankstatement", "shop.view_statementline", "shop.import_statements", "shop.confirm_money")
SEND = reverse("admin:shop_bankstatement_send")
LINES = reverse("admin:shop_statementline_changelist")


@pytest.fixture
def browser():
    return browser_of(staff(*RIGHTS, "shop.view_order"))


@pytest.fixture
def order():
    return place(make_cart(EntryFactory()), email="alice@example.org")


def send(browser, content: bytes, name: str = "statement.xml", account: str = ""):
    return browser.post(SEND, {"file": SimpleUploadedFile(name, content), "account": account}, follow=True)


def line_url(act: str, line: StatementLine) -> str:
    return reverse(f"admin:shop_statementline_{act}", args=[line.pk])


def test_a_camt_file_is_shown_imported_and_its_line_confirmed(browser, order):
    page = text_of(send(browser, camt(statement(entry(text=order.number)))))
    for told in ("1 new line.", "opening balance and lines make the closing one", "ATELIERS ROY", "€120.00"):
        assert told in page
    kept = BankStatement.objects.get()

    page = text_of(browser.post(reverse("admin:shop_bankstatement_import", args=[kept.pk]), follow=True))
    assert "The statement is imported." in page
    line = StatementLine.objects.get()
    page = text_of(browser.get(line_url("change", line)))
    assert "Sure: the reference and the exact amount say so." in page

    answer = browser.post(line_url("confirm", line), {"shares": f"{order.pk}:120.00"}, follow=True)

    assert "The line is confirmed." in text_of(answer)
    order.refresh_from_db()
    assert order.paid_at is not None
    assert f"{order.number} (€120.00)" in text_of(answer)


def test_columns_of_a_table_are_asked_for_once(browser):
    table = b"A;B;C\n27/11/2026;1 234,56;hello\n"
    page = text_of(send(browser, table, "bank.csv", "FR76 1234"))
    assert "Say first which columns hold day and amount." in page
    kept = BankStatement.objects.get()
    columns = reverse("admin:shop_bankstatement_columns", args=[kept.pk])
    wrong = browser.post(columns, {"day": "0"})
    assert "Choose the column of the day" in text_of(wrong)

    page = text_of(browser.post(columns, {"day": "0", "amount": "1", "text": "2", "is_day_first": "on"}, follow=True))

    assert "€1,234.56" in page
    assert BankColumns.objects.get().account == "FR761234"


def test_a_file_that_is_none_is_told_at_its_field_and_the_account_typed_stays(browser):
    page = send(browser, b"%PDF-1.7", "statement.pdf", "MYBANK")

    assert list(page.context["form"].errors) == ["file"]
    assert 'value="MYBANK"' in page.content.decode()


def test_balances_that_do_not_fit_are_told(browser):
    assert "€5.00 missing between the lines and the closing balance" in text_of(
        send(browser, camt(statement(entry(), closing="1125.00")))
    )


def test_lines_are_decided_by_buttons(browser, order):
    bring_in(camt(statement(entry(ref="1"), entry(ref="2"), entry(ref="3"), entry(ref="4", text=order.number))))
    first, second, third, _sure = StatementLine.objects.order_by("bank_reference")
    browser.post(line_url("payout", first), {"provider": "sandbox"})
    browser.post(line_url("keep", second))
    browser.post(line_url("aside", third), {"note": "Interest"})
    page = text_of(browser.post(reverse("admin:shop_statementline_sure"), follow=True))

    assert "1 line is confirmed." in page
    states = StatementLine.objects.order_by("bank_reference").values_list("state", flat=True)
    assert list(states) == ["payout", "kept", "set_aside", "matched"]
    assert "This line is decided already." in text_of(browser.post(line_url("keep", first), follow=True))


def test_an_order_is_named_by_its_number(browser, order):
    line = line_of("nothing")
    assert "No order has this number." in text_of(
        browser.post(line_url("confirm", line), {"number": "2026-999999"}, follow=True)
    )
    browser.post(line_url("confirm", line), {"number": order.number})

    assert line.shares.get().order == order


def test_who_may_not_confirm_money_decides_nothing(order):
    line = line_of(order.number)
    browser = browser_of(staff("shop.view_statementline", "shop.import_statements"))

    assert browser.post(line_url("keep", line)).status_code == 403
    assert browser.post(line_url("confirm", line), {"shares": f"{order.pk}:120.00"}).status_code == 403
    assert "What it may be for" not in text_of(browser.get(line_url("change", line)))
    assert browser_of(staff("shop.view_bankstatement")).get(SEND).status_code == 403


def test_the_list_of_lines_asks_as_often_for_many_as_for_one(browser):
    counts = []
    for number in range(2):
        bring_in(camt(statement(*(entry(ref=f"{number} {each}") for each in range(1 + 9 * number)))))
        browser.get(LINES)
        with CaptureQueriesContext(connection) as asked:
            browser.get(LINES)
        counts.append(len(asked))

    assert counts[0] == counts[1]


def test_names_and_accounts_are_blanked_once_the_books_need_them_no_more(browser):
    line = line_of("Alice Durand")
    other = line_of("Bob", ref="2")
    browser.post(line_url("aside", other), {"note": "Bob knows"})
    assert tidy("statements", now=timezone.now()) == 0

    end_of_year = datetime(line.booked_on.year + 1, 1, 1, 12, tzinfo=UTC)
    assert tidy("statements", now=end_of_year + timedelta(days=3651)) == 0
    later = end_of_year + timedelta(days=3653)
    assert tidy("statements", now=later) == 2
    assert tidy("statements", now=later) == 0

    told = StatementLine.objects.filter(pk__in=[line.pk, other.pk]).values_list("secret", "note")
    assert set(told) == {("", ""), ("", "–")}


def test_a_fee_and_a_line_told_by_another_statement_are_decided_by_buttons(browser):
    bring_in(camt(statement(entry("12.50", side="DBIT", text="FRAIS", ref="1"), entry(text="x", ref="2"))))
    bring_in(f"Date;Montant;Libellé\n27/11/2026;120,00;VIREMENT {'y' * 9}\n".encode(), account=IBAN)
    fee = StatementLine.objects.get(amount__lt=0)
    perhaps = StatementLine.objects.get(perhaps__isnull=False)

    assert "This line is decided already." not in text_of(browser.post(line_url("fee", fee), follow=True))
    page = browser.get(line_url("change", perhaps))

    assert "Another statement tells a line of this day and amount" in text_of(page)
    assert line_url("change", perhaps.perhaps) in page.content.decode()
    assert 'value="Told by another statement."' in page.content.decode()
    fee.refresh_from_db()
    assert fee.state == "fee"


def test_a_refund_that_left_is_confirmed_by_a_button(browser, order):
    page = text_of(browser.get(LINES))
    assert "Confirm all sure ones" not in page
    assert "Lines come with bank statements: import one first." in page
    bring_in(camt(statement(entry("120.00", side="DBIT", text=order.number))))
    assert "Confirm all sure ones" not in text_of(browser.get(LINES))
    line = StatementLine.objects.get()

    for key in (order.pk, order.pk + 1, "9" * 18):
        answer = browser.post(line_url("confirm", line), {"shares": f"{key}:120.00"}, follow=True)
        assert "No such amount is on its way back." in text_of(answer)

    bring_in(camt(statement(entry(text=order.number, ref="2"))))
    assert "Confirm all sure ones" in text_of(browser.get(LINES))
