"""Orders are found by what a merchant knows of them beside number and customer."""

import pytest

from enrolments.seats.batches.models import SeatBatch
from tests.enrolments.given import assign, given_pack
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.enrolments import CourseFactory
from tests.factories.shop import make_cart, pay, place

pytestmark = pytest.mark.django_db

LIST = "/admin/shop/order/"


def listed(client, query):
    return {order.number for order in client.get(LIST, {"q": query}).context["cl"].result_list}


def test_by_a_bank_reference_whole_or_its_beginning(client, order, new_order):
    other = new_order()
    pay(order, reference="VIR-4711")
    pay(other, reference="VIR-4712")
    for query in ("VIR-4711", "vir-4711"):
        assert listed(client, query) == {order.number}
    assert listed(client, "vir 47") == {order.number, other.number}


def test_by_amount_as_it_is_written(client, order, new_order):
    new_order(quantity=3)
    for query in ("120.00", "120,00 €", "€120"):
        assert listed(client, query) == {order.number}


def test_by_entry_code(client, order):
    code = order.lines.get().entry_code
    assert listed(client, code) == {order.number}
    assert listed(client, f"{code}-x") == set()


def test_by_buyer_and_operator(client, order, probe_entry):
    buyer = MembershipFactory(user__first_name="Zoé", user__last_name="Élan")
    bought = place(make_cart(probe_entry, user=buyer.user), user=buyer.user, account=buyer.account)
    assert listed(client, "elan zoe") == listed(client, buyer.user.email) == {bought.number}


def test_by_participant(client, order, new_order):
    new_order()
    [seat] = given_pack(CustomerAccountFactory())
    assign(seat, CourseFactory(), "ines@shop.example", UserFactory())
    SeatBatch.objects.filter(pk=seat.batch_id).update(order_id=order.pk)
    for query in ("ines@shop.example", "ines@shop"):
        assert listed(client, query) == {order.number}
