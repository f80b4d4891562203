"""Years of sales, inserted at once: copies of one order that the shop itself sold and delivered.

A column not named here is as the shop wrote it, so that a new one needs nothing here. Order number `n` has the key
BASE + n. A customer bought ten times and every order has a participant of its own, however large the shop: so a search
for one of them finds as many rows in a small shop as in a large one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

from bench.bare import quoted, written_columns
from catalog.models.entries import Entry
from enrolments.seats.models import Seat
from outbox.jobs.models import Job
from outbox.mails.models import Mail
from shop.orders.models import Order

BASE = 10_000_000
ORDERS_A_CUSTOMER = 10
BEST_SELLERS = 20

ORDER = f"{BASE} + n"
CUSTOMER = f"{BASE} + 1 + n %% %(customers)s"
PERSON = f"{BASE} + %(customers)s + n"
ENTRY = f"[1 + n %% {BEST_SELLERS}]"
NET = "(100 + n %% %(customers)s)"
AT = "now() - n * interval '5 minutes'"


OF_ORDER = {"order_id": ORDER, "account_id": CUSTOMER}
TABLES = (
    *("accounts_user", "accounts_customeraccount", "shop_order", "shop_orderline", "shop_payment", "shop_paymentevent"),
    *("outbox_mail", "outbox_job", "enrolments_enrolment", "enrolments_seatbatch", "enrolments_seat"),
)


def word(key: str) -> str:
    """Return SQL for a name of letters alone, which nobody has but the row of that key."""
    return f"translate(left(md5(({key})::text), 10), '0123456789', 'ghijklmnop')"


def address(key: str) -> str:
    return f"{word(key)} || '@customers.example'"


def name_of(key: int) -> str:
    """Return the name of the customer, or of the person, of that key."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {word('%s')}", [key])
        return cursor.fetchone()[0]


def address_of(key: int) -> str:
    return f"{name_of(key)}@customers.example"


def customer_of(order: int, orders: int) -> int:
    """Return the key of the customer of order number `order`, of so many orders; the customer's account has it too."""
    return BASE + 1 + order % (orders // ORDERS_A_CUSTOMER)


def participant_of(order: int, orders: int) -> int:
    """Return the key of the person in the seat of order number `order`, of so many orders."""
    return BASE + orders // ORDERS_A_CUSTOMER + order


def insert_sales(sold: Order, orders: int) -> None:
    """Insert so many orders like the one sold: of a session with one person, paid and delivered.

    Indexes that guard nothing are made anew afterwards, and foreign keys are not checked in this connection from now
    on: row by row both take longer than the rows.
    """
    best = list(Entry.objects.order_by("pk")[:BEST_SELLERS].values_list("pk", "code"))
    customers = orders // ORDERS_A_CUSTOMER
    copies = _Copies(customers=customers, entries=[pk for pk, _code in best], codes=[code for _pk, code in best])
    with connection.cursor() as cursor, _without_indexes(cursor):
        cursor.execute("SET session_replication_role = replica")
        _insert_customers(copies, sold, customers)
        _insert_orders(copies, sold, orders)
        _insert_seats(copies, Seat.objects.get(batch__order_id=sold.pk, state="assigned"), orders)


def _insert_customers(copies: _Copies, sold: Order, customers: int) -> None:
    copies.insert(
        "accounts_user", sold.buyer_id, customers, last_name=word(ORDER), email=address(ORDER), first_name="'Camille'"
    )
    copies.insert("accounts_customeraccount", sold.account_id, customers, name=f"'Ateliers ' || {word(ORDER)}")
    membership = sold.account.memberships.get().pk
    copies.insert("accounts_membership", membership, customers, account_id=ORDER, user_id=ORDER)


def _insert_orders(copies: _Copies, sold: Order, orders: int) -> None:
    line, payment, event = sold.lines.get(), sold.payments.get(), sold.payment_events.get()
    mail = Mail.objects.get(order_id=sold.pk, kind="order_placed")
    job = Job.objects.get(key=f"fulfil_line:{line.pk}:0")
    money = {"net": NET, "tax": f"{NET} * 0.2", "gross": f"{NET} * 1.2"}
    amount = {"amount": money["gross"]}
    copies.insert(
        "shop_order", sold.pk, orders, number="'H-' || n", token="'history-' || n", cart_id="NULL",
        account_id=CUSTOMER, buyer_id=CUSTOMER, operator_id=CUSTOMER, contact_email=address(CUSTOMER),
        contact_name=f"'Camille ' || {word(CUSTOMER)}", billing_name=f"'Ateliers ' || {word(CUSTOMER)}",
        purchase_reference="'PO-' || n", placed_at=AT, paid_at=AT, completed_at=AT, **money,
    )  # fmt: skip
    copies.insert(
        "shop_orderline", line.pk, orders, **OF_ORDER, **money, unit_net=NET,
        entry_id=f"(%(entries)s::bigint[]){ENTRY}", entry_code=f"(%(codes)s::text[]){ENTRY}",
    )  # fmt: skip
    copies.insert("shop_payment", payment.pk, orders, order_id=ORDER, reference="'VIR-' || n", created_at=AT, **amount)
    copies.insert(
        "shop_paymentevent", event.pk, orders, order_id=ORDER, order_number="'H-' || n", payment_id=ORDER,
        event_id="'EV-' || n", received_at=AT, **amount,
    )  # fmt: skip
    copies.insert("shop_settlement", sold.settlement.pk, orders, order_id=ORDER, payment_id=ORDER, at=AT)
    copies.insert(
        "outbox_mail", mail.pk, orders, **OF_ORDER, key="'history:' || n", message_id="'<' || n || '@history.example>'",
        recipient=address(CUSTOMER), subject="'Your order H-' || n", person_id=CUSTOMER, created_at=AT, sent_at=AT,
    )  # fmt: skip
    copies.insert(
        "outbox_job", job.pk, orders, **OF_ORDER, key=f"'fulfil_line:' || {ORDER} || ':0'", created_at=AT,
        due_at=AT, finished_at=AT,
    )  # fmt: skip


def _insert_seats(copies: _Copies, seat: Seat, orders: int) -> None:
    copies.insert("accounts_user", seat.person_id, orders, id=PERSON, last_name=word(PERSON), email=address(PERSON))
    copies.insert("enrolments_enrolment", seat.enrolment_id, orders, user_id=PERSON, opened_at=AT)
    copies.insert(
        "enrolments_seatbatch", seat.batch_id, orders, **OF_ORDER, order_number="'H-' || n", line_id=ORDER, sold_at=AT,
        entry_code=f"(%(codes)s::text[]){ENTRY}",
    )  # fmt: skip
    copies.insert(
        "enrolments_seat", seat.pk, orders, batch_id=ORDER, unit_id="NULL", account_id=CUSTOMER, person_id=PERSON,
        enrolment_id=ORDER, assigned_at=AT,
    )  # fmt: skip


@contextmanager
def _without_indexes(cursor: Any) -> Iterator[None]:
    """Drop the indexes of the tables that guard nothing, and make them again after the block."""
    cursor.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
        " WHERE indrelid::regclass::text = ANY (%s) AND NOT indisunique",
        [list(TABLES)],
    )
    indexes = cursor.fetchall()
    for name, _definition in indexes:
        cursor.execute(f"DROP INDEX {name}")
    yield
    cursor.execute("SET maintenance_work_mem = '512MB'")
    for _name, definition in indexes:
        cursor.execute(definition)


class _Copies:
    """Copies of rows, with values for the SQL of their columns."""

    def __init__(self, **values: Any) -> None:
        self.values = values

    def insert(self, table: str, key: int | None, count: int, /, **changed: str) -> None:
        """Insert so many copies of the row of that key; `changed` is SQL for columns, in which n counts from 1."""
        with connection.cursor() as cursor:
            columns = written_columns(cursor, table)
            changed = {"id": ORDER, **changed}
            values = ", ".join(changed.get(column, f'kept."{column}"') for column in columns)
            cursor.execute(
                f"INSERT INTO {table} ({quoted(columns)}) SELECT {values}"
                f" FROM {table} AS kept CROSS JOIN generate_series(1, %(count)s) AS n WHERE kept.id = %(key)s",
                self.values | {"key": key, "count": count},
            )
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")
