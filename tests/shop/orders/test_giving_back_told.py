"""Giving back is told to customer, operator and learners; what is owed stands in a list until it is paid."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.members.services import remove_member
from common.moments import local_day
from enrolments.seats.assign import assign_seat
from enrolments.seats.models import Seat
from handlers.contract import RevokeReason
from outbox.jobs.running import run_due_jobs
from outbox.mails.kinds import MAIL_KINDS
from outbox.mails.models import Mail
from outbox.mails.rendering import render_mail
from shop.orders.admin.filters import TodoFilter
from shop.orders.figures import owed_back
from shop.orders.giving_back.models import GivingBack
from shop.orders.giving_back.paying_back import (
    DayAhead,
    NothingOwed,
    NothingPaidBack,
    OwedDiffers,
    ReferenceMissing,
    mark_owed_again,
    mark_paid_back,
    owed_for,
)
from shop.orders.giving_back.services import give_units_back
from shop.orders.history.models import OrderEvent
from shop.orders.models import Order
from tests.enrolments.given import typed
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory
from tests.factories.shop import deliver, make_cart, pay, place
from tests.shop.admin_pages import text_of
from tests.shop.merchants import browser_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return CustomerAccountFactory(name="Ateliers Martin")


@pytest.fixture
def buyer(account):
    return MembershipFactory(account=account, user__email="paul@example.org", is_owner=False, is_buyer=True).user


@pytest.fixture
def owner(account):
    return MembershipFactory(account=account, user__email="olga@example.org").user


@pytest.fixture
def operator(account):
    return MembershipFactory(account=account, user__email="nadia@example.org", is_owner=False, is_operator=True).user


@pytest.fixture
def merchant():
    return UserFactory(is_staff=True, is_superuser=True)


@pytest.fixture
def order(account, buyer, operator, owner):
    """Three packs of one seat, delivered, each at 10.01 net, bought by Paul and operated by Nadia."""
    entry = EntryFactory(handler="std_generateseats", tiers={1: "10.01"})
    order = place(make_cart(entry, quantity=3, user=buyer), user=buyer, account=account, operator=operator)
    pay(order)
    deliver(order)
    Mail.objects.all().delete()
    return order


def give(order, merchant, *indexes, why=RevokeReason.REFUNDED, now=None):
    return give_units_back(
        order_id=order.pk,
        units={order.lines.get().pk: indexes},
        actor=merchant,
        reason="Agreed with Nadia",
        why=why,
        now=now or timezone.now(),
    )


def paid_back(order, merchant, **changes):
    told = {"amount": owed_for(order), "paid_on": local_day(timezone.now()), "reference": "transfer 7"} | changes
    return mark_paid_back(order_id=order.pk, actor=merchant, now=timezone.now(), **told)


def texts():
    return {
        mail.recipient: render_mail(mail, blank_secrets=True).text for mail in Mail.objects.filter(kind="given_back")
    }


# Told


def test_the_customer_reads_the_amount_and_the_operator_the_reason(order, merchant):
    given = give(order, merchant, 0, 2)

    told = texts()
    assert given.worth == Decimal("24.03")
    assert sorted(told) == ["nadia@example.org", "paul@example.org"]
    assert "1, 3" in told["paul@example.org"]
    assert "24.03" in told["paul@example.org"]
    assert "Agreed with Nadia" not in told["paul@example.org"]
    assert "Agreed with Nadia" in told["nadia@example.org"]
    assert "24.03" not in told["nadia@example.org"]


def test_each_act_is_told_once_also_at_one_moment(order, merchant):
    now = timezone.now()
    give(order, merchant, 0, now=now)
    give(order, merchant, 1, now=now, why=RevokeReason.CANCELLED)

    to_paul = Mail.objects.filter(kind="given_back", recipient="paul@example.org").order_by("pk")
    assert [len(mail.context["givings"]) for mail in to_paul] == [1, 1]
    text = render_mail(to_paul[1], blank_secrets=True).text
    assert "Nothing is to be paid back" in text
    assert "€" not in text


def test_who_is_buyer_and_operator_gets_one_mail_with_both(account, owner, merchant):
    entry = EntryFactory(handler="std_generateseats", tiers={1: "10.01"})
    order = place(make_cart(entry, user=owner), user=owner, account=account)
    pay(order)
    deliver(order)

    give(order, merchant, 0)

    [text] = texts().values()
    assert "Agreed with Nadia" in text
    assert "12.01" in text


def test_the_address_of_an_unclaimed_order_reads_no_word_that_may_name_a_person(merchant):
    order = place(make_cart(EntryFactory(handler="std_generateseats", tiers={1: "10.01"})), email="visitor@example.org")
    pay(order)
    deliver(order)

    give(order, merchant, 0)

    assert list(texts()) == ["visitor@example.org"]
    assert "Nadia" not in texts()["visitor@example.org"]


def test_learners_who_lose_their_seats_are_told_in_the_same_transaction(order, account, operator, merchant):
    bob = UserFactory(email="bob@example.org")
    course = CourseFactory()
    for seat in Seat.objects.order_by("pk")[:2]:
        where = course if seat.unit_index == 0 else CourseFactory()
        assign_seat(
            account=account, seat_id=seat.pk, course=where, person=typed(bob.email), operator=operator, language="en",
            now=timezone.now(),
        )  # fmt: skip
    Mail.objects.update(state="sent", sent_at=timezone.now())

    give(order, merchant, 0, 1, 2)

    mail = Mail.objects.get(kind="place_lost")
    assert (mail.recipient, len(mail.context["courses"])) == (bob.email, 2)


@pytest.mark.parametrize("kind", ["delivered", "given_back"])
def test_a_queued_mail_follows_the_operators_part_to_an_owner(account, buyer, operator, owner, merchant, kind):
    entry = EntryFactory(handler="std_generateseats", tiers={1: "10.01"})
    order = place(make_cart(entry, user=buyer), user=buyer, account=account, operator=operator)
    pay(order)
    run_due_jobs(limit=1)
    deliver(order)
    Mail.objects.exclude(kind="delivered").delete()
    give(order, merchant, 0)
    old = Mail.objects.get(kind=kind, recipient=operator.email)
    Mail.objects.filter(pk=old.pk).update(state="queued", sent_at=None)

    remove_member(account=account, membership_id=operator.memberships.get().pk, now=timezone.now())
    assert MAIL_KINDS.get(kind).is_due(old, timezone.now()) is False

    new = Mail.objects.get(kind=kind, recipient=owner.email)
    assert new.recipient == "olga@example.org"
    assert new.context["is_operator_new"]


# Owed


def test_what_is_owed_stands_in_the_list_until_it_was_paid_back(order, merchant):
    now = timezone.now()
    give(order, merchant, 0, 2, now=now - timedelta(days=3))
    client = browser_of(merchant, "en")
    listed = client.get("/admin/shop/order/", {TodoFilter.parameter_name: TodoFilter.OWED})
    assert listed.context["cl"].result_count == 1
    for told in (order.number, "Ateliers Martin", "€24.03"):
        assert told in text_of(listed)
    assert (owed_back().orders, owed_back().amount) == (1, Decimal("24.03"))
    page = f"/admin/shop/order/{order.pk}/pay-back/"
    assert page in client.get(f"/admin/shop/order/{order.pk}/change/").content.decode()
    assert "€24.03" in text_of(client.get(page))

    day = local_day(now).isoformat()
    answer = client.post(page, {"owed": "24.03", "paid_on": day, "reference": "transfer 7"}, follow=True)

    assert "€24.03 are noted as paid back." in text_of(answer)
    assert "transfer 7" in text_of(answer)
    row = GivingBack.objects.filter(amount__gt=0).first()
    assert (row.paid_back_by, row.paid_back_reference, row.paid_back_on) == (merchant, "transfer 7", local_day(now))
    listed = client.get("/admin/shop/order/", {TodoFilter.parameter_name: TodoFilter.OWED})
    assert listed.context["cl"].result_count == 0
    assert Order.objects.get(pk=order.pk).status == "completed"
    assert "Nothing is to be paid back for this order." in text_of(client.get(page))

    again = f"/admin/shop/order/{order.pk}/owed-again/"
    assert "are owed again" in text_of(client.post(again, follow=True))
    assert owed_back().orders == 1
    assert list(OrderEvent.objects.order_by("-pk").values_list("what", flat=True)[:2]) == ["owed_again", "paid_back"]


def test_an_amount_that_changed_under_the_page_is_shown_and_what_was_typed_stays(order, merchant):
    give(order, merchant, 0)
    client = browser_of(merchant, "en")
    give(order, merchant, 1)

    answer = client.post(
        f"/admin/shop/order/{order.pk}/pay-back/", {"owed": "12.01", "paid_on": "2026-01-02", "reference": "transfer 7"}
    )

    assert "The amount to be paid back has changed meanwhile." in text_of(answer)
    page = answer.content.decode()
    assert 'value="transfer 7"' in page
    assert f'value="{owed_for(order)}"' in page
    assert not OrderEvent.objects.filter(what="paid_back").exists()


def test_a_refunded_order_is_completed_again_when_the_money_came_back(order, merchant):
    give(order, merchant, 0, 1, 2)
    paid_back(order, merchant)
    assert Order.objects.get(pk=order.pk).status == "refunded"

    assert mark_owed_again(order_id=order.pk, actor=merchant, now=timezone.now()) == order.gross

    assert Order.objects.get(pk=order.pk).status == "completed"
    assert owed_for(order) == order.gross


@pytest.mark.parametrize("pays_first", [True, False])
def test_an_order_is_refunded_whichever_comes_last_the_units_or_the_money(order, merchant, pays_first):
    give(order, merchant, 0)
    acts = [lambda: paid_back(order, merchant), lambda: give(order, merchant, 1, 2, why=RevokeReason.CANCELLED)]
    first, last = acts if pays_first else reversed(acts)

    first()
    assert Order.objects.get(pk=order.pk).status == "completed"
    last()

    assert Order.objects.get(pk=order.pk).status == "refunded"


def test_an_order_given_back_without_any_money_stays_completed(order, merchant):
    give(order, merchant, 0, 1, 2, why=RevokeReason.CANCELLED)

    assert Order.objects.get(pk=order.pk).status == "completed"


def test_a_payment_back_is_refused_without_reason_day_or_debt(order, merchant):
    with pytest.raises(NothingOwed):
        paid_back(order, merchant)
    with pytest.raises(NothingPaidBack):
        mark_owed_again(order_id=order.pk, actor=merchant, now=timezone.now())
    give(order, merchant, 0)
    with pytest.raises(OwedDiffers):
        paid_back(order, merchant, amount=Decimal("1.00"))
    with pytest.raises(ReferenceMissing):
        paid_back(order, merchant, reference=" ")
    with pytest.raises(DayAhead):
        paid_back(order, merchant, paid_on=local_day(timezone.now()) + timedelta(days=1))
    assert owed_for(order) == Decimal("12.01")


# Pieces


def test_pieces_of_an_orders_money_are_shown_with_their_sum(merchant, settings):
    entry = EntryFactory(handler="", tiers={1: "100"})
    order = place(make_cart(entry))
    for number, amount in enumerate(("50.00", "30.00", "20.00")):
        pay(order, amount=Decimal(amount), reference=f"piece-{number}")
    client = browser_of(merchant, "en")

    for page in (
        f"order/{order.pk}/change/",
        f"payment/{order.payments.first().pk}/change/",
        f"paymentevent/{order.payment_events.first().pk}/change/",
    ):
        assert "3 payments, €100.00 of €120.00" in text_of(client.get(f"/admin/shop/{page}")), page
    mails = Mail.objects.filter(kind="money_needs_attention").order_by("pk")
    assert [mail.recipient for mail in mails] == [settings.SALES_EMAIL] * 3
    mail = mails[2]
    mail.language = "en"
    assert "Unallocated so far: 3 payments, €100.00 of €120.00." in render_mail(mail, blank_secrets=True).text


def test_money_went_back_at_the_latest_on_the_day_it_is_noted(order, merchant):
    give(order, merchant, 0)
    later = timezone.now() + timedelta(days=30)
    told = {"order_id": order.pk, "amount": owed_for(order), "reference": "transfer 7", "actor": merchant, "now": later}

    with pytest.raises(DayAhead):
        mark_paid_back(paid_on=local_day(later) + timedelta(days=1), **told)
    assert mark_paid_back(paid_on=local_day(later), **told) == told["amount"]
