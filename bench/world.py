"""Shops of a run: a catalogue, courses, customers; for the grown shop years of sales and a million seats."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from accounts.browser_sessions.store import SessionStore
from accounts.members.models import CustomerAccount, Membership
from accounts.members.services import create_account
from accounts.people.models import User
from bench.history import insert_sales
from bench.servers import BOOKS, GROWN, SMALL, YOUNG
from bench.sizes import Sizes
from billing.taxes.kinds import TaxKind
from catalog.models.categories import Category
from catalog.models.entries import Entry
from catalog.models.taxes import Tax
from catalog.services.entries import save_entry
from common.postal import PostalAddress
from enrolments.courses.models import Course
from enrolments.courses.services import save_course
from handlers.testing.engine import parameters
from outbox.jobs.models import Job
from outbox.jobs.running import run_due_jobs
from shop.cart.pricing import price_cart
from shop.cart.services import add_to_cart, open_cart, save_units
from shop.checkout.draft import draft_order
from shop.checkout.parties import OrderDetails
from shop.checkout.place import Consent, Shown, place_order
from shop.orders.models import Order
from shop.payments.port import ProviderEvent
from shop.payments.services import settle
from shop.seller.models import ShopIdentity

# Entry codes by handler.
PACK, SESSION, COURSE, DIPLOMA = "BENCH-PACK", "BENCH-SESSION", "BENCH-COURSE", "BENCH-DIPLOMA"
FEW, MANY = "few@bench.example", "many@bench.example"
SEATS_A_SOLD_BATCH = 10_000

Units = Sequence[dict[str, str]]
_numbers = itertools.count(1)


def make_young(sizes: Sizes) -> None:
    """Make tables, the catalogue, the courses and two operators, in the database Django is pointed at."""
    for command, options in (("migrate", {}), ("createcachetable", {}), ("collectstatic", {"interactive": False})):
        call_command(command, verbosity=0, **options)
    with transaction.atomic():
        _fill(sizes)


def _fill(sizes: Sizes) -> None:
    now = timezone.now()
    seller = ShopIdentity.current()
    seller.name = "Bench"
    seller.save()
    tax = Tax.objects.create(name_en="VAT", name_fr="TVA", rate=Decimal("20.00"), kind=TaxKind.STANDARD)
    shelves = [
        Category.objects.create(slug=f"shelf-{number}", name_en=f"Shelf {number}", name_fr=f"Rayon {number}")
        for number in range(10)
    ]
    for name in ("BENCH", "HELP"):
        save_course(course=Course(short_name=name, name_en=name.title(), name_fr=name.title()))
    sold: dict[str, tuple[str, dict[str, Any]]] = {
        PACK: ("std_generateseats", {"packsize": 10, "customersupport": "HELP"}),
        SESSION: ("std_setuponecoursesession", {"coursename": "BENCH", "customersupport": "HELP"}),
        COURSE: ("std_enroloncourse", {"coursename": "BENCH"}),
        DIPLOMA: ("ext_paperdiploma", {"title": "First aider"}),
    }
    for number in range(sizes.entries):
        code, (handler, typed) = list(sold.items())[number] if number < len(sold) else (f"E-{number}", ("", {}))
        entry = Entry(
            code=code, category=shelves[number % len(shelves)], tax=tax, state="available", position=number,
            name_en=f"Entry {number}", name_fr=f"Article {number}", handler=handler, vocational="no",
            summary_en="What it is, in a sentence.", summary_fr="Ce que c’est, en une phrase.",
            parameters=parameters(handler, **typed) if handler else {},
        )  # fmt: skip
        save_entry(
            entry=entry, expected_version=None, now=now, tiers={1: Decimal("100.00"), 10: Decimal("80.00")}
        )  # fmt: skip
    for email in (FEW, MANY):
        user = User.objects.create(email=email, password="!")
        create_account(owner=user, kind=CustomerAccount.Kind.ORGANISATION, address=PostalAddress(name=email), now=now)


SELL = """
WITH batch AS (
    INSERT INTO enrolments_seatbatch
        (account_id, order_id, order_number, line_id, source, entry_code, entry_name, course_list, sold_at)
    SELECT %(account)s, -number, 'B-' || %(account)s || '-' || number, -(%(account)s * 1000000 + number), 'pack',
        %(code)s, '{"en": "Seats", "fr": "Sièges"}', '', now()
    FROM generate_series(1, %(batches)s) AS number
    RETURNING id
), seat AS (
    INSERT INTO enrolments_seat (batch_id, account_id, unit_index, number, state)
    SELECT batch.id, %(account)s, unit - 1, 1,
        CASE WHEN unit %% 3 = 0 THEN 'expired' ELSE 'available' END
    FROM batch CROSS JOIN generate_series(1, %(each)s) AS unit
    RETURNING id
)
INSERT INTO enrolments_seatevent (seat_id, account_id, at, from_state, to_state, reason)
SELECT id, %(account)s, now(), '', 'available', 'sold' FROM seat
"""


# People of the shop, whom an operator has each put into a course as well.
PLACE = """
WITH person AS (
    SELECT enrolment.id AS enrolment_id, users.* FROM enrolments_enrolment enrolment
    JOIN accounts_user users ON users.id = enrolment.user_id ORDER BY enrolment.id DESC LIMIT %(people)s
), delegation AS (
    INSERT INTO accounts_delegation (account_id, operator_id, person_id, email, first_name, last_name)
    SELECT %(account)s, %(operator)s, id, email, first_name, last_name FROM person
)
INSERT INTO enrolments_ground
    (enrolment_id, kind, account_id, order_number, line_id, unit_index, starts_at, created_at, ended_reason)
SELECT enrolment_id, 'line', %(account)s, 'B-0', -%(account)s, row_number() OVER (), now(), now(), '' FROM person
"""


def make_grown(sizes: Sizes) -> None:
    """Make the grown shop as a copy of the young one, with sales and seats inserted at once, like a restored backup."""
    _copy_young(GROWN)
    with at(GROWN):
        _sell(sizes.orders_sold)
        with connection.cursor() as cursor:
            for email, seats in ((FEW, sizes.seats_few), (MANY, sizes.seats_sold)):
                each = min(seats, SEATS_A_SOLD_BATCH)
                account = CustomerAccount.objects.get(name=email).pk
                cursor.execute(SELL, {"account": account, "code": PACK, "batches": seats // each, "each": each})
            for email, people in ((FEW, sizes.people_few), (MANY, sizes.people_many)):
                operator = Membership.objects.get(account__name=email)
                cursor.execute(PLACE, {"account": operator.account_id, "operator": operator.user_id, "people": people})
            cursor.execute("VACUUM (ANALYZE)")


def make_small(sizes: Sizes) -> None:
    """Make the small shop, a copy of the young one that has sold a little."""
    _copy_young(SMALL)
    with at(SMALL):
        _sell(sizes.orders_few)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM (ANALYZE)")


@contextmanager
def make_books() -> Iterator[None]:
    """Make the shop whose books are measured, a copy of the young one, and work on it for the length of the block."""
    _copy_young(BOOKS)
    with at(BOOKS):
        yield


def _copy_young(database: str) -> None:
    connection.close()
    with at(YOUNG), connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> %s", [
            YOUNG, connection.connection.info.backend_pid,
        ])  # fmt: skip
    with at("postgres"), connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {database} TEMPLATE {YOUNG}")


def _sell(orders: int) -> None:
    sold = paid_order(SESSION, quantity=1, units=participants(1), by=FEW)
    run_due_jobs()
    insert_sales(sold, orders)


@contextmanager
def at(database: str) -> Iterator[None]:
    """Point Django's connection at another database of the same server for the length of the block."""
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = database
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before


def paid_order(code: str, *, quantity: int, units: Units = (), by: str | None = None) -> Order:
    """Place and pay an order, by a visitor or a member of an account; its delivery waits."""
    order = placed_order(code, quantity=quantity, units=units, by=by)
    pay_order(order)
    return order


def placed_order(code: str, *, quantity: int, units: Units = (), by: str | None = None) -> Order:
    now = timezone.now()
    user = User.objects.get(email=by) if by else None
    account = CustomerAccount.objects.get(name=by) if by else None
    cart = open_cart(token=None, user=user)
    line = add_to_cart(cart=cart, entry=Entry.objects.get(code=code), quantity=quantity, user=user, now=now)
    if units:
        save_units(cart=cart, line_id=line.pk, answers=dict(enumerate(units)))
    cart.refresh_from_db()
    details = _details(account, user)
    draft = draft_order(
        priced=price_cart(cart, user=user, now=now),
        details=details,
        user=user,
        language="en",
        now=now,
    )
    return place_order(
        cart_token=cart.token,
        user=user,
        details=details,
        shown=Shown.of(draft),
        consent=Consent(terms_id=None),
        language="en",
        visitor_key="",
        now=now,
    )


def pay_order(order: Order) -> None:
    """Have a placed order paid; raise RuntimeError unless it is settled."""
    event = ProviderEvent(
        provider="sandbox", event_id=order.number, reference=order.number, kind="succeeded",
        order_number=order.number, amount=order.gross, currency=order.currency,
    )  # fmt: skip
    if settle(event=event, now=timezone.now()) != "settled":
        raise RuntimeError(f"Order {order.number} is not paid.")


def participants(count: int) -> list[dict[str, str]]:
    """Return answers for so many new people."""
    mark = next(_numbers)
    return [
        {"role": "student", "email": f"p{mark}-{number}@bench.example", "first_name": "Jo", "last_name": "Petit"}
        for number in range(count)
    ]


def only_deliveries_wait() -> None:
    """Mark every job but deliveries as done, since mails are not measured."""
    Job.objects.pending().exclude(kind="fulfil_line").update(state="done", finished_at=timezone.now())


def no_job_waits() -> None:
    Job.objects.pending().update(state="done", finished_at=timezone.now(), lease=None)


def deliver(order: Order) -> None:
    """Run the one job that waits, as a worker does; raise RuntimeError unless it delivered the order."""
    run_due_jobs(limit=1)
    if not Order.objects.filter(pk=order.pk, status=Order.Status.COMPLETED).exists():
        raise RuntimeError(f"Order {order.number} is not delivered.")


def session_cookie(email: str, **data: Any) -> dict[str, str]:
    """Return the cookie of a signed-in person; `data` stand in the session."""
    user = User.objects.get(email=email)
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.update(data)
    session.save()
    return {"sessionid": session.session_key or ""}


def merchant_cookie() -> dict[str, str]:
    """Return the cookie of a merchant who has shown the second factor."""
    user = User.objects.create_superuser(email=f"merchant{time.time_ns()}@bench.example", password="!")
    factor = TOTP.activate(user, generate_totp_secret()).instance
    shown = {"method": "mfa", "type": "totp", "id": factor.pk, "at": time.time()}
    return session_cookie(
        user.email, account_authentication_methods=[shown], account_authentication_methods_user=str(user.pk)
    )


def buyer_details() -> dict[str, str]:
    """Return the answers of a new visitor at *your details*."""
    return {
        "email": f"buyer{next(_numbers)}@bench.example",
        "contact_name": "Camille Roy",
        "kind": "organisation",
        "billing_name": "Ateliers Roy",
        "register_number": "73282932000074",
        "street": "3 rue du Port",
        "postal_code": "44000",
        "city": "Nantes",
        "country": "FR",
    }


def _details(account: CustomerAccount | None, user: User | None) -> OrderDetails:
    typed = buyer_details()
    return OrderDetails(
        email=user.email if user else typed["email"],
        contact_name=typed["contact_name"],
        is_organisation=True,
        register_number=typed["register_number"],
        address=PostalAddress(
            name=typed["billing_name"],
            street=typed["street"],
            postal_code=typed["postal_code"],
            city=typed["city"],
        ),
        account_id=account.pk if account else None,
        operator_id=user.pk if user else None,
    )
