"""Second charges go back by themselves where the merchant has switched that on, once, and the customer is told."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from outbox.jobs.models import Job
from outbox.jobs.running import run_due_jobs
from outbox.mails.models import Mail
from shop.payments.models import PaymentEvent
from shop.payments.port import RefundState
from shop.payments.refunds.models import Refund
from shop.payments.refunds.unallocated import send_unallocated_back
from shop.payments.second_charges.models import SecondChargeRule
from shop.payments.second_charges.services import RuleAsWanted, send_by_rule, switch_rule
from shop.postings.verifying import faults_of_books
from tests.constraints import broken, run
from tests.factories.shop import pay
from tests.shop.admin_pages import text_of
from tests.shop.merchants import browser_of, staff
from tests.shop.payments.refunds.conftest import bank as bank
from tests.shop.payments.refunds.conftest import order as order

pytestmark = pytest.mark.django_db
URL = "admin:shop_secondchargerule_switch"


@pytest.fixture
def merchant():
    return staff("shop.view_secondchargerule", "shop.rule_second_charges")


def switch(merchant, *, is_on: bool = True) -> None:
    switch_rule(is_on=is_on, actor=merchant, now=timezone.now())


def pay_again(order, reference: str = "pi_2", **how) -> PaymentEvent:
    assert pay(order, **({"provider": "bank"} | how), reference=reference) == "second_charge"
    return PaymentEvent.objects.filter(outcome="second_charge").latest("pk")


def test_without_the_rule_it_waits_for_the_merchant(order):
    pay_again(order)
    run_due_jobs()
    assert not Refund.objects.exists()
    assert PaymentEvent.objects.needing_attention().count() == 1


def test_by_the_rule_it_goes_back_and_the_customer_is_told(order, bank, merchant):
    switch(merchant)
    event = pay_again(order)
    run_due_jobs()

    refund = Refund.objects.get()
    assert (refund.state, refund.amount, refund.asked_by) == ("done", Decimal(36), merchant)
    assert list(bank.sums.values()) == [Decimal(36)]
    assert event.handlings.get().handled_by == merchant
    assert not PaymentEvent.objects.needing_attention().exists()
    assert Mail.objects.filter(kind="refund_sent", order_id=order.pk).count() == 1
    assert list(faults_of_books()) == []


def test_once_whatever_is_told_or_run_again(order, bank, merchant):
    switch(merchant)
    event = pay_again(order)
    pay(order, provider="bank", reference="pi_2")
    run_due_jobs()
    assert not send_by_rule(event_id=event.pk, now=timezone.now())
    assert Refund.objects.count() == Job.objects.filter(kind="second_charge_back").count() == 1


def test_what_the_merchant_dealt_with_meanwhile_stays_as_it_is(order, bank, merchant):
    switch(merchant)
    event = pay_again(order)
    send_unallocated_back(event_id=event.pk, amount=Decimal(36), reason="", actor=staff(), now=timezone.now())
    run_due_jobs()
    assert Refund.objects.get().asked_by != merchant


def test_switched_off_before_the_job_ran_nothing_goes_back(order, merchant):
    switch(merchant)
    pay_again(order)
    switch(merchant, is_on=False)
    run_due_jobs()
    assert not Refund.objects.exists()


def test_what_the_method_does_not_send_waits_for_the_merchant(order, merchant):
    switch(merchant)
    pay_again(order, "by hand", provider="transfer")
    run_due_jobs()
    assert not Refund.objects.exists()
    assert PaymentEvent.objects.needing_attention().exists()


def test_much_money_is_sent_by_two_people(order, merchant, settings):
    settings.SECOND_PERSON_GIVE_BACK_ABOVE = Decimal(30)
    switch(merchant)
    pay_again(order)
    run_due_jobs()
    assert not Refund.objects.exists()


def test_one_that_fails_needs_attention_again(order, bank, merchant):
    bank.state = RefundState.FAILED
    switch(merchant)
    pay_again(order)
    run_due_jobs()
    run_due_jobs()
    assert Refund.objects.get().state == "failed"
    assert PaymentEvent.objects.needing_attention().count() == 1


def test_the_switch_in_the_administration(merchant):
    client = browser_of(merchant)
    page = reverse("admin:shop_secondchargerule_changelist")
    assert "Second charges wait for you" in text_of(client.get(page))
    assert client.post(reverse(URL), {}).status_code == 400
    assert client.get(reverse(URL)).status_code == 405

    on = client.post(reverse(URL), {"to": "on"}, follow=True)
    assert "are sent back by themselves" in text_of(on)
    assert "as you want it already" in text_of(client.post(reverse(URL), {"to": "on"}, follow=True))

    client.post(reverse(URL), {"to": "off"})
    rule = SecondChargeRule.objects.get()
    assert (rule.on_by, rule.off_by) == (merchant, merchant)


@pytest.mark.parametrize("missing", ["shop.view_secondchargerule", "shop.rule_second_charges"])
def test_only_with_the_right(missing):
    client = browser_of(staff(*({"shop.view_secondchargerule", "shop.rule_second_charges"} - {missing})))
    assert client.post(reverse(URL), {"to": "on"}).status_code == 403
    assert not SecondChargeRule.objects.exists()


def test_one_rule_stands_at_most(merchant):
    switch(merchant)
    with pytest.raises(RuleAsWanted):
        switch(merchant)
    with broken("shop_secondchargerule_one_stands"):
        SecondChargeRule.objects.create(on_at=timezone.now(), on_by=merchant)
    switch(merchant, is_on=False)
    with pytest.raises(RuleAsWanted):
        switch(merchant, is_on=False)


def test_it_is_ended_by_somebody_and_later(merchant):
    switch(merchant)
    with broken("shop_secondchargerule_ended_by_somebody"):
        run("UPDATE shop_secondchargerule SET off_at = on_at + interval '1 hour'")
    with broken("shop_secondchargerule_ended_by_somebody"):
        SecondChargeRule.objects.update(off_at=timezone.now() - timedelta(days=1), off_by=merchant)
