"""Reminders of due parts: before and after the day, each once, until the part is paid."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.members.models import CustomerAccount
from common.moments import local_day
from outbox.mails.models import Mail
from outbox.mails.rendering import render_mail
from shop.orders.ending import cancel_order
from shop.orders.lines.models import OrderLine
from shop.orders.models import Order
from shop.payments.attempts.models import PaymentAttempt
from shop.payments.due import mail_kinds
from shop.payments.due.models import DueReminder, ReminderPause
from shop.payments.due.pausing import pause_reminders
from shop.payments.due.services import remind_of_due
from shop.payments.due.tasks import remind_of_due_parts
from shop.payments.models import Payment
from shop.payments.on_account.services import set_terms, terms_shown
from shop.payments.requests.models import PaymentRequest
from shop.payments.requests.planning import Part, plan_payments
from shop.payments.requests.promises import accept_promise
from shop.seller.models import ShopIdentity
from tests.constraints import broken, run
from tests.factories.accounts import UserFactory
from tests.factories.shop import make_cart, place
from tests.shop.payments.requests.plans import piece

pytestmark = pytest.mark.django_db
NOW = timezone.now()
TODAY = local_day(NOW)
DUE = TODAY + timedelta(days=30)


@pytest.fixture
def order(probe_entry, diary) -> Order:
    """An order of 50 € at once and 70 € in thirty days."""
    order = place(make_cart(probe_entry))
    parts = [Part(order.gross - 70, None), Part(order.gross - 50, DUE)]
    plan_payments(order_id=order.pk, parts=parts, actor=UserFactory(is_staff=True), now=NOW)
    order.refresh_from_db()
    return order


def run_on(day: int) -> list[int]:
    """Run the reminders on a day counted from the due one; return the steps told until then."""
    while remind_of_due(now=NOW + timedelta(days=30 + day)):
        pass
    return list(DueReminder.objects.order_by("step").values_list("step", flat=True))


def pause(order: Order, *, whole_account: bool) -> ReminderPause:
    return pause_reminders(
        order_id=order.pk, whole_account=whole_account, reason="Promised", actor=UserFactory(), now=NOW
    )


def pending(order: Order, reference: str) -> Payment:
    return Payment.objects.create(
        order=order, provider="gocardless", reference=reference, amount=70, currency="EUR", created_at=NOW
    )


def mails() -> list[Mail]:
    return list(Mail.objects.filter(kind="part_due").order_by("pk"))


def test_each_step_is_told_once_on_its_day(order):
    told = {day: run_on(day) for day in (-8, -7, -7, -6, 0, 2, 3, 14, 15, 29, 30, 59)}
    assert told[-8] == []
    assert told[-7] == told[2] == [0]
    assert told[3] == told[14] == [0, 1]
    assert told[15] == told[29] == [0, 1, 2]
    assert told[30] == told[59] == [0, 1, 2, 3]
    assert len(mails()) == 4


def test_days_on_which_nothing_ran_send_no_two_at_once_and_steps_keep_their_distance(order):
    assert run_on(20) == [1]
    assert run_on(31) == [1]
    assert run_on(32) == [1, 2]
    assert run_on(46) == [1, 2]
    assert run_on(47) == [1, 2, 3]
    assert len(mails()) == 3


def test_days_are_the_merchants(order):
    ShopIdentity.current()
    ShopIdentity.objects.update(
        reminder_before_days=0, reminder_first_days=1, reminder_second_days=2, reminder_last_days=90
    )
    told = {day: run_on(day) for day in (-7, 0, 1, 2, 89, 90)}
    assert told[0] == []
    assert told[1] == [1]
    assert told[2] == told[89] == [1, 2]
    assert told[90] == [1, 2, 3]


def test_days_count_from_the_one_on_which_the_part_was_asked_for_if_that_was_later(order):
    PaymentRequest.objects.filter(due_on=DUE).update(due_on=TODAY - timedelta(days=20))
    assert run_on(-28) == []
    assert run_on(-27) == [1]


def test_nobody_is_reminded_of_what_was_due_long_ago(order):
    assert run_on(91) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda order: piece(order, 120, "all"),
        lambda order: cancel_order(order_id=order.pk, actor=None, now=timezone.now()),
        lambda order: CustomerAccount.objects.update(wants_payment_reminders=False),
        lambda order: pause(order, whole_account=False),
        lambda order: pause(order, whole_account=True),
        lambda order: OrderLine.objects.update(frozen_for=["dispute"]),
        lambda order: pending(order, "debit"),
        lambda order: accept_promise(
            order_id=order.pk, kind="opco", reference="F", due_on=None, actor=UserFactory(is_staff=True), now=NOW
        ),
    ],
)
def test_nothing_is_told_of_what_is_not_awaited_from_the_customer(order, change):
    change(order)
    assert run_on(3) == []


def test_a_day_that_moves_is_reminded_of_anew(order):
    run_on(-7)
    PaymentRequest.objects.filter(due_on=DUE).update(due_on=DUE + timedelta(days=5))
    run_on(-2)
    assert len(mails()) == 2


def test_a_mail_that_waits_is_not_sent_once_the_part_is_paid_or_the_account_wants_none(order):
    run_on(-7)
    [mail] = mails()
    assert mail_kinds.is_due(mail, NOW)
    CustomerAccount.objects.update(wants_payment_reminders=False)
    assert not mail_kinds.is_due(mail, NOW)
    CustomerAccount.objects.update(wants_payment_reminders=True)
    piece(order, 120, "all")
    assert not mail_kinds.is_due(mail, NOW)


@pytest.mark.parametrize(
    ("language", "subject"),
    [("en", "€70.00 are due on"), ("fr", "€ sont dus le")],
)
def test_is_written_in_the_language_of_the_order(order, language, subject):
    Order.objects.update(language=language)
    run_on(-7)
    [mail] = mails()
    rendered = render_mail(mail, blank_secrets=True)
    assert order.number in rendered.subject
    assert subject in rendered.subject
    assert order.transfer_reference in rendered.text


def test_says_what_is_still_to_come_and_that_it_is_overdue(order):
    piece(order, 60, "most")
    asked_at = NOW - timedelta(days=9)
    PaymentRequest.objects.filter(due_on=DUE).update(due_on=TODAY - timedelta(days=3), created_at=asked_at)
    remind_of_due(now=NOW)
    Mail.objects.update(language="en")
    [mail] = mails()
    rendered = render_mail(mail, blank_secrets=True)
    assert "€60.00 were due on" in rendered.subject
    assert "has not arrived yet" in rendered.text


def test_the_merchant_switches_them_for_an_account(order):
    def set_them(reminds):
        seen = terms_shown(CustomerAccount.objects.get(pk=order.account_id))
        told = {"account_id": order.account_id, "limit": None, "days": 30, "seen": seen, "actor": UserFactory()}
        set_terms(**told, reminds=reminds, now=NOW)

    set_them(reminds=False)
    assert run_on(-7) == []
    set_them(reminds=None)
    assert run_on(-7) == []
    set_them(reminds=True)
    assert run_on(-7) == [0]


def test_a_payment_under_way_for_another_part_holds_nothing_up(order):
    payment = pending(order, "debit")
    other = order.requests.get(due_on=None, replaced_at=None)
    PaymentAttempt.objects.create(
        order=order, request=other, provider=payment.provider, reference=payment.reference, amount=70,
        currency="EUR", begun_at=NOW, state="ended",
    )  # fmt: skip
    assert run_on(3) == [1]


def test_many_are_told_by_few_statements_and_the_task_runs_to_the_end(order, probe_entry):
    due_on, asked_at = TODAY - timedelta(days=3), NOW - timedelta(days=30)
    PaymentRequest.objects.filter(due_on=DUE).update(due_on=due_on, created_at=asked_at)
    with CaptureQueriesContext(connection) as captured:
        remind_of_due_parts()
    assert len(mails()) == 1
    assert len(captured) < 30
    remind_of_due_parts()
    assert len(mails()) == 1


def test_the_database_keeps_each_once(order):
    run_on(-7)
    with broken("shop_duereminder_once"):
        run(
            "INSERT INTO shop_duereminder (request_id, due_on, step, sent_on)"
            " SELECT request_id, due_on, step, sent_on FROM shop_duereminder"
        )
    with broken("shop_duereminder_step_known"):
        run("UPDATE shop_duereminder SET step = 4")
