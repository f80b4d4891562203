"""Posting into the ledger: balanced, once per fact, and never changed."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db.models import ProtectedError

from billing.ledger.models import Account, LedgerEntry, LedgerLine
from billing.ledger.moving import move_order
from billing.ledger.selectors import balance, balances_of_order, has_entries
from billing.ledger.services import Entry, Kind, Line, Unbalanced, post
from common.currencies import from_minor_units, in_minor_units
from tests.constraints import broken, copy, run
from tests.factories.accounts import CustomerAccountFactory

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


def money_in(fact: str = "money_in:1", amount: int = 12_000, **changes: object) -> Entry:
    lines = (Line(Account.IN_TRANSIT, amount, part="sandbox"), Line(Account.UNALLOCATED, -amount, order_id=7))
    values = {"kind": Kind.MONEY_IN, "at": NOON, "currency": "EUR", "lines": lines}
    return Entry(fact, **(values | changes))


class TestPosting:
    def test_writes_the_entry_with_its_lines(self):
        post([money_in()])

        entry = LedgerEntry.objects.get()
        assert (entry.fact, entry.kind, entry.at, entry.currency) == ("money_in:1", "money_in", NOON, "EUR")
        assert list(entry.lines.values_list("account", "amount", "part", "order_id")) == [
            ("in_transit", 12_000, "sandbox", None),
            ("unallocated", -12_000, "", 7),
        ]

    def test_a_fact_is_posted_once_and_keeps_what_was_said_first(self):
        post([money_in()])
        post([money_in(amount=500), money_in("money_in:2", 300)])

        assert balance(Account.IN_TRANSIT, currency="EUR", part="sandbox") == Decimal("123.00")
        assert LedgerEntry.objects.count() == 2

    def test_the_day_of_an_entry_is_the_shops(self, settings):
        settings.TIME_ZONE = "Europe/Paris"
        post([money_in(at=datetime(2026, 12, 31, 23, 30, tzinfo=UTC))])

        assert str(LedgerEntry.objects.get().posted_on) == "2027-01-01"

    def test_any_number_of_entries_takes_one_statement(self, django_assert_num_queries):
        with django_assert_num_queries(1):
            post([money_in(f"money_in:{number}") for number in range(200)])
        with django_assert_num_queries(0):
            post([])

        assert LedgerLine.objects.count() == 400

    def test_an_entry_of_zeros_is_none(self):
        post([money_in(amount=0)])

        assert not LedgerEntry.objects.exists()

    def test_lines_that_do_not_balance_are_a_mistake_and_nothing_is_posted(self):
        odd = money_in("money_in:2", lines=(Line(Account.BANK, 5), Line(Account.UNALLOCATED, -4)))
        with pytest.raises(Unbalanced):
            post([money_in(), odd])

        assert not LedgerEntry.objects.exists()


class TestMoving:
    def test_gives_what_is_open_of_an_order_to_another_account_by_an_entry(self):
        old, new = CustomerAccountFactory(), CustomerAccountFactory()
        owed = (Line(Account.RECEIVABLE, 900, old.pk, 7), Line(Account.TO_BE_INVOICED, -900, order_id=7))
        other = (Line(Account.RECEIVABLE, 50, old.pk, 8), Line(Account.TO_BE_INVOICED, -50, order_id=8))
        post([money_in("sale:7", lines=owed), money_in("sale:8", lines=other)])

        for _ in range(2):
            move_order(order_id=7, from_id=old.pk, to_id=new.pk, at=NOON)

        assert balance(Account.RECEIVABLE, currency="EUR", customer_id=old.pk) == Decimal("0.50")
        assert balance(Account.RECEIVABLE, currency="EUR", customer_id=new.pk) == 9
        assert balances_of_order(7) == {Account.RECEIVABLE: 900, Account.TO_BE_INVOICED: -900}

    def test_an_account_of_the_ledger_is_not_deleted(self):
        account = CustomerAccountFactory()
        assert not has_entries(account.pk)
        post([money_in(lines=(Line(Account.CREDIT, -5, account.pk), Line(Account.BANK, 5)))])

        assert has_entries(account.pk)
        with pytest.raises(ProtectedError):
            account.delete()


class TestTheDatabaseRefuses:
    @pytest.fixture(autouse=True)
    def entries(self):
        post([money_in(), money_in("money_in:2")])
        self.entry = LedgerEntry.objects.earliest("pk")
        run("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks to come is not truncated

    def test_changes_of_entries_and_lines(self):
        for change in ("UPDATE billing_ledgerentry SET kind = 'sale'", "TRUNCATE billing_ledgerentry CASCADE"):
            with broken("billing_ledgerentry_append_only"):
                run(change)
        for change in (
            "UPDATE billing_ledgerline SET amount = amount + 1",
            "DELETE FROM billing_ledgerline",
            "TRUNCATE billing_ledgerline",
        ):
            with broken("billing_ledgerline_append_only"):
                run(change)

    def test_deleting_an_entry(self):
        run("SET CONSTRAINTS ALL DEFERRED")  # its lines refer to it
        with broken("billing_ledgerentry_append_only"):
            run("DELETE FROM billing_ledgerentry")

    def test_an_entry_without_lines(self):
        with broken("billing_ledgerentry_sums_to_zero"):
            copy("billing_ledgerentry", self.entry.pk, fact="bare")

    def test_an_entry_whose_lines_do_not_sum_to_zero(self):
        with broken("billing_ledgerentry_sums_to_zero"):
            run(
                "WITH made AS (INSERT INTO billing_ledgerentry (fact, kind, posted_on, at, currency)"
                " VALUES ('odd', 'sale', now(), now(), 'EUR') RETURNING id)"
                " INSERT INTO billing_ledgerline (entry_id, account, amount)"
                " SELECT id, 'bank', amount FROM made, (VALUES (5), (-4)) AS line (amount)"
            )

    def test_lines_that_come_later_even_if_they_balance(self):
        with broken("billing_ledgerentry_sums_to_zero"):
            run(
                "INSERT INTO billing_ledgerline (entry_id, account, amount) VALUES (%s, 'bank', 5), (%s, 'bank', -5)",
                *(self.entry.pk, self.entry.pk),
            )

    @pytest.mark.parametrize(
        ("constraint", "entry", "line"),
        [
            (broken("billing_ledgerentry_fact_once"), "'money_in:1', 'sale', 'EUR'", "'bank', '', NULL, 1"),
            (broken("billing_ledgerentry_fact_given"), "'', 'sale', 'EUR'", "'bank', '', NULL, 1"),
            (broken("billing_ledgerentry_kind_known"), "'new', 'gift', 'EUR'", "'bank', '', NULL, 1"),
            (broken("billing_ledgerentry_currency"), "'new', 'sale', 'eur'", "'bank', '', NULL, 1"),
            (broken("billing_ledgerline_account_known"), "'new', 'sale', 'EUR'", "'purse', '', NULL, 1"),
            (broken("billing_ledgerline_customer_given"), "'new', 'sale', 'EUR'", "'receivable', '', NULL, 1"),
            (broken("billing_ledgerline_part_given"), "'new', 'sale', 'EUR'", "'vat', '', NULL, 1"),
            (broken("billing_ledgerline_not_zero"), "'new', 'sale', 'EUR'", "'bank', '', NULL, 0"),
        ],
    )
    def test_what_a_column_shows_to_be_wrong(self, constraint, entry, line):
        with constraint:
            run(
                "WITH made AS (INSERT INTO billing_ledgerentry (fact, kind, currency, posted_on, at)"
                f" VALUES ({entry}, now(), now()) RETURNING id)"
                " INSERT INTO billing_ledgerline (entry_id, account, part, customer_id, amount)"
                f" SELECT id, {line} FROM made"
            )


@pytest.mark.parametrize(
    ("amount", "currency", "units"), [("12.34", "EUR", 1234), ("12", "JPY", 12), ("1.5", "KWD", 1500)]
)
def test_amounts_are_counted_in_the_smallest_coin_of_their_currency(amount, currency, units):
    assert in_minor_units(Decimal(amount), currency) == units
    assert from_minor_units(units, currency) == Decimal(amount)


@pytest.mark.parametrize(("amount", "currency"), [("0.001", "EUR"), ("12.5", "JPY")])
def test_an_amount_finer_than_a_coin_is_refused(amount, currency):
    with pytest.raises(ValueError, match="finer"):
        in_minor_units(Decimal(amount), currency)
