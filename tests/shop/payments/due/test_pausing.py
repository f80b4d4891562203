"""List of due parts: the step reached, what is overdue, and pauses of reminders with their history."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from common.moments import local_day
from shop.orders.models import Order
from shop.payments.due.models import DuePart, ReminderPause
from shop.payments.due.pausing import (
    PausedMeanwhile,
    PauseWithoutReason,
    move_pauses,
    pause_reminders,
    resume_reminders,
)
from shop.payments.due.selectors import due_parts, overdue
from shop.payments.due.services import remind_of_due
from shop.payments.requests.planning import Part, plan_payments
from shop.payments.requests.promises import accept_promise
from shop.seller.models import ShopIdentity
from tests.constraints import broken, run
from tests.factories.accounts import CustomerAccountFactory, UserFactory
from tests.factories.shop import make_cart, pay, place
from tests.shop.admin_pages import text_of
from tests.shop.merchants import browser_of, staff

pytestmark = pytest.mark.django_db
NOW = timezone.now()
TODAY = local_day(NOW)
LIST = reverse("admin:shop_duepart_changelist")


@pytest.fixture
def order(probe_entry, diary) -> Order:
    return late(probe_entry)


def late(entry, *, days: int = 10) -> Order:
    """Return an order of 120 € on account that should have been paid some days ago."""
    order = place(make_cart(entry))
    clerk = UserFactory(is_staff=True)
    due_on = TODAY + timedelta(days=5)
    accept_promise(order_id=order.pk, kind="on_account", reference="", due_on=due_on, actor=clerk, now=NOW)
    asked_at = NOW - timedelta(days=90)
    order.requests.update(due_on=TODAY - timedelta(days=days), created_at=asked_at)
    return order


def part_of(order: Order) -> DuePart:
    return due_parts().get(order=order)


def pause(order: Order, *, whole_account: bool = False) -> ReminderPause:
    return pause_reminders(
        order_id=order.pk, whole_account=whole_account, reason="They pay on Friday", actor=UserFactory(), now=NOW
    )


def test_the_list_tells_step_and_rest_and_the_start_page_what_is_owed_by_the_ledger(order):
    remind_of_due(now=NOW)
    clerk = browser_of(staff("shop.view_duepart"))
    text = text_of(clerk.get(LIST))
    assert order.number in text
    assert "€120.00" in text
    assert "first reminder" in text
    assert overdue(today=TODAY, currency="EUR") == (1, 120)
    assert "These orders owe €120.00" in text_of(clerk.get(reverse("admin:index")))


def test_what_is_paid_or_due_later_is_not_overdue(order, probe_entry):
    pay(order)
    later = place(make_cart(probe_entry))
    part = [Part(later.gross, TODAY + timedelta(days=9))]
    plan_payments(order_id=later.pk, parts=part, actor=UserFactory(is_staff=True), now=NOW)
    assert overdue(today=TODAY, currency="EUR") == (0, 0)
    assert [each.order for each in due_parts()] == [later]


def test_the_list_takes_as_many_queries_for_many(order, probe_entry):
    clerk = browser_of(staff("shop.view_duepart"))
    clerk.get(LIST)
    with CaptureQueriesContext(connection) as few:
        clerk.get(LIST)
    for _more in range(3):
        late(probe_entry)
    with CaptureQueriesContext(connection) as many:
        clerk.get(LIST)
    assert len(many) == len(few)


def test_a_pause_is_made_and_ended_on_the_page_of_a_part_and_stays_as_history(order):
    clerk = browser_of(staff("shop.view_duepart", "shop.pause_reminders"))
    page = reverse("admin:shop_duepart_change", args=[part_of(order).pk])
    clerk.post(f"{page.removesuffix('change/')}pause/", {"of": "account", "reason": "They pay on Friday"})
    [made] = ReminderPause.objects.all()
    assert (made.account, made.order, made.reason) == (order.account, None, "They pay on Friday")
    assert remind_of_due(now=NOW) == 0
    assert "Go on with the reminders of the account" in text_of(clerk.get(page))
    clerk.post(f"{page.removesuffix('change/')}resume/{made.pk}/")
    assert remind_of_due(now=NOW) == 1
    text = text_of(clerk.get(page))
    assert "They pay on Friday" in text
    assert "Go on with" not in text


def test_without_the_right_nothing_is_paused_and_no_button_shown(order):
    clerk = browser_of(staff("shop.view_duepart"))
    page = reverse("admin:shop_duepart_change", args=[part_of(order).pk])
    assert "Pause the reminders" not in text_of(clerk.get(page))
    assert clerk.post(f"{page.removesuffix('change/')}pause/", {"of": "order", "reason": "x"}).status_code == 403
    assert not ReminderPause.objects.exists()


def test_a_pause_of_another_order_is_not_ended_here(order, probe_entry):
    other = late(probe_entry)
    Order.objects.filter(pk=other.pk).update(account=CustomerAccountFactory())
    made = pause(other)
    clerk = browser_of(staff("shop.view_duepart", "shop.pause_reminders"))
    page = reverse("admin:shop_duepart_change", args=[part_of(order).pk])
    assert clerk.post(f"{page.removesuffix('change/')}resume/{made.pk}/").status_code == 404


def test_a_pause_needs_a_reason_and_is_neither_made_nor_ended_twice(order):
    with pytest.raises(PauseWithoutReason):
        pause_reminders(order_id=order.pk, whole_account=False, reason=" ", actor=UserFactory(), now=NOW)
    made = pause(order)
    with pytest.raises(PausedMeanwhile):
        pause(order)
    resume_reminders(pause_id=made.pk, actor=UserFactory(), now=NOW)
    with pytest.raises(PausedMeanwhile):
        resume_reminders(pause_id=made.pk, actor=UserFactory(), now=NOW)


def test_the_pause_of_an_account_that_goes_away_becomes_that_of_its_order(order):
    of_account = pause(order, whole_account=True)
    move_pauses(order=order, source=order.account, now=NOW)
    of_account.refresh_from_db()
    assert (of_account.order, of_account.account, of_account.ended_at) == (order, None, None)
    second = pause(order, whole_account=True)
    move_pauses(order=order, source=order.account, now=NOW)
    second.refresh_from_db()
    assert (second.order, second.ended_at) == (order, NOW)


def test_the_database_keeps_pauses_whole(order):
    pause(order)
    pause(order, whole_account=True)
    with broken("shop_reminderpause_one_of_order"):
        run(
            "INSERT INTO shop_reminderpause (order_id, reason, begun_at, begun_by_id)"
            " SELECT order_id, reason, begun_at, begun_by_id FROM shop_reminderpause WHERE order_id IS NOT NULL"
        )
    with broken("shop_reminderpause_one_of_account"):
        run(
            "INSERT INTO shop_reminderpause (account_id, reason, begun_at, begun_by_id)"
            " SELECT account_id, reason, begun_at, begun_by_id FROM shop_reminderpause WHERE account_id IS NOT NULL"
        )
    with broken("shop_reminderpause_of_one"):
        run("UPDATE shop_reminderpause SET account_id = NULL, order_id = NULL")
    with broken("shop_reminderpause_reason_given"):
        run("UPDATE shop_reminderpause SET reason = ''")
    with broken("shop_reminderpause_ended_by_one"):
        run("UPDATE shop_reminderpause SET ended_at = begun_at")


def test_the_database_keeps_the_days_of_reminders_in_order():
    ShopIdentity.current()
    with broken("shop_identity_reminders_follow"):
        run("UPDATE shop_shopidentity SET reminder_second_days = 3")
    with broken("shop_identity_reminders_follow"):
        run("UPDATE shop_shopidentity SET reminder_first_days = 0")
