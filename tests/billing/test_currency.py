"""The shop's currency stays once something was sold: the check refuses another, and the start page tells of it."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from billing.ledger.checks import check_currency
from billing.ledger.currency import OtherCurrency, other_currency
from billing.ledger.models import LedgerEntry
from billing.ledger.services import post
from tests.billing.test_ledger import money_in
from tests.shop.admin_pages import text_of
from tests.shop.merchants import browser_of, staff

pytestmark = pytest.mark.django_db


def sell(number: int, currency: str = "EUR", kind: LedgerEntry.Kind = LedgerEntry.Kind.SALE) -> None:
    post([money_in(f"test:{number}", kind=kind, currency=currency)])


def found() -> list[str | None]:
    return [each.id for each in check_currency(databases=["default"])]


def test_is_silent_before_the_first_sale_and_while_it_stays(settings):
    sell(1, "CHF", LedgerEntry.Kind.MONEY_IN)
    assert (other_currency(), found()) == (None, [])
    sell(2)
    assert (other_currency(), found()) == (None, [])


def test_another_one_is_refused_as_long_as_nothing_was_sold_in_it(settings):
    sell(1)
    settings.SHOP_CURRENCY = "CHF"

    assert other_currency() == OtherCurrency("EUR", "CHF", is_new=True)
    with pytest.raises(SystemCheckError, match=r"billing\.E001.*SHOP_CURRENCY.*CHF.*EUR"):
        call_command("check", databases=["default"])


def test_once_it_is_too_late_the_sales_left_out_are_named(settings):
    sell(1)
    settings.SHOP_CURRENCY = "CHF"
    sell(2, "CHF")

    assert other_currency() == OtherCurrency("EUR", "CHF", is_new=False)
    assert found() == ["billing.W001"]


def test_the_start_page_tells_who_reads_the_ledger(settings):
    sell(1)
    settings.SHOP_CURRENCY = "CHF"

    assert "The shop is set to CHF, but has sold in EUR." in text_of(
        browser_of(staff("billing.view_ledgerentry")).get("/admin/")
    )
    assert "has sold in" not in text_of(browser_of(staff("billing.view_closure")).get("/admin/"))


def test_asks_no_database_unless_told_to(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert check_currency(databases=None) == []
