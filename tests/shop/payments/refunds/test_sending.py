"""Money owed for units given back goes back the way it came, into the ledger, and to its end."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils import timezone

from billing.ledger.selectors import balances_of_order
from outbox.jobs.models import Job
from outbox.jobs.running import run_due_jobs
from outbox.mails.models import Mail
from shop.orders.giving_back.owed import owed_for
from shop.orders.giving_back.paying_back import NothingOwed, OwedDiffers, mark_owed_again, mark_paid_back
from shop.orders.models import Order
from shop.payments.port import RefundState
from shop.payments.refunds.models import Refund
from shop.payments.refunds.sending import NoProviderSends, send_back, shares_of
from shop.postings.verifying import faults_of_books
from tests.factories.catalog import EntryFactory, TaxFactory
from tests.factories.shop import make_cart, pay, place
from tests.shop.admin_pages import order_url
from tests.shop.merchants import browser_of, staff
from tests.shop.payments.refunds.conftest import give_back, send
from tests.shop.payments.requests.plans import in_parts

pytestmark = pytest.mark.django_db


def sums(order: Order) -> dict[str, int]:
    return {account.value: amount for account, amount in balances_of_order(order.pk).items() if amount}


def test_a_part_goes_back_by_the_provider_that_took_it(order, bank):
    give_back(order, 0)

    assert send(order) == Decimal("12.00")
    assert sums(order) == {"to_be_invoiced": -2400, "in_transit": 3600, "refunds_sent": -1200}
    run_due_jobs()

    refund = Refund.objects.get()
    assert (refund.state, refund.amount, refund.reference) == ("done", Decimal("12.00"), "re_1")
    assert list(bank.sums.values()) == [Decimal("12.00")]
    assert sums(order) == {"to_be_invoiced": -2400, "in_transit": 2400}
    assert owed_for(order) == 0
    assert list(Mail.objects.filter(kind="refund_sent").values_list("recipient", flat=True)) == ["alice@example.org"]
    order.refresh_from_db()
    assert order.status == "completed"
    assert list(faults_of_books()) == []


def test_an_order_is_refunded_once_all_of_it_has_arrived(order, bank):
    bank.state = RefundState.PENDING
    give_back(order, 0, 1, 2)
    send(order)
    run_due_jobs()
    order.refresh_from_db()
    assert (order.status, Refund.objects.get().state) == ("completed", "pending")

    bank.state = RefundState.SUCCEEDED
    _run_waiting_jobs()

    order.refresh_from_db()
    assert (order.status, Refund.objects.get().state) == ("refunded", "done")
    assert Mail.objects.filter(kind="refund_sent").count() == 1


def test_what_failed_is_owed_again_and_may_be_sent_again(order, bank):
    bank.state = RefundState.FAILED
    give_back(order, 0, 1, 2)
    send(order)
    run_due_jobs()

    refund = Refund.objects.get()
    assert (refund.state, refund.problem) == ("failed", "account_closed")
    assert owed_for(order) == order.gross
    assert sums(order) == {"refunds_owed": -3600, "in_transit": 3600}
    assert list(Refund.objects.needing_attention()) == [refund]
    assert not Mail.objects.filter(kind="refund_failed").exists()
    bank.state = RefundState.SUCCEEDED
    send(order)
    run_due_jobs()
    order.refresh_from_db()
    assert order.status == "refunded"
    assert not Refund.objects.needing_attention().exists()
    assert list(faults_of_books()) == []


def test_what_fails_after_it_was_sent_takes_the_order_back_from_refunded(order, bank):
    give_back(order, 0, 1, 2)
    send(order)
    run_due_jobs()

    told = pay(order, provider="bank", reference="pi_1", kind="refund_failed", event_id="late", refund_reference="re_1")

    assert told == "known"
    order.refresh_from_db()
    assert order.status == "completed"
    assert owed_for(order) == order.gross
    assert sums(order) == {"refunds_owed": -3600, "in_transit": 3600}
    assert Mail.objects.filter(kind="refund_failed").count() == 1
    assert list(faults_of_books()) == []


def test_news_of_our_own_refund_are_no_other_refund(order, bank):
    give_back(order, 0)
    send(order)
    run_due_jobs()

    told = pay(
        order,
        provider="bank",
        reference="pi_1",
        kind="refunded",
        amount=Decimal("12.00"),
        event_id="told",
        refund_reference="re_1",
    )

    assert told == "known"
    assert sums(order)["in_transit"] == 2400


def test_what_the_merchant_sent_at_the_providers_site_is_not_sent_again(order, bank):
    give_back(order, 0, 1, 2)
    pay(order, provider="bank", reference="pi_1", kind="refunded", amount=Decimal("30.00"), event_id="elsewhere")

    assert send(order) == Decimal("6.00")
    assert owed_for(order) == Decimal("30.00")
    assert shares_of(order, owed_for(order)) == []


def test_several_payments_go_back_the_newest_first_none_more_than_it_gave(bank):
    entry = EntryFactory(code="MAP", tiers={1: "10.00"}, tax=TaxFactory(rate=Decimal("20.00")))
    order = place(make_cart(entry, quantity=3), email="bob@example.org")
    in_parts(order, 20, 16)
    for number, part in enumerate(("20.00", "16.00")):
        pay(order, provider="bank", reference=f"part-{number}", amount=Decimal(part))
    give_back(order, 0, 1)

    assert send(order) == Decimal("24.00")
    run_due_jobs()

    number = order.number
    assert bank.sums == {f"{number}:part-1": Decimal("16.00"), f"{number}:part-0": Decimal("8.00")}


def test_a_disputed_payment_sends_nothing(order, bank):
    give_back(order, 0)
    pay(order, provider="bank", reference="pi_1", kind="disputed", event_id="dispute")

    with pytest.raises(NoProviderSends):
        send(order)


def test_nothing_is_sent_twice_nor_more_than_was_seen(order, bank):
    with pytest.raises(NothingOwed):
        send(order)
    give_back(order, 0)
    with pytest.raises(OwedDiffers):
        send_back(order_id=order.pk, owed=Decimal("11.00"), actor=staff(), now=timezone.now())
    send(order)
    with pytest.raises(NothingOwed):
        send(order)
    assert Refund.objects.count() == 1


def test_what_was_sent_by_hand_is_a_refund_outside(order):
    give_back(order, 0)
    now = timezone.now()
    told = {"amount": Decimal("12.00"), "paid_on": now.date(), "reference": "VIR 7"}
    mark_paid_back(order_id=order.pk, actor=staff(), now=now, **told)

    refund = Refund.objects.get()
    assert (refund.way, refund.state, refund.reference) == ("outside", "done", "VIR 7")
    mark_owed_again(order_id=order.pk, actor=staff(), now=timezone.now())
    refund.refresh_from_db()
    assert refund.state == "failed"
    assert owed_for(order) == Decimal("12.00")
    assert list(faults_of_books()) == []


def test_the_page_shows_the_way_back_and_sends(order, bank):
    give_back(order, 0)
    client = browser_of(staff("shop.view_order", "shop.send_refund"))
    page = client.get(order_url(order, "send_back")).content.decode()
    assert f"By Bank, {order.number}:pi_1" in page

    client.post(order_url(order, "send_back"), {"owed": "12.00"})

    assert Refund.objects.get().state == "asked"
    assert "refund under way" in client.get(order_url(order)).content.decode()


def test_a_page_of_before_sends_nothing(order, bank):
    give_back(order, 0)
    client = browser_of(staff("shop.view_order", "shop.send_refund"))
    give_back(order, 1)

    answer = client.post(order_url(order, "send_back"), {"owed": "12.00"}).content.decode()

    assert not Refund.objects.exists()
    assert "has changed meanwhile" in answer
    assert 'value="24.00"' in answer


def _run_waiting_jobs() -> None:
    Job.objects.filter(state=Job.State.PENDING).update(due_at=timezone.now())
    run_due_jobs()
