"""Rows inserted in plain SQL are those that the ORM inserts, value by value."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models.expressions import DatabaseDefault
from django.utils import timezone

from accounts.members.models import CustomerAccount
from common.plain_inserts import insert_if_new, insert_row, insert_rows
from outbox.jobs.models import Job
from shop.cart.models import Cart, CartLine
from shop.orders.history.models import OrderEvent
from shop.orders.lines.models import OrderLine, OrderUnit
from shop.orders.models import Order
from shop.payments.models import Payment, PaymentEvent, Settlement
from tests.factories.catalog import EntryFactory
from tests.factories.shop import make_cart, pay, place

pytestmark = pytest.mark.django_db

MODELS = (
    Cart,
    CartLine,
    CustomerAccount,
    Order,
    OrderEvent,
    OrderLine,
    OrderUnit,
    Payment,
    PaymentEvent,
    Settlement,
    Job,
)


def values_of(row):
    """Return what was written, but for the key and moments of the writing."""
    row.refresh_from_db()
    fields = [field for field in row._meta.concrete_fields if not getattr(field, "auto_now_add", False)]
    return {field.attname: getattr(row, field.attname) for field in fields if field.name != "id"}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_row_is_that_of_the_orm(model):
    """Each row of a purchase is deleted and written again, once by the ORM and once in plain SQL."""
    order = place(make_cart(EntryFactory(handler="std_generateseats"), quantity=2))
    OrderUnit.objects.all().delete()
    OrderUnit.objects.create(line=order.lines.get(), index=0, answers={"a": "é"}, fields={})
    pay(order)
    source = model.objects.order_by("pk").last()
    written = []
    for insert in (lambda row: row.save(force_insert=True), insert_row):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")  # what refers to the row stays
            model.objects.filter(pk=source.pk)._raw_delete(using="default")
            own = {field.attname: getattr(source, field.attname) for field in model._meta.concrete_fields}
            generated = {field.attname for field in model._meta.concrete_fields if field.generated}
            row = model(**{name: value for name, value in own.items() if name != "id" and name not in generated})
            insert(row)
            assert row.pk is not None
            assert not row._state.adding
            assert not any(isinstance(value, DatabaseDefault) for value in vars(row).values())
            written.append(values_of(row))
            transaction.set_rollback(True)
    assert written[0] == written[1]


def test_the_database_fills_in_what_is_not_given():
    cart = Cart()
    insert_row(cart)

    assert cart.changed_at is not None
    assert not isinstance(cart.changed_at, DatabaseDefault)
    assert Cart.objects.get().changed_at == cart.changed_at


def test_several_rows_get_their_keys_in_order():
    carts = [Cart(), Cart()]
    insert_rows(carts)

    assert [cart.pk for cart in carts] == sorted(Cart.objects.values_list("pk", flat=True))
    assert [Cart.objects.get(pk=cart.pk).token for cart in carts] == [cart.token for cart in carts]


def test_nothing_is_inserted_without_rows(django_assert_num_queries):
    with django_assert_num_queries(0):
        insert_rows([])


def test_a_row_that_is_there_is_left_alone_or_refused():
    cart = Cart()
    insert_row(cart)

    insert_rows([Cart(token=cart.token)], ignore_conflicts=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_row(Cart(token=cart.token))

    assert Cart.objects.count() == 1


def test_a_row_is_told_to_be_new_and_then_has_its_key(django_assert_num_queries):
    cart = Cart()
    with django_assert_num_queries(1):
        assert insert_if_new(cart)
    assert Cart.objects.get().pk == cart.pk

    again = Cart(token=cart.token)
    assert not insert_if_new(again)
    assert again.pk is None
    assert Cart.objects.count() == 1


def test_rows_of_which_one_is_there_get_no_keys():
    cart = Cart()
    insert_row(cart)
    rows = [Cart(token=cart.token), Cart()]
    insert_rows(rows, ignore_conflicts=True)
    assert [row.pk for row in rows] == [None, None]
    assert Cart.objects.count() == 2


def test_a_refused_row_breaks_the_transaction_like_any_other():
    cart = Cart(created_at=timezone.now())
    insert_row(cart)
    with transaction.atomic():
        with pytest.raises(IntegrityError):
            insert_row(Cart(token=cart.token))
        assert connection.needs_rollback
        transaction.set_rollback(True)
