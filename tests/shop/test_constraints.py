"""Each named constraint of the shop, attacked with raw SQL."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from shop.models import LegalText, Order, ShopIdentity
from tests.factories.accounts import UserFactory
from tests.factories.shop import make_cart, pay, place

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(probe_entry) -> Order:
    return place(make_cart(probe_entry))


def refused(constraint: str, sql: str, *params: object) -> None:
    with pytest.raises(IntegrityError) as error, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, params)
    assert constraint in str(error.value)


@pytest.mark.parametrize(
    ("constraint", "assignment"),
    [
        ("shop_order_amounts", "net = -1, gross = -1 + tax"),
        ("shop_order_gross_is_net_plus_tax", "gross = gross + 0.01"),
        ("shop_order_status_known", "status = 'lost'"),
        ("shop_order_paid_has_time", "status = 'paid'"),
        ("shop_order_buyer_when_claimed", "claimed_at = now()"),
    ],
)
def test_orders(order, constraint, assignment):
    refused(constraint, f"UPDATE shop_order SET {assignment} WHERE id = %s", order.pk)


@pytest.mark.parametrize(
    ("constraint", "assignment"),
    [
        ("shop_orderline_quantity_positive", "quantity = 0, charged = 0"),
        ("shop_orderline_charged_within_quantity", "charged = quantity + 1"),
        ("shop_orderline_amounts", "unit_net = -1"),
        ("shop_orderline_gross_is_net_plus_tax", "gross = gross - 1"),
        ("shop_orderline_status_known", "status = 'lost'"),
        ("shop_orderline_fulfilled_has_time", "status = 'fulfilled'"),
    ],
)
def test_order_lines(order, constraint, assignment):
    refused(constraint, f"UPDATE shop_orderline SET {assignment} WHERE order_id = %s", order.pk)


def copy_row(table: str, *, where: str, **changes: str) -> str:
    """SQL that inserts a copy of a row with another key and some other values."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND column_name <> 'id'", [table]
        )
        columns = [row[0] for row in cursor.fetchall()]
    values = [changes.get(column, column) for column in columns]
    return f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)} FROM {table} WHERE {where}"


def test_keys(order, probe_entry):
    pay(order)
    pay(order, reference="second", event_id="second")
    line = order.lines.get()
    refused("shop_order_number", copy_row("shop_order", where="true", token="'t'", cart_id="NULL"))
    refused("shop_order_token", copy_row("shop_order", where="true", number="'n'", cart_id="NULL"))
    refused("shop_order_cart_id", copy_row("shop_order", where="true", number="'n'", token="'t'"))
    refused("shop_orderline_position_once", copy_row("shop_orderline", where=f"id = {line.pk}"))
    refused("shop_orderunit_index_once", copy_row("shop_orderunit", where="true"))
    refused("shop_payment_reference_once", copy_row("shop_payment", where="true"))
    refused("shop_paymentevent_once", copy_row("shop_paymentevent", where="true"))
    refused(
        "shop_settlement_order_id",
        "INSERT INTO shop_settlement (order_id, payment_id, at) "
        "SELECT %s, id, now() FROM shop_payment WHERE reference LIKE %s",
        order.pk,
        "%second",
    )
    refused(
        "shop_settlement_payment_id",
        copy_row("shop_settlement", where="true", order_id=str(place(make_cart(probe_entry), email="o@x.org").pk)),
    )


def test_payments(order):
    pay(order)
    refused("shop_payment_amount", "UPDATE shop_payment SET amount = -1")
    refused("shop_payment_status_known", "UPDATE shop_payment SET status = 'lost'")
    refused("shop_paymentevent_kind_known", "UPDATE shop_paymentevent SET kind = 'lost'")


def test_carts(diary, probe_entry):
    cart = make_cart(probe_entry, user=UserFactory())
    line = cart.lines.get()
    line.units.create(index=0)
    refused("shop_cart_one_open_per_user", copy_row("shop_cart", where="true", token="'t'"))
    refused("shop_cartline_entry_once", copy_row("shop_cartline", where="true"))
    refused("shop_cartline_quantity_positive", "UPDATE shop_cartline SET quantity = 0")
    refused("shop_cartunit_index_once", copy_row("shop_cartunit", where="true"))


def test_identity_and_legal_texts(db):
    ShopIdentity.current()
    LegalText.objects.create(kind="terms", version=1, body="x", published_at=timezone.now())
    refused("shop_identity_single_row", "UPDATE shop_shopidentity SET id = 2")
    refused("shop_identity_unpaid_times_positive", "UPDATE shop_shopidentity SET deferred_days = 0")
    refused("shop_legaltext_kind_version", copy_row("shop_legaltext", where="true"))
    refused("shop_legaltext_version_positive", "UPDATE shop_legaltext SET version = 0")


def test_every_named_constraint_of_the_shop_is_attacked_here():
    from pathlib import Path

    from django.apps import apps

    text = Path(__file__).read_text()
    names = [
        constraint.name for model in apps.get_app_config("shop").get_models() for constraint in model._meta.constraints
    ]
    assert [name for name in names if name not in text] == []
