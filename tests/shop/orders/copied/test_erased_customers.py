"""Names and addresses of a customer who is erased: kept for accounting where an invoice needs them, else blanked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from django.utils.translation import override

from accounts.members.models import CustomerAccount
from accounts.people.models import User
from common.personal_data import HOLDINGS
from handlers.contract import RevokeReason
from outbox.mails.models import Mail
from shop.notes.services import add_note
from shop.orders.billing.services import CorrectionRefused, correct_billing
from shop.orders.copied.columns import COPIED, TAKEN_OFF
from shop.orders.copied.models import KeptBilling
from shop.orders.copied.needed import billing_needed
from shop.orders.ending import cancel_order
from shop.orders.giving_back.models import GivingBack
from shop.orders.giving_back.services import give_units_back
from shop.orders.history.models import OrderEvent
from shop.payments.models import Payment, PaymentEvent
from shop.payments.services import confirm_received
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.shop import deliver, pay, postal_address
from tests.shop.orders.copied.given import EMAIL, NAME, STREET, TRACES, bought, customer, erase, known
from tests.shop.steps import english_client, signed_in

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def copied_of(row) -> dict[str, str]:
    return {name: getattr(row, name) for name in COPIED}


def dump_of(*tables: str) -> str:
    """Return the rows of tables as Postgres writes them."""
    told = []
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT to_jsonb(this)::text FROM {table} this")
            told += [row for (row,) in cursor.fetchall()]
    return "\n".join(told)


ELSEWHERE = (
    "shop_order", "shop_orderline", "shop_orderunit", "shop_orderevent", "shop_linefeedback", "shop_note",
    "shop_payment", "shop_paymentevent", "shop_moneyhandling", "shop_phoneorder", "shop_givingback", "shop_cart",
    "shop_cartunit",
)  # fmt: skip


def test_a_paid_order_keeps_its_billing_data_apart():
    user, account = customer()
    order = bought(user, account)
    before = copied_of(order)
    sums = (order.net, order.tax, order.gross, order.paid_at, order.billing_country)

    erase(user, now=NOW)

    order.refresh_from_db()
    kept = KeptBilling.objects.get(order=order)
    assert copied_of(kept) == before
    assert before["billing_name"] == NAME
    assert {getattr(order, name) for name in TAKEN_OFF} == {""}
    assert (order.sealed_at, order.blanked_at, kept.kept_at) == (NOW, None, NOW)
    assert (order.net, order.tax, order.gross, order.paid_at, order.billing_country) == sums
    assert order.events.filter(what=OrderEvent.What.SEALED).count() == 1
    assert kept.billing_address.street == STREET


def test_nothing_that_was_typed_about_the_order_names_the_customer_any_more():
    user, account = customer()
    order = bought(user, account, handler="", paid=False)
    staff = UserFactory(is_staff=True)
    add_note(text=f"{NAME.upper()} called, lives at {STREET}", author=staff, now=NOW, order=order)
    correct_billing(
        order_id=order.pk, values={"billing_city": "Brest"}, reason=f"{NAME} has moved", actor=staff, now=NOW
    )
    confirm_received(
        order_id=order.pk, amount=order.gross, reference=f"Transfer {NAME}", actor=staff, is_what_arrived=False, now=NOW
    )
    deliver(order)
    give_units_back(
        order_id=order.pk, units={order.lines.get().pk: [0]}, reason=f"as {NAME} asked", include_consumed=False,
        without_script=False, why=RevokeReason.REFUNDED, actor=staff, now=NOW,
    )  # fmt: skip
    assert all(trace.lower() in dump_of(*ELSEWHERE).lower() for trace in (EMAIL, STREET, NAME))

    erase(user)

    told = dump_of(*ELSEWHERE)
    assert [trace for trace in TRACES if trace.lower() in told.lower()] == []
    assert "has moved" in told
    assert "called, lives at" in told
    assert Payment.objects.get().reference.startswith(f"{order.number}:TRANSFER")


def test_an_order_that_ended_unpaid_is_blanked_at_once():
    user, account = customer()
    order = bought(user, account, paid=False)
    add_note(text="Calls back tomorrow", author=UserFactory(), now=NOW, order=order)
    cancel_order(order_id=order.pk, actor=user, now=NOW, reason="Too dear")

    erase(user, now=NOW)

    order.refresh_from_db()
    assert (order.sealed_at, order.blanked_at, order.status) == (None, NOW, "cancelled")
    assert {getattr(order, name) for name in TAKEN_OFF} == {""}
    assert not KeptBilling.objects.exists()
    assert not order.notes.exists()
    assert "Too dear" not in dump_of("shop_orderevent")
    assert order.events.filter(what=OrderEvent.What.BLANKED).count() == 1


def test_an_open_order_keeps_them_until_it_ends():
    user, account = customer()
    order = bought(user, account, paid=False)
    erase(user)
    order.refresh_from_db()
    assert order.sealed_at is not None

    assert pay(order) == "settled"

    deliver(order)
    assert (order.status, order.kept_billing.billing_name) == ("completed", NAME)
    assert not Mail.objects.filter(order_id=order.pk, kind="payment_received").exists()


def test_erasing_twice_changes_nothing():
    user, account = customer()
    order = bought(user, account)
    erase(user)
    before = dump_of("shop_order", "shop_keptbilling", "shop_orderevent")

    erase(user)

    assert dump_of("shop_order", "shop_keptbilling", "shop_orderevent") == before
    order.refresh_from_db()
    assert order.is_closed


def test_a_company_keeps_its_own_billing_data_and_loses_the_contact():
    user, account = customer(kind=CustomerAccount.Kind.ORGANISATION, name="Ateliers Roy")
    MembershipFactory(account=account)
    order = bought(user, account, is_organisation=True, address=postal_address(name="Ateliers Roy"))

    erase(user)

    order.refresh_from_db()
    assert (order.contact_email, order.contact_name, order.sealed_at) == ("", "", None)
    assert order.billing_name == "Ateliers Roy"
    assert not KeptBilling.objects.exists()


@pytest.mark.parametrize("name", [f"Atelier {NAME}", "QUILLÉVÉRÉ Zoé EI"])
def test_a_company_named_after_the_customer_is_the_customers(name):
    user, account = customer(kind=CustomerAccount.Kind.ORGANISATION, name=name)
    MembershipFactory(account=account)
    order = bought(user, account, is_organisation=True, address=postal_address(name=name))

    erase(user)

    order.refresh_from_db()
    assert (order.billing_name, order.kept_billing.billing_name) == ("", name)


def test_who_only_paid_leaves_the_order_of_others():
    order = bought(None, None, email="roy@example.org", contact_name="Camille Roy", is_organisation=True,
                   address=postal_address(), payer_email=EMAIL, paid=False)  # fmt: skip

    erase(UserFactory(email=EMAIL))

    order.refresh_from_db()
    assert (order.payer_email, order.contact_email, order.sealed_at) == ("", "roy@example.org", None)


def test_the_account_of_a_visitors_order_goes_with_it():
    order = bought(None, None, paid=False)
    assert order.account.name == NAME

    erase(UserFactory(email=EMAIL))

    order.account.refresh_from_db()
    assert (order.account.name, order.account.street) == ("", "")
    assert str(order.account) == f"#{order.account_id}"


def test_a_visitors_order_that_is_paid_later_finds_nobody_to_deliver_to(diary):
    order = bought(None, None, handler="std_probe", paid=False)
    erase(UserFactory(email=EMAIL))

    assert pay(order) == "settled"

    deliver(order)
    line = order.lines.get()
    assert (line.status, diary.hooks()) == ("failed", ["pre"])
    assert "nobody to deliver to" in line.failure["en"]
    assert not order.claimed_at


def test_billing_data_kept_are_not_corrected_any_more():
    user, account = customer()
    order = bought(user, account)
    erase(user)

    with pytest.raises(CorrectionRefused):
        correct_billing(order_id=order.pk, values={"billing_city": "Brest"}, reason="x", actor=user, now=NOW)


def test_colleagues_see_no_name_on_the_orders_page():
    user, account = customer(kind=CustomerAccount.Kind.ORGANISATION, name="Ateliers Roy")
    colleague = MembershipFactory(account=account).user
    order = bought(user, account, is_organisation=True, address=postal_address(name="Ateliers Roy"))
    page = f"/orders/{order.token}/"
    assert EMAIL in signed_in(colleague).get(page).content.decode()

    erase(user)
    User.objects.filter(pk=user.pk).update(email="gone@example.org", first_name="", last_name="")

    told = signed_in(colleague).get(page).content.decode()
    assert [trace for trace in TRACES if trace in told] == []
    assert "a person whose data we no longer hold" in told
    assert "Ateliers Roy" in told


def test_the_page_of_a_closed_order_tells_no_address():
    order = bought(None, None, paid=False)
    client = english_client()
    assert STREET in client.get(f"/orders/{order.token}/").content.decode()

    erase(UserFactory(email=EMAIL))

    told = client.get(f"/orders/{order.token}/").content.decode()
    assert [trace for trace in TRACES if trace in told] == []
    assert "no longer shown here" in told
    assert client.get(f"/orders/{order.token}/proof/").status_code == 302
    assert client.post(f"/orders/{order.token}/mail/").status_code == 302
    assert not Mail.objects.filter(order_id=order.pk, kind="order_again").exists()


# Money that comes late


def test_money_for_a_blanked_order_revives_nothing():
    user, account = customer()
    order = bought(user, account, paid=False)
    cancel_order(order_id=order.pk, actor=user, now=NOW)
    erase(user)

    assert pay(order) == "late"

    order.refresh_from_db()
    assert order.status == "cancelled"
    assert PaymentEvent.objects.needing_attention().get().order == order


def test_money_that_needs_attention_keeps_the_billing_data():
    user, account = customer()
    order = bought(user, account, paid=False)
    assert pay(order, amount=order.gross + 1) == "mismatch"
    cancel_order(order_id=order.pk, actor=user, now=NOW)

    erase(user)

    order.refresh_from_db()
    assert (order.sealed_at is not None, order.blanked_at) == (True, None)


# What is needed


def test_what_is_needed_and_how_long():
    order = bought(None, None, paid=False)
    assert billing_needed(order, now=NOW)
    pay(order, now=NOW)
    deliver(order)
    assert billing_needed(order, now=NOW + timedelta(days=3652))
    assert not billing_needed(order, now=NOW + timedelta(days=3653))
    other = bought(None, None, paid=False)
    cancel_order(order_id=other.pk, actor=None, now=NOW)
    assert not billing_needed(other, now=NOW)
    owed = order.lines.get()
    GivingBack.objects.create(line=owed, first_index=0, last_index=0, amount=1, why="refunded")
    assert billing_needed(order, now=NOW + timedelta(days=9999))


# For the person themself


def test_a_person_reads_what_their_orders_hold_and_what_would_stay():
    user, account = customer()
    order = bought(user, account)
    cancelled = bought(user, account, paid=False)
    cancel_order(order_id=cancelled.pk, actor=user, now=NOW)
    other = bought(None, None, email="roy@example.org", is_organisation=True, payer_email=EMAIL)
    holding = HOLDINGS.get("orders")

    with override("en"):
        told = [{value.name: value.value for value in record} for record in holding.describe(known(user))]
        [kept] = holding.keeps(known(user), NOW)

    assert [each["number"] for each in told] == [order.number, cancelled.number, other.number]
    assert (told[0]["billing_street"], told[0]["gross"]) == (STREET, order.gross)
    assert told[2] == {"number": other.number, "payer_email": EMAIL}
    assert (kept.count, "ten years" in kept.why) == (1, True)
    erase(user)
    assert list(holding.describe(known(user))) == []
    assert [each.count for each in holding.keeps(known(user), NOW)] == [1]
