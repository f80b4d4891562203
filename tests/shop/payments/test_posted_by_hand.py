"""Requests that no browser sends: nothing in them is believed, and no page fails."""

import pytest
from django.test import Client

from shop.cart.models import CartUnit
from shop.orders.models import Order
from shop.payments.models import Payment
from tests.factories.accounts import MembershipFactory
from tests.factories.catalog import EntryFactory
from tests.factories.shop import make_cart, place
from tests.shop.steps import cart_of, english_client, press_order, put_in_cart, signed_in, type_details, type_units

pytestmark = pytest.mark.django_db

NUL = "\0"


@pytest.fixture
def visitor(db) -> Client:
    return english_client()


@pytest.fixture
def form_entry(diary):
    return EntryFactory(code="FORMS", handler="std_formprobe")


@pytest.fixture
def at_review(visitor, probe_entry) -> Client:
    put_in_cart(visitor, probe_entry)
    type_details(visitor)
    return visitor


class TestMicroForms:
    def test_names_and_answers_with_a_nul_are_kept_without_it(self, visitor, form_entry):
        put_in_cart(visitor, form_entry)
        line = cart_of(visitor).lines.get()
        visitor.post("/checkout/units/", {f"unit-{line.pk}-0-na{NUL}me": f"A{NUL}da", "next": "1"})
        assert CartUnit.objects.get(line=line).answers == {"name": "Ada"}

    def test_units_of_another_cart_or_beyond_the_quantity_are_nobodys(self, visitor, form_entry):
        others = make_cart(form_entry, quantity=2).lines.get()
        put_in_cart(visitor, form_entry)
        mine = cart_of(visitor).lines.get()
        visitor.post(
            "/checkout/units/",
            {f"unit-{others.pk}-0-name": "Eve", f"unit-{mine.pk}-7-name": "Eve", f"unit-{mine.pk}-0-name": "Ada"},
        )
        assert list(CartUnit.objects.values_list("line", "index", "answers")) == [(mine.pk, 0, {"name": "Ada"})]

    def test_a_prefix_is_a_whole_one(self, visitor, form_entry):
        put_in_cart(visitor, form_entry, 12)
        line = cart_of(visitor).lines.get()
        visitor.post("/checkout/units/", {f"unit-{line.pk}-1-1-name": "Eve", f"unit-{line.pk}-11-name": "Ada"})
        kept = dict(CartUnit.objects.values_list("index", "answers"))
        assert (kept[11], kept[1]) == ({"name": "Ada"}, {"1-name": "Eve"})

    def test_what_was_not_asked_is_not_ordered(self, visitor, form_entry):
        put_in_cart(visitor, form_entry)
        line = cart_of(visitor).lines.get()
        visitor.post(
            "/checkout/units/", {f"unit-{line.pk}-0-name": "Ada", f"unit-{line.pk}-0-given_back_at": "2020-01-01"}
        )
        type_details(visitor)
        press_order(visitor)
        assert Order.objects.get().lines.get().units.get().answers == {"name": "Ada"}


class TestDetails:
    def test_a_name_is_one_line(self, visitor, probe_entry):
        put_in_cart(visitor, probe_entry)
        type_details(visitor, billing_name=f"Ateliers{NUL}\r\nPay here: evil.example\u2028now")
        press_order(visitor)
        assert Order.objects.get().billing_name == "Ateliers Pay here: evil.example now"

    @pytest.mark.parametrize("posted", ["0", "-1", "9" * 30, "1e1", "٣"])
    def test_an_account_that_is_not_theirs_is_not_bought_for(self, probe_entry, posted):
        alice = MembershipFactory().user
        client = signed_in(alice)
        put_in_cart(client, probe_entry)
        type_details(client, account=posted)
        type_details(client, account=str(MembershipFactory().account_id))
        assert client.get("/checkout/review/")["Location"] == "/checkout/details/"

    def test_an_operator_of_another_account_is_not_chosen(self, probe_entry):
        alice, stranger = MembershipFactory(), MembershipFactory()
        client = signed_in(alice.user)
        put_in_cart(client, probe_entry)
        type_details(client, account=str(alice.account_id), operator=str(stranger.user_id))
        assert client.get("/checkout/review/")["Location"] == "/checkout/details/"


class TestReview:
    @pytest.mark.parametrize("gross", ["NaN", "sNaN", "Infinity", "120,00", "1.2E3", "-120", "", "0", NUL, "١٢٠.٠١"])
    def test_a_total_that_was_not_shown_is_shown_again(self, at_review, gross):
        assert press_order(at_review, gross=gross).status_code == 200
        assert not Order.objects.exists()

    @pytest.mark.parametrize("version", ["-1", "0", "1.0", "9" * 40, "", NUL, "²"])
    def test_a_version_that_was_not_shown_is_shown_again(self, at_review, version):
        assert press_order(at_review, version=version).status_code == 200
        assert not Order.objects.exists()

    @pytest.mark.parametrize("cart", ["", NUL, "x" * 5_000, "guess"])
    def test_another_carts_token_orders_nothing(self, at_review, cart):
        assert press_order(at_review, cart=cart).status_code == 200
        assert not Order.objects.exists()

    def test_an_order_made_by_somebody_else_is_not_shown(self, at_review, probe_entry):
        theirs = place(make_cart(probe_entry), email="theirs@example.org")
        answer = press_order(at_review, cart=theirs.cart.token)
        assert answer.status_code == 200
        assert theirs.token not in answer.content.decode()


class TestPaying:
    @pytest.fixture
    def order(self, probe_entry) -> Order:
        return place(make_cart(probe_entry))

    @pytest.mark.parametrize("method", ["free", "FREE", "", "transfer ", NUL, "x" * 9_999])
    def test_a_method_the_order_may_not_use_changes_nothing(self, visitor, order, method):
        visitor.post(f"/orders/{order.token}/pay/", {"method": method})
        order.refresh_from_db()
        assert (order.status, order.method) == ("placed", "")

    @pytest.mark.parametrize("address", ["/payments/sandbox/pay/{}/", "/payments/sandbox/return/{}/", "/orders/{}/"])
    @pytest.mark.parametrize("token", ["%00", "a%00b", "x" * 3_000, "%F0%9F%98%80", "%ff"])
    def test_a_token_that_is_none_is_not_found(self, visitor, order, address, token):
        assert visitor.get(address.format(token)).status_code == 404
        assert not Payment.objects.exists()


def test_a_line_that_another_tab_took_out_is_said_so(visitor, form_entry, monkeypatch):
    """Between the reading of the cart and the saving of the units."""
    from shop.cart.services import CartRefused
    from shop.checkout.views import units

    def gone(**_typed: object) -> None:
        raise CartRefused("This line is no longer in the cart.")

    put_in_cart(visitor, form_entry)
    monkeypatch.setattr(units, "save_units", gone)
    answer = type_units(visitor, "Ada")
    assert answer.status_code == 409
    assert "no longer in the cart" in answer.content.decode()
    assert "Ada" in answer.context["rows"]
