"""The review shows the order to be placed; exactly that is ordered, once."""

from decimal import Decimal

import pytest
from django.utils import timezone

from catalog.models.entries import PriceTier
from handlers.contract import Refusal
from shop.checkout.limits import PER_VISITOR
from shop.orders.answers import Answer
from shop.orders.models import Order
from shop.seller.models import LegalText
from tests.factories.accounts import UserFactory
from tests.factories.catalog import EntryFactory
from tests.shop.steps import (
    cart_of,
    english_client,
    order_as_visitor,
    press_order,
    put_in_cart,
    review_form,
    signed_in,
    type_details,
    type_units,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def buyer(visitor, entry):
    """Return a visitor's browser at the review, with two chairs in the cart."""
    put_in_cart(visitor, entry, 2)
    type_details(visitor)
    return visitor


def test_the_review_shows_the_exact_total_and_who_orders(buyer):
    page = buyer.get("/checkout/review/")
    assert page.context["cart"].gross == Decimal("240.00")
    text = page.content.decode()
    assert "Order with obligation to pay €240.00" in text
    assert "Ateliers Martin" in text
    assert "alice@example.org" in text


def test_the_review_shows_what_was_answered_for_each_unit(visitor, entry_with_forms):
    put_in_cart(visitor, entry_with_forms, 2)
    type_units(visitor, "Ann", "Bob")
    type_details(visitor)
    [line] = visitor.get("/checkout/review/").context["lines"]
    assert line.units == [[Answer("Name", "Ann")], [Answer("Name", "Bob")]]


def test_the_button_places_the_order_and_leads_to_its_page(buyer):
    answer = press_order(buyer)
    order = Order.objects.get()
    assert answer.url == f"/orders/{order.token}/"
    assert (order.gross, order.status, order.language) == (Decimal("240.00"), "placed", "en")
    assert order.contact_email == "alice@example.org"
    assert len(order.visitor_key) == 64
    # The cart has become the order.
    assert "Your cart is empty." in buyer.get("/cart/").content.decode()


def test_pressing_twice_gives_the_same_order(buyer):
    posted = review_form(buyer.get("/checkout/review/").context)
    answers = [buyer.post("/checkout/review/", posted) for _press in range(3)]
    assert [answer.url for answer in answers] == [f"/orders/{Order.objects.get().token}/"] * 3


def test_the_review_of_a_cart_ordered_meanwhile_leads_to_its_order_and_not_to_a_new_one(buyer, entry):
    posted = review_form(buyer.get("/checkout/review/").context)
    buyer.post("/checkout/review/", posted)
    put_in_cart(buyer, entry, 2)
    type_details(buyer)
    assert buyer.post("/checkout/review/", posted).url == f"/orders/{Order.objects.get().token}/"


def test_the_cart_of_another_leads_to_no_order_of_theirs(buyer):
    posted = review_form(buyer.get("/checkout/review/").context)
    buyer.post("/checkout/review/", posted)
    assert english_client().post("/checkout/review/", posted).url == "/cart/"
    assert signed_in(UserFactory()).post("/checkout/review/", posted).url == "/cart/"


def test_a_price_that_changed_meanwhile_is_shown_and_not_ordered(buyer, entry):
    posted = review_form(buyer.get("/checkout/review/").context)
    PriceTier.objects.filter(entry=entry, from_quantity=1).update(unit_net=Decimal("110.00"))
    answer = buyer.post("/checkout/review/", posted)
    assert answer.status_code == 200
    assert "have changed meanwhile" in str(answer.context["notice"])
    assert answer.context["cart"].gross == Decimal("264.00")
    assert not answer.context["form"].is_bound
    assert not Order.objects.exists()
    assert buyer.post("/checkout/review/", review_form(answer.context)).status_code == 302


def test_a_quantity_changed_in_another_tab_is_shown_and_not_ordered(buyer):
    posted = review_form(buyer.get("/checkout/review/").context)
    line = cart_of(buyer).lines.get()
    buyer.post("/cart/", {f"quantity-{line.pk}": "5"})
    answer = buyer.post("/checkout/review/", posted)
    assert "have changed meanwhile" in str(answer.context["notice"])
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        *({"gross": typed} for typed in ("0.01", "-240.00", "NaN", "Infinity", "", "1e2")),
        {"cart": ""},
        *({"contents": typed} for typed in ("", "0" * 32)),
        *({"version": typed} for typed in ("0", "-1", "abc", "9" * 40)),
    ],
)
def test_a_total_that_was_not_shown_is_not_ordered(buyer, changes):
    answer = press_order(buyer, **changes)
    assert answer.status_code == 200
    assert answer.context["notice"].sentences
    assert not Order.objects.exists()


def test_the_total_is_posted_as_it_is_read_in_either_language(buyer):
    page = buyer.get("/checkout/review/", headers={"accept-language": "fr"}).content.decode()
    assert 'name="gross" value="240.00"' in page


def test_the_terms_have_to_be_accepted(buyer, terms):
    page = buyer.get("/checkout/review/")
    posted = review_form(page.context) | {"accept_terms": ""}
    answer = buyer.post("/checkout/review/", posted)
    assert answer.context["form"].errors["accept_terms"] == ["Please read the terms of sale and accept them."]
    assert not Order.objects.exists()
    press_order(buyer)
    assert Order.objects.get().terms == terms


def test_terms_published_meanwhile_have_to_be_read_first(buyer, terms):
    posted = review_form(buyer.get("/checkout/review/").context)
    LegalText.objects.create(kind="terms", version=2, body_en="Be kinder.", published_at=timezone.now())
    answer = buyer.post("/checkout/review/", posted)
    assert answer.context["terms"].version == 2
    assert answer.context["notice"].sentences
    assert not Order.objects.exists()


def test_a_private_person_reads_about_withdrawal_and_asks_to_start_at_once(buyer):
    LegalText.objects.create(kind="withdrawal", version=1, body_en="Fourteen days.", published_at=timezone.now())
    type_details(buyer, kind="person")
    page = buyer.get("/checkout/review/")
    assert "Fourteen days." in page.content.decode()
    answer = buyer.post("/checkout/review/", review_form(page.context) | {"start_at_once": ""})
    assert "start_at_once" in answer.context["form"].errors
    press_order(buyer)
    order = Order.objects.get()
    assert order.start_at_once_at == order.placed_at
    assert not order.is_organisation


def test_an_organisation_is_not_asked_about_withdrawal(buyer):
    assert "start_at_once" not in buyer.get("/checkout/review/").context["form"].fields
    press_order(buyer)
    assert Order.objects.get().start_at_once_at is None


def test_a_refusal_of_a_handler_is_told_and_everything_is_kept(visitor, diary):
    put_in_cart(visitor, EntryFactory(handler="std_probe", name_en="Chair"), 1)
    type_details(visitor)
    diary.raises["pre"] = [Refusal("No more chairs.")]
    answer = press_order(visitor)
    assert str(answer.context["notice"]) == "Chair: No more chairs."
    assert not Order.objects.exists()
    assert press_order(visitor).status_code == 302


def test_an_entry_that_left_the_sale_meanwhile_leads_to_the_cart(buyer, entry):
    posted = review_form(buyer.get("/checkout/review/").context)
    entry.state = "retired"
    entry.save()
    assert buyer.post("/checkout/review/", posted).url == "/cart/"
    assert not Order.objects.exists()


def test_too_many_unpaid_orders_of_one_visitor_are_refused(visitor, entry):
    for number in range(PER_VISITOR.orders):
        order_as_visitor(english_client(), entry, email=f"alice{number}@example.org")
    put_in_cart(visitor, entry)
    type_details(visitor)
    assert "too many unpaid orders" in str(press_order(visitor).context["notice"])


def test_looking_at_the_review_orders_nothing(buyer):
    buyer.get("/checkout/review/", {"accept_terms": "on"})
    assert not Order.objects.exists()


def test_a_zero_total_of_a_member_is_settled_at_once(entry):
    client = signed_in(UserFactory())
    put_in_cart(client, EntryFactory(tiers={1: "0.00"}))
    type_details(client, account="")
    assert "Place the order" in client.get("/checkout/review/").content.decode()
    press_order(client)
    assert Order.objects.get().status == "completed"
