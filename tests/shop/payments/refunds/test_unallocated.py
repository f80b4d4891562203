"""Unallocated money goes back by the provider that took it, and needs attention again if it does not arrive."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from billing.ledger.models import Account
from billing.ledger.selectors import balance
from outbox.jobs.running import run_due_jobs
from outbox.mails.models import Mail
from shop.payments.attention import MoneyOnItsWay, ResolvedAlready, mark_open_again, mark_resolved
from shop.payments.models import PaymentEvent
from shop.payments.port import RefundState
from shop.payments.refunds.models import Refund
from shop.payments.refunds.unallocated import (
    GoneAlready,
    NotByProvider,
    RestDiffers,
    WayBack,
    send_unallocated_back,
    way_back,
)
from shop.payments.requests.using import apply_money
from shop.payments.transfers_back.services import note_came_back
from shop.postings.verifying import faults_of_books
from tests.factories.shop import make_cart, pay, place
from tests.shop.admin_pages import text_of, told
from tests.shop.merchants import browser_of, staff

pytestmark = pytest.mark.django_db
RIGHTS = ("shop.view_paymentevent", "shop.send_refund")


@pytest.fixture
def event(order) -> PaymentEvent:
    """A second charge of 36.00 for the paid order."""
    assert pay(order, provider="bank", reference="pi_2") == "second_charge"
    return PaymentEvent.objects.needing_attention().select_related("payment").get()


def send_back(event: PaymentEvent, amount: str = "36.00") -> Decimal:
    now = timezone.now()
    return send_unallocated_back(event_id=event.pk, amount=Decimal(amount), reason="Twice", actor=staff(), now=now)


def send_url(event: PaymentEvent) -> str:
    return reverse("admin:shop_paymentevent_send_back", args=[event.pk])


def sums() -> dict[str, Decimal]:
    names = (Account.UNALLOCATED, Account.REFUNDS_SENT, Account.IN_TRANSIT)
    return {name.value: balance(name, currency="EUR") for name in names}


def test_a_second_charge_goes_back_to_its_end(order, bank, event):
    send_back(event)

    assert sums() == {"unallocated": 0, "refunds_sent": Decimal(-36), "in_transit": Decimal(72)}
    assert not PaymentEvent.objects.needing_attention().exists()
    run_due_jobs()
    assert sums() == {"unallocated": 0, "refunds_sent": 0, "in_transit": Decimal(36)}
    assert bank.sums == {f"{order.number}:pi_2": Decimal(36)}
    order.refresh_from_db()
    assert order.status == "completed"
    mail = Mail.objects.get(kind="refund_sent")
    assert mail.recipient == "alice@example.org"
    assert list(faults_of_books()) == []


def test_one_that_fails_needs_attention_again(bank, event):
    bank.state = RefundState.FAILED
    send_back(event)
    run_due_jobs()

    assert Refund.objects.get().state == "failed"
    assert list(PaymentEvent.objects.needing_attention()) == [event]
    assert sums() == {"unallocated": Decimal(-36), "refunds_sent": 0, "in_transit": Decimal(72)}
    assert Mail.objects.filter(kind="refund_failed_sales").exists()
    assert not Refund.objects.needing_attention().exists()
    bank.state = RefundState.SUCCEEDED
    send_back(event)
    run_due_jobs()
    assert sums() == {"unallocated": 0, "refunds_sent": 0, "in_transit": Decimal(36)}
    assert list(faults_of_books()) == []


def test_one_that_fails_after_it_was_done_needs_attention_again(order, bank, event):
    send_back(event)
    run_due_jobs()

    pay(order, provider="bank", reference="pi_2", kind="refund_failed", event_id="late", refund_reference="re_1")

    assert list(PaymentEvent.objects.needing_attention()) == [event]
    assert sums() == {"unallocated": Decimal(-36), "refunds_sent": 0, "in_transit": Decimal(72)}
    assert list(faults_of_books()) == []


def test_money_of_no_order_goes_back(order, bank):
    unknown = place(make_cart(order.lines.get().entry, quantity=1), email="bob@example.org")
    number, unknown.number = unknown.number, "2026-999999"
    assert pay(unknown, provider="bank", reference="pi_9") == "unknown_order"
    event = PaymentEvent.objects.needing_attention().get()

    send_back(event, "12.00")
    run_due_jobs()

    assert Refund.objects.get().order is None
    assert bank.sums == {"2026-999999:pi_9": Decimal(12)}
    assert number != unknown.number
    assert sums() == {"unallocated": 0, "refunds_sent": 0, "in_transit": Decimal(36)}
    bank.state = RefundState.FAILED
    assert list(faults_of_books()) == []


def test_what_an_order_was_given_stays_there(order, bank, event):
    other = place(make_cart(order.lines.get().entry, quantity=2), user=order.buyer, email="alice@example.org")
    other.account = order.account
    other.save()
    now = timezone.now()
    apply_money(event_id=event.pk, order_number=other.number, reason="", actor=staff(), now=now)

    with pytest.raises(RestDiffers):
        send_back(event)
    assert send_back(event, "12.00") == 12
    run_due_jobs()
    assert sums()["unallocated"] == 0
    assert list(faults_of_books()) == []


def test_nothing_goes_back_twice(order, event):
    send_back(event)
    with pytest.raises(ResolvedAlready):
        send_back(event)
    with pytest.raises(MoneyOnItsWay):
        mark_open_again(event_id=event.pk, actor=staff(), now=timezone.now())
    assert Refund.objects.count() == 1


def test_what_went_back_at_the_providers_site_is_not_sent_again(order, bank, event):
    pay(order, provider="bank", reference="pi_2", kind="refunded", amount=Decimal(36), event_id="elsewhere")

    assert way_back(event) is None
    with pytest.raises(GoneAlready):
        send_back(event)


def test_a_disputed_payment_sends_nothing(order, bank, event):
    pay(order, provider="bank", reference="pi_2", kind="disputed", event_id="dispute")

    assert way_back(event) is None
    with pytest.raises(GoneAlready):
        send_back(event)


def test_what_no_provider_sends_is_left_to_the_merchant(order, bank, event):
    bank.refunds = False

    assert way_back(event) == WayBack(Decimal(36), "")
    with pytest.raises(NotByProvider):
        send_back(event)
    mark_resolved(event_id=event.pk, note="By hand", actor=staff(), now=timezone.now())


def test_it_goes_by_transfer_too(order, event):
    client = browser_of(staff(*RIGHTS))
    typed = {"amount": "36.00", "by_transfer": "on", "holder": "Alice"}

    answer = client.post(send_url(event), typed | {"iban": "DE89 3704 0044 0532 0130 01"}, follow=True)
    assert "This is no IBAN" in told(answer)[0][1]
    assert not Refund.objects.exists()

    client.post(send_url(event), typed | {"iban": "de89 3704 0044 0532 0130 00"})
    refund = Refund.objects.get()
    assert (refund.way, refund.payee.masked, refund.state) == ("transfer", "•••• 3000", "asked")
    note_came_back(refund_id=refund.pk, now=timezone.now())
    assert list(PaymentEvent.objects.needing_attention()) == [event]
    assert list(faults_of_books()) == []


def test_the_page_says_how_much_goes_back_and_sends_it(order, event):
    client = browser_of(staff(*RIGHTS))
    page = reverse("admin:shop_paymentevent_change", args=[event.pk])
    assert "€36.00 of this payment belong to nothing. They go back by Bank" in text_of(client.get(page))

    answer = client.post(send_url(event), {"amount": "36.00"}, follow=True)

    assert told(answer) == [("success", "The money is on its way back.")]
    assert "Refund R" in text_of(answer)
    assert Refund.objects.get().state == "asked"


def test_chosen_payments_go_back_together(order, event):
    assert pay(order, provider="bank", reference="pi_3") == "second_charge"
    assert pay(order, provider="transfer", reference="by hand") == "second_charge"
    client = browser_of(staff(*RIGHTS))
    chosen = list(PaymentEvent.objects.needing_attention().values_list("pk", flat=True))

    answer = client.post(
        reverse("admin:shop_paymentevent_changelist"),
        {"action": "send_chosen_back", "_selected_action": chosen},
        follow=True,
    )

    assert told(answer) == [
        ("success", "2 payments are on their way back."),
        ("warning", "1 cannot be sent back from here: open it to see why."),
    ]
    assert Refund.objects.count() == 2


def test_much_money_waits_for_a_second_person(order, event, settings):
    settings.SECOND_PERSON_GIVE_BACK_ABOVE = Decimal(30)
    client = browser_of(staff(*RIGHTS))

    answer = client.post(send_url(event), {"amount": "36.00"}, follow=True)

    assert told(answer) == [("success", "This waits for a second person. Nothing was changed yet.")]
    assert not Refund.objects.exists()


def test_nobody_without_the_right_sends(order, event):
    client = browser_of(staff("shop.view_paymentevent", "shop.deal_with_money"))
    assert client.post(send_url(event), {"amount": "36.00"}).status_code == 403
    assert not Refund.objects.exists()
