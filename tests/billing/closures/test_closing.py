"""Closing of days, months and years: in order, for good, and only what is whole."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from billing.closures.held_up import HeldUp, days_held_up, due_through
from billing.closures.models import Closure
from billing.closures.services import (
    FACTS_MISSING,
    DayNotOver,
    EntriesUnsealed,
    FactsMissing,
    NothingToClose,
    close_days,
    end_of,
    first_open_day,
)
from billing.closures.tasks import close_due_days
from billing.closures.verifying import faults_of_closures
from billing.ledger.models import Account, LedgerEntry
from billing.ledger.services import Line, post
from billing.ledger.tasks import seal_entries
from common.moments import local_day
from tests.billing.test_chain import by_owner_of_the_tables
from tests.billing.test_ledger import money_in
from tests.constraints import broken, copy, run
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db

LATER = datetime(2027, 2, 10, 9, tzinfo=UTC)


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def post_on(*days: date, amount: int = 100) -> None:
    number = LedgerEntry.objects.count()
    post([money_in(f"money_in:{number + each}", amount, at=at(day)) for each, day in enumerate(days, 1)])
    seal_entries()


def closed(**which: object) -> list[str]:
    return [str(closure) for closure in Closure.objects.filter(**which).order_by("pk")]


class TestClosing:
    def test_a_day_is_closed_with_its_debits_and_credits_and_the_balance_at_its_end(self):
        post_on(date(2026, 11, 28), date(2026, 11, 28), date(2026, 11, 29), amount=150)

        close_days(through=date(2026, 11, 29), now=LATER)

        first, second = Closure.objects.order_by("pk")
        assert (first.entries, first.sealed_to, first.closed_at) == (2, 2, LATER)
        assert first.sums == [
            ["EUR", "in_transit", "sandbox", 300, 0, 300],
            ["EUR", "unallocated", "", 0, 300, -300],
        ]
        assert second.sums == [
            ["EUR", "in_transit", "sandbox", 150, 0, 450],
            ["EUR", "unallocated", "", 0, 150, -450],
        ]
        assert list(faults_of_closures()) == []

    def test_days_without_entries_are_closed_and_months_and_years_with_their_last_day(self):
        post_on(date(2026, 11, 29), date(2026, 12, 31), date(2027, 1, 2))

        made = close_days(through=date(2027, 1, 31), now=LATER)

        assert len(made) == 64 + 3 + 1
        assert closed(kind="month") == ["2026-11", "2026-12", "2027-01"]
        assert closed(kind="year") == ["2026"]
        year = Closure.objects.get(kind="year")
        assert (year.starts_on, year.entries) == (date(2026, 1, 1), 2)
        assert year.sums[0] == ["EUR", "in_transit", "sandbox", 200, 0, 200]
        assert Closure.objects.filter(kind="month").latest("pk").sums[0] == [
            "EUR",
            "in_transit",
            "sandbox",
            100,
            0,
            300,
        ]
        assert list(faults_of_closures()) == []

    def test_a_month_that_was_left_out_by_a_crash_is_closed_at_the_next_time(self):
        post_on(date(2026, 11, 30))
        close_days(through=date(2026, 11, 30), now=LATER)
        by_owner_of_the_tables("DELETE FROM billing_closure WHERE kind = 'month'")

        assert [str(made) for made in close_days(through=date(2026, 11, 30), now=LATER)] == ["2026-11"]

    def test_each_period_tells_who_closed_it(self):
        carol = UserFactory(is_staff=True)
        post_on(date(2026, 12, 31))

        close_days(through=date(2026, 12, 31), actor=carol, now=LATER)

        assert {closure.kind: closure.closed_by for closure in Closure.objects.all()} == {
            "day": carol,
            "month": carol,
            "year": carol,
        }

    def test_goes_on_where_it_ended(self):
        post_on(date(2026, 12, 1))
        close_days(through=date(2026, 12, 8), now=LATER, at_most=3)
        assert first_open_day() == date(2026, 12, 4)
        close_days(through=date(2026, 12, 8), now=LATER)

        assert first_open_day() == date(2026, 12, 9)

    def test_a_day_that_is_not_over_in_the_shops_zone_is_not_closed(self, settings):
        settings.TIME_ZONE = "Europe/Paris"
        post_on(date(2026, 11, 28))
        with pytest.raises(DayNotOver):
            close_days(through=date(2026, 11, 29), now=datetime(2026, 11, 29, 22, 59, tzinfo=UTC))
        close_days(through=date(2026, 11, 29), now=datetime(2026, 11, 29, 23, 1, tzinfo=UTC))

        assert closed() == ["2026-11-28", "2026-11-29"]

    def test_nothing_is_closed_twice_nor_before_the_books_begin(self):
        with pytest.raises(NothingToClose):
            close_days(through=date(2026, 11, 28), now=LATER)
        post_on(date(2026, 11, 28))
        with pytest.raises(NothingToClose):
            close_days(through=date(2026, 11, 27), now=LATER)
        close_days(through=date(2026, 11, 28), now=LATER)
        with pytest.raises(NothingToClose):
            close_days(through=date(2026, 11, 28), now=LATER)

    def test_nothing_is_closed_while_an_entry_waits_for_its_seal_or_a_fact_is_missing(self):
        post([money_in(at=at(date(2026, 11, 28)))])
        with pytest.raises(EntriesUnsealed):
            close_days(through=date(2026, 11, 28), now=LATER)
        seal_entries()
        with FACTS_MISSING.temporarily("of a test", lambda: True), pytest.raises(FactsMissing):
            close_days(through=date(2026, 11, 28), now=LATER)

        assert closed() == []


class TestPostingBesideClosedDays:
    @pytest.fixture(autouse=True)
    def _closed(self):
        post_on(date(2026, 11, 28))
        close_days(through=date(2026, 11, 29), now=LATER)

    def test_a_fact_of_a_closed_day_is_posted_on_the_first_open_one(self, django_assert_num_queries):
        days = date(2026, 11, 27), date(2026, 11, 29), date(2026, 12, 2)
        with django_assert_num_queries(1):
            post([money_in(f"late:{day}", at=at(day)) for day in days])

        entries = LedgerEntry.objects.filter(fact__startswith="late").order_by("at")
        assert [str(entry.posted_on) for entry in entries] == ["2026-11-30", "2026-11-30", "2026-12-02"]
        assert [entry.at.date() for entry in entries] == list(days)
        seal_entries()
        assert list(faults_of_closures()) == []

    @pytest.mark.parametrize("day", ["2026-11-28", "2026-11-29", "2020-01-01"])
    def test_the_database_refuses_an_entry_in_a_closed_day(self, day):
        with broken("billing_ledgerentry_into_open_day"):
            run(
                "WITH made AS (INSERT INTO billing_ledgerentry (fact, kind, posted_on, at, currency)"
                " VALUES ('late', 'sale', %s, now(), 'EUR') RETURNING id)"
                " INSERT INTO billing_ledgerline (entry_id, account, amount)"
                " SELECT id, 'bank', amount FROM made, (VALUES (5), (-5)) AS line (amount)",
                day,
            )

    def test_the_database_refuses_every_change_of_a_closure(self):
        run("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks to come is not truncated
        for change in (
            "UPDATE billing_closure SET sums = '[]'",
            "DELETE FROM billing_closure WHERE ends_on = '2026-11-29'",
            "TRUNCATE billing_closure",
        ):
            with broken("billing_closure_append_only"):
                run(change)

    @pytest.mark.parametrize(
        "period",
        [
            ("day", "2026-12-01", "2026-12-01"),  # leaves a day out
            ("day", "2026-11-30", "2026-12-01"),  # two days
            ("day", "2026-11-27", "2026-11-27"),  # behind
            ("month", "2026-11-01", "2026-11-30"),  # not all its days are closed
            ("month", "2026-10-01", "2026-10-30"),  # no month
            ("year", "2025-02-01", "2026-01-31"),
        ],
    )
    def test_the_database_refuses_a_closure_out_of_order(self, period):
        with broken("billing_closure_in_order"):
            insert_closure(*period)

    def test_the_database_refuses_other_closures_that_a_row_shows_to_be_wrong(self):
        day = Closure.objects.earliest("pk")
        with broken("billing_closure_once"):
            copy("billing_closure", day.pk)
        with broken("billing_closure_kind_known"):
            copy("billing_closure", day.pk, kind="week")
        with broken("billing_closure_not_below_zero"):
            copy("billing_closure", day.pk, entries=-1)

    def test_the_books_have_no_entry_before_their_first_closed_day(self):
        by_owner_of_the_tables("DELETE FROM billing_closure")
        with broken("billing_closure_in_order"):
            insert_closure("day", "2026-11-29", "2026-11-29")


def insert_closure(kind: str, starts_on: str, ends_on: str) -> None:
    run(
        "INSERT INTO billing_closure (kind, starts_on, ends_on, entries, sums, sealed_to, digest, closed_at)"
        " VALUES (%s, %s, %s, 0, '[]', 0, '', now())",
        *(kind, starts_on, ends_on),
    )


class TestTheCheck:
    @pytest.fixture(autouse=True)
    def _closed(self):
        post_on(date(2026, 11, 28), date(2026, 11, 30))
        close_days(through=date(2026, 12, 2), now=LATER)

    @pytest.mark.parametrize(
        ("change", "told"),
        [
            ("UPDATE billing_ledgerline SET amount = amount * 2", "Closed day 2026-11-28: its sums are not those"),
            ("UPDATE billing_closure SET sums = '[]' WHERE kind = 'month'", "Closed month 2026-11: its sums are not"),
            ("UPDATE billing_closure SET closed_at = now()", "Closed day 2026-12-02 is not what was closed"),
            ("UPDATE billing_closure SET closed_by_id = 1", "is not what was closed"),
            ("DELETE FROM billing_closure WHERE ends_on = '2026-11-29'", "2026-11-30 does not follow 2026-11-28"),
            ("DELETE FROM billing_closure WHERE ends_on = '2026-11-28'", "Entries stand before 2026-11-29"),
            (
                "UPDATE billing_ledgerentry SET posted_on = '2026-11-29'",
                "Closed day 2026-11-29 has 2 entries, and had 0",
            ),
            ("UPDATE billing_ledgerseal SET digest = 'x'", "is not what was closed"),
            ("DELETE FROM billing_ledgerseal", "is not what was closed"),
        ],
    )
    def test_finds_what_was_changed_behind_the_triggers(self, change, told):
        assert list(faults_of_closures()) == []
        by_owner_of_the_tables(change)

        assert any(told in fault for fault in faults_of_closures())

    def test_finds_an_entry_slipped_into_a_closed_day(self):
        lines = (Line(Account.BANK, 5), Line(Account.FEES, -5, part="sandbox"))
        post([money_in("late", lines=lines, at=at(date(2026, 12, 5)))])
        seal_entries()
        by_owner_of_the_tables("UPDATE billing_ledgerentry SET posted_on = '2026-12-01' WHERE fact = 'late'")

        assert list(faults_of_closures()) == [
            "Closed day 2026-12-01: an entry was sealed after it.",
            "Closed day 2026-12-01 has 1 entries, and had 0.",
            "Closed day 2026-12-01: its sums are not those of its entries.",
            "Closed day 2026-12-02: its sums are not those of its entries.",
        ]


class TestByRule:
    def test_days_are_closed_some_days_after_they_ended(self, settings, monkeypatch):
        settings.BOOKS_CLOSE_AFTER_DAYS = 3
        today = local_day(datetime.now(UTC))
        post_on(today - timedelta(days=5))

        assert close_due_days() >= 3
        assert closed(kind="day") == [str(today - timedelta(days=ago)) for ago in (5, 4, 3)]
        assert close_due_days() == 0

    def test_what_is_missing_is_waited_for(self, settings):
        settings.BOOKS_CLOSE_AFTER_DAYS = 3
        post_on(date(2026, 1, 1))
        with FACTS_MISSING.temporarily("of a test", lambda: True):
            assert close_due_days() == 0

        assert closed() == []

    def test_days_count_as_held_up_once_they_are_due_for_more_than_a_day(self, settings):
        settings.BOOKS_CLOSE_AFTER_DAYS = 3
        now = datetime(2026, 12, 8, 12, tzinfo=UTC)
        assert days_held_up(now=now) is None
        post_on(date(2026, 12, 4))
        assert due_through(now) == date(2026, 12, 5)
        assert days_held_up(now=now) == HeldUp(1, date(2026, 12, 4))
        assert days_held_up(now=now - timedelta(days=1)) is None

        close_days(through=date(2026, 12, 4), now=now)
        assert days_held_up(now=now) is None
        assert days_held_up(now=now + timedelta(days=3)) == HeldUp(3, date(2026, 12, 5))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-11-30", date(2026, 11, 30)),
        ("2026-11", date(2026, 11, 30)),
        ("2028-02", date(2028, 2, 29)),
        ("2026", date(2026, 12, 31)),
        ("November", None),
        ("2026-13", None),
    ],
)
def test_a_period_is_written_as_its_day_month_or_year(text, day):
    assert end_of(text) == day
