"""Withdrawal of a private person from the contract of an order: form, confirmation, acknowledgement, effects."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone, translation
from django.utils.formats import date_format

from catalog.models.entries import Entry
from common.refusals import Refused
from common.words import last_day_of
from enrolments.grounds.models import Enrolment, Ground
from outbox.mails.models import Mail
from outbox.mails.rendering import render_mail
from shop.checkout.errors import CheckoutRefused
from shop.checkout.place import Consent
from shop.orders.freezing import reasons_of
from shop.orders.lines.models import OrderLine
from shop.orders.models import Order
from shop.seller.models import ShopIdentity
from shop.withdrawal.delay import delay_ends, may_withdraw
from shop.withdrawal.models import Withdrawal
from shop.withdrawal.proposal import proposed_amount
from shop.withdrawal.selectors import to_settle
from shop.withdrawal.services import WithdrawalOver, lift_withdrawal, withdraw_from_contract
from tests.constraints import broken, run
from tests.factories.accounts import UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory
from tests.factories.shop import deliver, fill_cart, make_cart, pay, place
from tests.shop.merchants import browser_of, staff
from tests.shop.steps import english_client, order_as_visitor, press_order, put_in_cart, type_details

pytestmark = pytest.mark.django_db
DECLARED = {"name": "Camille Roy", "answer_to": "camille@example.org"}


@pytest.fixture
def order(probe_entry) -> Order:
    return place(make_cart(probe_entry), is_organisation=False)


def address(order: Order) -> str:
    return f"/orders/{order.token}/withdraw/"


def confirm(order: Order, client=None, **changes):
    return (client or english_client()).post(address(order), {**DECLARED, "confirm": "1", **changes})


def withdraw(order: Order, **how) -> Withdrawal:
    return withdraw_from_contract(order_id=order.pk, **DECLARED, **{"now": timezone.now()} | how)


# --- The delay ---


@pytest.mark.parametrize(
    ("placed", "ends"),
    [
        # A Monday; the 14th day is a Monday.
        ("2026-11-02T10:00:00+00:00", "2026-11-16T23:00:00+00:00"),
        # The 14th day is a Saturday: Monday's end.
        ("2026-11-07T10:00:00+00:00", "2026-11-23T23:00:00+00:00"),
        # The 14th day is Sunday, the Monday a working day.
        ("2026-11-08T10:00:00+00:00", "2026-11-23T23:00:00+00:00"),
        # The 14th day is 25 December, a Friday: Monday's end.
        ("2026-12-11T10:00:00+00:00", "2026-12-28T23:00:00+00:00"),
        # The 14th day is 14 July, a Tuesday.
        ("2026-06-30T10:00:00+00:00", "2026-07-15T22:00:00+00:00"),
        # Easter Monday of 2027, after a Sunday.
        ("2027-03-14T10:00:00+00:00", "2027-03-30T22:00:00+00:00"),
        # Placed at 23:30 of 1 November in Paris: its day counts there.
        ("2026-11-01T22:30:00+00:00", "2026-11-16T23:00:00+00:00"),
    ],
)
def test_the_delay_ends_with_the_next_working_day(placed, ends):
    order = Order(is_organisation=False, placed_at=datetime.fromisoformat(placed))
    assert delay_ends(order).astimezone(UTC) == datetime.fromisoformat(ends)


def test_the_last_moment_counts_and_the_next_does_not():
    order = Order(is_organisation=False, placed_at=timezone.now())
    end = delay_ends(order)
    assert may_withdraw(order, end - timedelta(seconds=1))
    assert not may_withdraw(order, end)


# --- The pages ---


def test_from_the_order_to_the_acknowledgement_without_a_sign_in(order):
    client = english_client()
    page = client.get(address(order)).content.decode()
    assert order.number in page
    assert "Camille Roy" not in page  # nothing of the person who ordered is told to whoever holds the link

    shown = client.post(address(order), DECLARED).content.decode()
    assert "confirm the withdrawal" in shown
    assert not Withdrawal.objects.exists()

    assert confirm(order, client).url == address(order)
    assert "We have received your withdrawal" in client.get(address(order)).content.decode()
    mail = Mail.objects.get(kind="withdrawal_received")
    assert mail.recipient == "camille@example.org"
    text = render_mail(mail, blank_secrets=True).text
    assert order.number in text
    assert "I hereby withdraw" in text
    assert "Camille Roy" in text


def test_the_last_day_is_told_and_not_the_midnight_after_it(order):
    Order.objects.filter(pk=order.pk).update(placed_at=timezone.now() - timedelta(days=2))
    order.refresh_from_db()
    with translation.override("en"):
        last = date_format(last_day_of(delay_ends(order)), "j F Y")
    for page in (address(order), f"/orders/{order.token}/"):
        assert f"without a reason until {last}." in english_client().get(page).content.decode()


def test_the_mails_of_the_order_lead_there_while_the_delay_runs(order):
    text = render_mail(Mail.objects.get(order_id=order.pk, kind="order_placed"), blank_secrets=True).text
    assert address(order) in text
    Order.objects.filter(pk=order.pk).update(placed_at=timezone.now() - timedelta(days=30))
    assert (
        address(order)
        not in render_mail(Mail.objects.get(order_id=order.pk, kind="order_placed"), blank_secrets=True).text
    )


def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(order):
    answer = english_client().post(address(order), {"name": "", "answer_to": "no address"})
    assert set(answer.context["form"].errors) == {"name", "answer_to"}
    assert "no address" in answer.content.decode()


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", "x" * 5000, "\0"])
def test_hostile_input_breaks_nothing(order, hostile):
    answer = confirm(order, name=hostile, answer_to=f"{hostile}@example.org")
    assert answer.status_code == 200
    assert "<script>alert" not in answer.content.decode()
    assert not Withdrawal.objects.exists()


def test_who_has_no_such_right_finds_nothing(probe_entry, order):
    company = place(make_cart(probe_entry))
    assert confirm(company).status_code == 404
    assert english_client().get("/orders/unknown/withdraw/").status_code == 404
    assert english_client().get(f"/orders/{order.number}/withdraw/").status_code == 404


def test_after_the_delay_a_confirmation_is_refused(order):
    Order.objects.filter(pk=order.pk).update(placed_at=timezone.now() - timedelta(days=30))
    assert "can no longer be withdrawn" in confirm(order).content.decode()
    with pytest.raises(Refused):
        withdraw(order)
    assert not Withdrawal.objects.exists()


def test_posted_twice_it_is_received_once(order):
    confirm(order)
    confirm(order, name="Somebody else", answer_to="other@example.org")
    assert Withdrawal.objects.get().name == "Camille Roy"
    assert Mail.objects.filter(kind="withdrawal_received").count() == 1


def test_the_page_of_the_order_leads_there(visitor, probe_entry):
    private = order_as_visitor(visitor, probe_entry, kind="person")
    assert "withdraw from the contract here" in visitor.get(f"/orders/{private.token}/").content.decode()
    withdraw(private)
    page = visitor.get(f"/orders/{private.token}/").content.decode()
    assert "withdraw from the contract here" not in page
    assert "The withdrawal from this contract was received" in page


# --- The effects ---


def test_an_unpaid_order_is_cancelled(order):
    withdraw(order)
    order.refresh_from_db()
    assert (order.status, reasons_of(order), Withdrawal.objects.get().proposed) == ("cancelled", set(), 0)
    assert list(order.events.values_list("what", flat=True))[-2:] == ["withdrawn", "cancelled"]


@pytest.mark.django_db(transaction=True)
def test_a_paid_order_is_frozen_and_its_whole_amount_proposed(order, diary):
    ShopIdentity.objects.update_or_create(pk=1, defaults={"sales_email": "sales@example.org"})
    pay(order)
    received = withdraw(order)
    order.refresh_from_db()
    assert (order.status, reasons_of(order), received.proposed) == ("paid", {"withdrawal"}, order.gross)
    assert Mail.objects.filter(kind="withdrawal_sales").exists()
    assert deliver(order).status == "paid"
    assert list(to_settle()) == [order]

    lift_withdrawal(order_id=order.pk, reason="Agreed", actor=UserFactory(), now=timezone.now())
    assert (reasons_of(order), list(to_settle())) == (set(), [])
    with pytest.raises(Refused):
        lift_withdrawal(order_id=order.pk, reason="Agreed", actor=UserFactory(), now=timezone.now())


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("at_once", "owed"), [(True, "30.00"), (False, "0.00")])
def test_what_began_at_the_buyers_request_is_owed_in_proportion(at_once, owed):
    course = CourseFactory()
    from handlers.testing import parameters

    entry = EntryFactory(handler="std_enroloncourse", parameters=parameters(
        "std_enroloncourse", coursename=course.short_name, duration=20
    ))  # fmt: skip
    order = place(make_cart(entry), is_organisation=False, consent=Consent(None, start_at_once=at_once))
    pay(order)
    deliver(order)
    order.refresh_from_db()
    ground = Ground.objects.get(order_id=order.pk, kind="line")
    Enrolment.objects.filter(pk=ground.enrolment_id).update(first_entered_at=ground.starts_at)
    quarter = ground.starts_at + (ground.ends_at - ground.starts_at) / 4
    assert order.gross - proposed_amount(order, now=quarter) == Decimal(owed)


def test_the_merchant_lets_the_contract_go_on_with_a_reason(order):
    pay(order)
    withdraw(order)
    client = browser_of(staff("shop.view_order", "shop.change_order"))
    page = client.get(f"/admin/shop/order/{order.pk}/change/").content.decode()
    assert "Proposed to pay back" in page
    lift = f"/admin/shop/order/{order.pk}/lift/"
    assert "reason" in client.post(lift, {"reason": ""}).context["form"].errors
    assert client.post(lift, {"reason": "Agreed on the phone"}).status_code == 302
    assert order.events.get(what="unfrozen").detail == {"for": "withdrawal", "reason": "Agreed on the phone"}
    assert browser_of(staff("shop.view_order")).post(lift, {"reason": "x"}).status_code == 403


# --- Digital content ---


@pytest.fixture
def digital() -> Entry:
    return EntryFactory(name_en="Course on video", is_digital_content=True)


def test_digital_content_is_not_sold_to_a_private_person_without_their_express_request(digital):
    with translation.override("en"), pytest.raises(CheckoutRefused, match="at once"):
        place(make_cart(digital), is_organisation=False)
    assert not Order.objects.exists()
    assert place(make_cart(digital), is_organisation=True).withdrawal_waived_at is None


def test_the_review_asks_for_it_and_the_order_and_its_mail_say_so(digital):
    client = english_client()
    put_in_cart(client, digital, 1)
    type_details(client, kind="person")
    page = client.get("/checkout/review/")
    assert "Digital content in this order: Course on video." in page.content.decode()
    assert "start_at_once" not in page.context["form"].fields
    refused = press_order(client)
    assert "waive_withdrawal" in refused.context["form"].errors

    press_order(client, waive_withdrawal="on")

    order = Order.objects.get()
    assert order.withdrawal_waived_at == order.placed_at
    page = client.get(f"/orders/{order.token}/").content.decode()
    assert "there is no right to withdraw from it then: Course on video." in page
    assert "withdraw from the contract here" not in page
    told = [render_mail(mail, blank_secrets=True) for mail in Mail.objects.filter(order_id=order.pk)]
    assert any("there is no right to withdraw from it then: Course on video." in mail.text for mail in told)
    assert client.get(address(order)).status_code == 404


def test_nobody_withdraws_from_digital_content_alone(digital):
    order = place(make_cart(digital), is_organisation=False, consent=Consent(None, waives_withdrawal=True))

    assert not may_withdraw(order, timezone.now())
    with pytest.raises(WithdrawalOver):
        withdraw(order)


def test_of_an_order_with_other_things_only_these_are_withdrawn_from(digital, probe_entry):
    cart = make_cart(digital)
    fill_cart(cart, probe_entry)
    order = place(cart, is_organisation=False, consent=Consent(None, waives_withdrawal=True))
    pay(order)
    other = order.lines.get(is_digital_content=False)

    received = withdraw(order)

    assert received.proposed == other.gross < order.gross
    assert list(to_settle()) == [order]
    assert {line.is_digital_content: line.frozen_for for line in order.lines.all()} == {True: [], False: ["withdrawal"]}
    assert reasons_of(order) == {"withdrawal"}
    page = english_client().get(address(order)).content.decode()
    assert "Your withdrawal" in page or "withdrew" in page
    OrderLine.objects.filter(pk=other.pk).update(status="given_back")
    assert list(to_settle()) == []


# --- Constraints ---


def test_an_order_is_withdrawn_from_once(order):
    received = withdraw(order)
    with broken("shop_withdrawal_order_id_key"):
        Withdrawal.objects.create(
            order=order, name="x", answer_to="x@example.org", received_at=timezone.now(), proposed=0
        )
    assert Withdrawal.objects.get() == received


def test_a_proposal_is_not_negative_and_a_lift_comes_after(order):
    withdraw(order)
    with broken("shop_withdrawal_proposed"):
        run("UPDATE shop_withdrawal SET proposed = -1")
    with broken("shop_withdrawal_lifted_after"):
        run("UPDATE shop_withdrawal SET lifted_at = received_at - interval '1 day'")
