"""The seller is frozen on the order: pages and mails name that seller; money goes to today's bank account."""

from __future__ import annotations

import re
from importlib import import_module

import pytest
from django.apps import apps
from django.test import Client
from django.utils import timezone

from outbox.mails.models import Mail
from outbox.mails.rendering import render_mail
from shop.orders.models import Order
from shop.payments.services import choose_method
from shop.seller.frozen import FROZEN, bank_details, freeze_seller, seller_of
from shop.seller.models import FrozenSeller, ShopIdentity
from tests.constraints import run
from tests.factories.shop import make_cart, pay, place
from tests.shop.admin_pages import order_url, text_of
from tests.shop.merchants import browser_of, staff
from tests.shop.steps import english_client

pytestmark = pytest.mark.django_db

SOLD = {
    "name": "Ateliers Réunis",
    "street": "1 rue Vieille",
    "postal_code": "69001",
    "city": "Lyon",
    "country": "FR",
    "siret": "732 829 320 00074",
    "vat_number": "FR44732829320",
    "bank_name": "Vieille Banque",
    "iban": "FR76 1111",
    "bic": "AGRIFRPP",
}
TODAY = {
    "name": "Nouvelle Maison",
    "street": "2 place Neuve",
    "postal_code": "1000",
    "city": "Bruxelles",
    "country": "BE",
    "siret": "0403.019.261",
    "vat_number": "BE0403019261",
    "bank_name": "Banque Neuve",
    "iban": "BE68 2222",
    "bic": "GEBABEBB",
}
# Columns that name the seller; the others say where money goes.
NAMES = ("name", "street", "city", "siret", "vat_number")


def edit_seller(**changes: str) -> ShopIdentity:
    ShopIdentity.objects.update_or_create(pk=1, defaults=changes)
    return ShopIdentity.current()


@pytest.fixture
def order(probe_entry) -> Order:
    """Waits for a transfer."""
    edit_seller(**SOLD, support_email="help@old.example")
    order = place(make_cart(probe_entry))
    choose_method(order_id=order.pk, method="transfer", actor=None, now=timezone.now())
    order.refresh_from_db()
    return order


def body_of(client: Client, order: Order) -> str:
    """Return the order's part of its page, without the masthead and foot that name the current shop."""
    html = client.get(f"/orders/{order.token}/").content.decode().split("<main", 1)[1].split("</main>", 1)[0]
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", html)


def mailed(order: Order, kind: str) -> str:
    return render_mail(Mail.objects.get(order_id=order.pk, kind=kind), blank_secrets=True).text


class TestFreezing:
    def test_keeps_all_that_names_the_seller_and_the_account(self, order):
        assert set(SOLD) == set(FROZEN)
        assert {name: str(getattr(order.seller, name)) for name in FROZEN} == SOLD

    def test_keeps_one_row_for_all_orders_of_the_same_seller(self, order, probe_entry):
        again = place(make_cart(probe_entry), email="b@example.org")
        edit_seller(support_email="help@new.example", deferred_days=3)
        still = place(make_cart(probe_entry), email="c@example.org")
        assert {again.seller_id, still.seller_id} == {order.seller_id}
        assert FrozenSeller.objects.count() == 1

    @pytest.mark.parametrize("name", FROZEN)
    def test_keeps_another_row_when_anything_of_it_changes_and_the_first_when_it_changes_back(self, order, name):
        changed = freeze_seller(seller=edit_seller(**{name: TODAY[name]}))
        assert changed.pk != order.seller_id
        assert freeze_seller(seller=edit_seller(**SOLD)).pk == order.seller_id

    def test_costs_one_query_once_it_is_made(self, order, django_assert_num_queries):
        seller = ShopIdentity.current()
        with django_assert_num_queries(1):
            freeze_seller(seller=seller)

    def test_fields_that_only_run_into_each_other_are_not_the_same(self):
        rows = {
            freeze_seller(seller=ShopIdentity(street="1 rue", city="Lyon")).pk,
            freeze_seller(seller=ShopIdentity(street="1 rueLyon", city="")).pk,
            freeze_seller(seller=ShopIdentity(street="", city="1 rueLyon")).pk,
        }
        assert len(rows) == 3


class TestAfterAnEdit:
    def test_the_orders_page_names_the_seller_as_sold(self, order):
        before = body_of(english_client(), order)
        edit_seller(**TODAY)
        after = body_of(english_client(), order)
        for name in NAMES:
            assert SOLD[name] in before
            assert SOLD[name] in after
        assert TODAY["street"] not in after
        assert TODAY["siret"] not in after

    def test_a_paid_orders_page_does_not_change_at_all(self, order):
        pay(order, reference="VIR")
        before = body_of(english_client(), order)
        edit_seller(**TODAY)
        assert body_of(english_client(), order) == before

    @pytest.mark.parametrize("kind", ["order_placed", "order_placed_sales", "payment_received"])
    def test_a_mail_of_the_order_names_the_seller_as_sold_and_where_to_turn_to_today(self, order, kind):
        pay(order, reference="VIR")
        edit_seller(**TODAY, support_email="help@new.example")
        text = mailed(order, kind)
        assert "Ateliers Réunis\n" in text
        assert "1 rue Vieille\n69001 Lyon" in text
        assert "help@new.example" in text
        assert "Nouvelle Maison" not in text

    def test_the_merchant_reads_it_at_the_order(self, order):
        edit_seller(**TODAY)
        page = text_of(browser_of(staff("shop.view_order")).get(order_url(order)))
        assert "Ateliers Réunis" in page
        assert "1 rue Vieille" in page

    def test_an_order_placed_then_names_the_seller_of_then(self, order, probe_entry):
        edit_seller(**TODAY)
        later = place(make_cart(probe_entry), email="b@example.org")
        assert (seller_of(later).name, seller_of(order).name) == ("Nouvelle Maison", "Ateliers Réunis")


class TestWhereMoneyGoes:
    CHANGED = "Our bank details have changed since your order was placed."

    def test_to_the_account_of_the_order_while_it_is_in_force(self, order):
        shown = body_of(english_client(), order)
        assert "FR76 1111" in shown
        assert self.CHANGED not in shown
        assert "FR76 1111" in mailed(order, "payment_instructions")

    def test_to_todays_account_and_holder_and_the_page_says_that_they_changed(self, order):
        edit_seller(**TODAY)
        shown = body_of(english_client(), order)
        for name in ("name", "bank_name", "iban", "bic"):
            assert TODAY[name] in shown
        assert "FR76 1111" not in shown
        assert "Vieille Banque" not in shown
        assert self.CHANGED in shown
        assert "The same details are in the mail" not in shown

    def test_a_mail_sent_again_says_todays_account_too(self, order):
        edit_seller(**TODAY)
        text = mailed(order, "payment_instructions")
        assert "IBAN: BE68 2222" in text
        assert "Account holder: Nouvelle Maison" in text
        assert "FR76 1111" not in text

    def test_to_the_account_of_the_order_when_none_is_in_force(self, order):
        seller = edit_seller(**(TODAY | {"iban": ""}))
        details = bank_details(order, seller=seller)
        assert (details.holder, details.bank_name, details.iban, details.bic, details.is_new) == (
            "Ateliers Réunis", "Vieille Banque", "FR76 1111", "AGRIFRPP", False,
        )  # fmt: skip

    def test_a_first_account_is_no_change(self, probe_entry):
        edit_seller(**(SOLD | {"iban": ""}))
        order = place(make_cart(probe_entry))
        details = bank_details(order, seller=edit_seller(**SOLD))
        assert (details.iban, details.is_new) == ("FR76 1111", False)


class TestOrdersOfThePreviousRelease:
    """Orders inserted without the column by workers of the previous release."""

    @pytest.fixture
    def bare(self, order) -> Order:
        run("UPDATE shop_order SET seller_id = NULL")
        return Order.objects.get(pk=order.pk)

    def test_name_the_seller_of_today(self, bare):
        edit_seller(**TODAY)
        assert (seller_of(bare).name, seller_of(bare).pk) == ("Nouvelle Maison", None)
        assert "2 place Neuve" in body_of(english_client(), bare)
        assert self.page_of_merchant(bare)
        assert "Nouvelle Maison\n" in mailed(bare, "order_placed")
        details = bank_details(bare, seller=ShopIdentity.current())
        assert (details.iban, details.is_new) == ("BE68 2222", False)

    def page_of_merchant(self, order: Order) -> bool:
        return "Nouvelle Maison" in text_of(browser_of(staff("shop.view_order")).get(order_url(order)))

    def test_are_read_without_a_seller(self, bare):
        ShopIdentity.objects.all().delete()
        assert seller_of(bare).name == ""
        assert "Sold by" not in body_of(english_client(), bare)

    def test_the_migration_freezes_the_seller_of_today_in_batches(self, bare, probe_entry, monkeypatch):
        migration = import_module("shop.migrations.0012_sellers_of_earlier_orders")
        monkeypatch.setattr(migration, "BATCH", 2)
        for name in "bcde":
            place(make_cart(probe_entry), email=f"{name}@example.org")
        kept = Order.objects.exclude(pk=bare.pk).latest("pk")
        Order.objects.exclude(pk=kept.pk).update(seller=None)
        seller = edit_seller(**TODAY)

        migration.freeze_seller_of_today(apps, None)

        migrated = Order.objects.exclude(pk=kept.pk)
        assert {order.seller.name for order in migrated} == {"Nouvelle Maison"}
        assert migrated.count() == 4
        kept.refresh_from_db()
        assert kept.seller.name == "Ateliers Réunis"
        assert freeze_seller(seller=seller).pk == migrated.first().seller_id

    def test_the_migration_leaves_a_shop_without_orders_or_seller_alone(self):
        migration = import_module("shop.migrations.0012_sellers_of_earlier_orders")
        migration.freeze_seller_of_today(apps, None)
        edit_seller(**TODAY)
        migration.freeze_seller_of_today(apps, None)
        assert not FrozenSeller.objects.exists()
