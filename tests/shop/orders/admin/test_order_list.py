"""The list of orders: searched by all that a merchant knows, marked where it waits for the merchant."""

import pytest
from django.urls import reverse
from django.utils import timezone

from billing.ledger.services import post
from shop.orders.giving_back.models import GivingBack
from shop.orders.lines.models import OrderLine
from shop.orders.models import Order
from shop.payments.requests.promises import accept_promise
from shop.postings.sources import entries_of_givings, givings
from tests.factories.shop import deliver, pay, postal_address
from tests.shop.admin_pages import order_url, text_of
from tests.shop.merchants import browser_of
from tests.shop.payments.requests.plans import piece
from tests.shop.probes import REFUSED

pytestmark = pytest.mark.django_db

LIST = "/admin/shop/order/"


def listed(client, **parameters):
    response = client.get(LIST, parameters)
    assert response.status_code == 200
    return {order.number for order in response.context["cl"].result_list}


def test_tells_what_a_merchant_asks_first(client, order):
    page = client.get(LIST)
    text = text_of(page)
    for told in (
        order.number,
        "Ateliers Roy",
        "buyer@example.org",
        "waiting for payment",
        "€120.00",
        "waiting for money",
    ):
        assert told in text
    assert order_url(order) in page.content.decode()


def test_writes_money_as_the_reader_does(merchant, order):
    assert "120,00 €" in text_of(browser_of(merchant, "fr").get(LIST))


def test_tells_what_went_back_of_an_order_beside_its_total(client, merchant, new_order):
    order, other = new_order(quantity=3), new_order()
    assert "to be paid back" not in text_of(client.get(LIST))
    line = order.lines.get()
    for index, amount in ((0, 120), (2, 100), (1, 0)):
        GivingBack.objects.create(line=line, first_index=index, last_index=index, amount=amount, why="refunded")
    GivingBack.objects.create(line=other.lines.get(), first_index=0, last_index=0)
    post(entries_of_givings(givings().filter(line=line)))
    assert text_of(client.get(LIST)).count("€360.00 €220.00 to be paid back") == 1
    assert text_of(client.get(LIST)).count("to be paid back") == 1
    assert "220,00 € à rembourser" in text_of(browser_of(merchant, "fr").get(LIST))
    assert "To be paid back €220.00" in text_of(client.get(order_url(order)))
    assert "To be paid back €" not in text_of(client.get(order_url(other)))


@pytest.mark.parametrize(
    "query", ["2026-", "alice@example.org", "ALICE", "Maison Carrée", "PO-77"]
)  # fmt: skip
def test_is_searched_by_number_address_account_and_reference(client, order, new_order, query):
    found = new_order(
        email="alice@example.org", address=postal_address(name="Maison Carrée"), purchase_reference="PO-77"
    )
    if query == "2026-":
        query = found.number
    assert listed(client, q=query) == {found.number}


@pytest.mark.parametrize("query", ["%", "'", '"', "\\", "a\0b", "x" * 5000, "٣"])
def test_any_search_is_answered(client, order, query):
    assert client.get(LIST, {"q": query}).status_code == 200


def test_what_is_to_do_is_found(client, new_order, diary):
    waiting, failed, strange, done = (new_order() for _index in range(4))
    diary.raises["post"] = [REFUSED]
    pay(failed)
    deliver(failed)
    pay(strange)
    pay(strange, reference="again")
    deliver(strange)
    pay(done)
    deliver(done)

    assert listed(client, todo="money") == {waiting.number}
    assert listed(client, todo="line") == {failed.number}
    assert listed(client, todo="attention") == {strange.number}
    assert len(listed(client, todo="nonsense")) == 4
    assert listed(client, status__exact="completed") == {strange.number, done.number}


def test_is_filtered_by_payment_method(client, new_order):
    undecided, paid = new_order(), new_order()
    pay(paid)
    assert listed(client, by="sandbox") == {paid.number}
    assert listed(client, by="-") == {undecided.number}
    assert listed(client, by="no-longer-installed") == set()


def test_is_filtered_by_account_where_its_page_leads(client, order, new_order):
    new_order()
    page = client.get(reverse("admin:accounts_customeraccount_change", args=[order.account_id])).content.decode()
    assert f'href="{LIST}?account__id__exact={order.account_id}"' in page
    assert listed(client, account__id__exact=order.account_id) == {order.number}


@pytest.mark.parametrize(
    "parameters", [{"placed_at_from": "nonsense"}, {"account__id__exact": "x"}, {"p": "99999"}, {"o": "9.-9.x"}]
)
def test_nonsense_in_the_address_is_no_error(client, order, parameters):
    assert client.get(LIST, parameters, follow=True).status_code == 200


def test_takes_as_many_queries_for_many_orders(client, new_order, django_assert_max_num_queries):
    new_order()
    client.get(LIST)
    with django_assert_max_num_queries(30) as few:
        client.get(LIST)
    for index in range(6):
        pay(new_order(), reference=f"r{index}")
    with django_assert_max_num_queries(30) as many:
        client.get(LIST)
    assert len(few) == len(many)


def test_a_zero_total_waits_for_no_money(client, new_order):
    free = new_order(tiers={1: "0"})
    assert Order.objects.get(pk=free.pk).status == "placed"
    assert listed(client, todo="money") == set()


def test_other_lists_name_it(client, order):
    pay(order)
    for name in ("payment", "paymentevent"):
        page = client.get(reverse(f"admin:shop_{name}_changelist")).content.decode()
        assert order_url(order) in page


def test_a_failed_line_is_marked(client, order):
    OrderLine.objects.filter(order=order).update(status="failed", failure={"en": "x"})
    Order.objects.filter(pk=order.pk).update(status="paid", paid_at=timezone.now())
    assert "failed line" in text_of(client.get(LIST))


def test_tells_and_finds_what_is_confirmed_part_paid_and_paid(client, merchant, new_order):
    promised, part, whole = new_order(), new_order(), new_order()
    for order in (promised, part):
        told = {"kind": "opco", "reference": "F-1", "due_on": None}
        accept_promise(order_id=order.pk, actor=merchant, now=timezone.now(), **told)
    piece(part, 20, "first")
    pay(whole)
    assert listed(client, paid="nothing") == {promised.number}
    assert listed(client, paid="part") == {part.number}
    assert listed(client, paid="all") == {whole.number}
    assert len(listed(client, paid="nonsense")) == 3
    assert "€100.00 still to be paid" in text_of(client.get(LIST, {"paid": "part"}))
    assert "part paid" in text_of(client.get(order_url(part)))
