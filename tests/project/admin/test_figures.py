"""The figures of the start page: sales, money waited for, failed lines, seats."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.utils import timezone

from handlers.contract import RevokeReason
from shop.orders.figures import DAYS_SHOWN, WEEKS_SHOWN, Period, Sales, failed_lines, sales, waiting_by_method
from shop.orders.giving_back.services import give_units_back
from shop.orders.models import Order
from tests.enrolments.given import assign, given_pack
from tests.factories.accounts import CustomerAccountFactory, UserFactory
from tests.factories.enrolments import CourseFactory
from tests.factories.shop import deliver, pay
from tests.shop.admin_pages import text_of
from tests.shop.merchants import browser_of, staff
from tests.shop.probes import REFUSED

pytestmark = pytest.mark.django_db

# A Wednesday at noon in Paris.
NOW = datetime(2026, 3, 18, 11, 0, tzinfo=UTC)


@pytest.fixture
def sold(new_order):
    """Return a function that makes an order paid at a moment."""

    def make(at: datetime, **kinds) -> Order:
        order = new_order(**kinds)
        pay(order, reference=order.number)
        Order.objects.filter(pk=order.pk).update(paid_at=at)
        return order

    return make


@pytest.fixture
def seats(db) -> None:
    """Make three seats, one of them assigned."""
    pack = given_pack(CustomerAccountFactory(), seats=3, now=timezone.now())
    assign(pack[0], CourseFactory(), "lea@example.org", UserFactory(), now=timezone.now())


def give_back(order: Order, merchant, *indexes: int, **how) -> None:
    units = {order.lines.get().pk: indexes}
    give_units_back(order_id=order.pk, units=units, actor=merchant, reason="Agreed", now=timezone.now(), **how)


def sold_on(at: datetime) -> Sales:
    [day] = [day for day in sales(period=Period.DAY, now=NOW) if day.starts_on == at.date()]
    return day


def placed_before(order: Order, days: int, method: str = "transfer") -> None:
    Order.objects.filter(pk=order.pk).update(placed_at=timezone.now() - timedelta(days=days), method=method)


class TestSales:
    def test_weeks_begin_on_monday_in_the_shops_zone(self, sold):
        sold(datetime(2026, 3, 15, 22, 59, tzinfo=UTC))  # Sunday 23:59 in Paris
        sold(datetime(2026, 3, 15, 23, 0, tzinfo=UTC))  # Monday 00:00
        sold(datetime(2026, 3, 18, 10, 0, tzinfo=UTC))

        *_older, last_week, this_week = sales(period=Period.WEEK, now=NOW)

        assert (str(last_week.starts_on), last_week.orders, last_week.gross) == ("2026-03-09", 1, Decimal("120.00"))
        assert (str(this_week.starts_on), this_week.orders, this_week.gross) == ("2026-03-16", 2, Decimal("240.00"))

    def test_days_without_a_sale_are_shown_too(self, sold):
        sold(datetime(2026, 3, 16, 23, 30, tzinfo=UTC))  # the 17th in Paris
        days = sales(period=Period.DAY, now=NOW)
        assert len(days) == DAYS_SHOWN
        assert [(str(day.starts_on), day.orders) for day in days if day.orders] == [("2026-03-17", 1)]
        assert len(sales(period=Period.WEEK, now=NOW)) == WEEKS_SHOWN

    def test_what_is_older_unpaid_given_back_or_in_another_currency_is_left_out(self, sold, new_order):
        new_order()
        sold(NOW - timedelta(weeks=WEEKS_SHOWN))
        Order.objects.filter(pk=sold(NOW).pk).update(status="refunded")
        Order.objects.filter(pk=sold(NOW).pk).update(currency="CHF")
        assert sum(week.orders for week in sales(period=Period.WEEK, now=NOW)) == 0

    def test_what_went_back_is_taken_off_the_day_of_the_sale(self, sold, merchant):
        order = sold(NOW - timedelta(days=2), quantity=3)
        give_back(order, merchant, 0)
        today, sale = sold_on(NOW), sold_on(NOW - timedelta(days=2))
        assert (sale.orders, sale.gross) == (1, order.gross - 120)
        assert (today.orders, today.gross) == (0, 0)

        give_back(order, merchant, 1, 2)
        sale = sold_on(NOW - timedelta(days=2))
        assert Order.objects.get(pk=order.pk).status == "completed"
        assert (sale.orders, sale.gross) == (0, 0)

    def test_what_was_given_back_without_money_stays(self, sold, merchant):
        part, whole = sold(NOW, quantity=3), sold(NOW)
        give_back(part, merchant, 1, why=RevokeReason.CANCELLED)
        give_back(whole, merchant, 0, why=RevokeReason.CANCELLED)
        assert Order.objects.get(pk=whole.pk).status == "completed"
        assert (sold_on(NOW).orders, sold_on(NOW).gross) == (2, part.gross + whole.gross)

    def test_what_stays_of_a_refunded_order_stays(self, sold, merchant):
        order = sold(NOW, quantity=3)
        give_back(order, merchant, 0, 2)
        give_back(order, merchant, 1, why=RevokeReason.CANCELLED)
        assert Order.objects.get(pk=order.pk).status == "completed"
        assert (sold_on(NOW).orders, sold_on(NOW).gross) == (0, 120)

    def test_of_another_currency_nothing_is_taken_off(self, sold, merchant):
        sold(NOW)
        other = sold(NOW)
        give_back(other, merchant, 0)
        Order.objects.filter(pk=other.pk).update(currency="CHF")
        assert sold_on(NOW).gross == 120


def test_money_waited_for_is_told_by_method_and_age(new_order):
    for days, method in ((0, "transfer"), (3, "transfer"), (20, "transfer"), (1, "")):
        placed_before(new_order(), days, method)
    new_order(tiers={1: "0"})
    pay(new_order())

    by_transfer, unchosen = waiting_by_method(now=timezone.now())

    assert (by_transfer.method, by_transfer.orders, by_transfer.gross) == ("transfer", 3, Decimal("360.00"))
    assert by_transfer.ages == (1, 1, 1)
    assert (unchosen.method, unchosen.ages) == ("", (0, 1, 0))


def test_every_number_leads_to_the_orders_it_counts(client, new_order):
    for days in (0, 1, 6, 7, 20):
        placed_before(new_order(), days)
    placed_before(new_order(), 20, method="")
    rows = client.get("/admin/").context["waiting"].table.rows
    cells = [cell for row in rows for cell in row[3:6] if "href" in str(cell)]
    assert len(cells) == 4
    for cell in cells:
        url, number = unescape(cell.split('href="')[1].split('"')[0]), int(cell.split(">")[-2].split("<")[0])
        assert client.get(url).context["cl"].result_count == number, url


def test_lines_that_failed_are_counted_with_their_orders(client, new_order, diary):
    order = new_order()
    diary.raises["post"] = [REFUSED]
    pay(order)
    deliver(order)
    assert (failed_lines().lines, failed_lines().orders) == (1, 1)
    assert "1 line is paid, and not delivered yet." in text_of(client.get("/admin/"))


def test_the_chart_and_the_table_say_the_same(merchant, sold):
    sold(timezone.now())
    sold(timezone.now())
    page = browser_of(merchant, "fr").get("/admin/")
    view = page.context["sales"]
    assert [amount for amount in json.loads(view.value)["datasets"][0]["data"] if amount] == [240.0]
    assert [str(cell).replace("\xa0", " ") for cell in view.table.rows[0][1:]] == ["2", "240,00 €"]
    text = text_of(page)
    assert "Ventes par semaine" in text
    assert "240,00 € sur les 12 dernières semaines, pour 2 commandes." in text
    assert "Ventes par jour" in text_of(browser_of(merchant, "fr").get("/admin/", {"sales": "day"}))
    assert "Ventes par semaine" in text_of(browser_of(merchant, "fr").get("/admin/", {"sales": "x"}))


def test_seats_are_told_by_state(client, seats):
    page = client.get("/admin/")
    said = {row[0].split(">")[-3].split("<")[0]: row[1:] for row in page.context["seats"].table.rows}
    assert said == {
        "Available": ["2", "66.7%"],
        "Assigned": ["1", "33.3%"],
        "Consumed": ["0", "0%"],
        "Expired": ["0", "0%"],
        "Revoked": ["0", "0%"],
    }
    for row in page.context["seats"].table.rows:
        url = row[0].split('href="')[1].split('"')[0]
        assert str(client.get(url).context["cl"].result_count) == row[1]


def test_nobody_reads_figures_of_what_they_may_not_see(order):
    sees_orders = browser_of(staff("shop.view_order")).get("/admin/").context
    sees_seats = browser_of(staff("enrolments.view_seat")).get("/admin/").context
    sees_nothing = browser_of(staff()).get("/admin/").context
    assert ["sales" in sees_orders, "waiting" in sees_orders, "seats" in sees_orders] == [True, True, False]
    assert ["sales" in sees_seats, "waiting" in sees_seats, "seats" in sees_seats] == [False, False, True]
    assert ["sales" in sees_nothing, "waiting" in sees_nothing, "seats" in sees_nothing] == [False, False, False]


def test_takes_as_many_queries_for_many_orders(client, sold, new_order, seats, django_assert_max_num_queries):
    sold(timezone.now())
    placed_before(new_order(), 1)
    client.get("/admin/")
    with django_assert_max_num_queries(34) as few:
        client.get("/admin/")
    for days in range(4):
        sold(timezone.now() - timedelta(days=days))
        placed_before(new_order(), days)
    with django_assert_max_num_queries(34) as many:
        client.get("/admin/")
    assert len(few) == len(many)
