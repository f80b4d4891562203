"""Rows of units: those the previous release finds, those it leaves, and the rows deleted of ended orders."""

from __future__ import annotations

import importlib
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import connection, connections
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from common.clock import database_now
from common.tidying import tidy
from enrolments.courses.places.models import PlaceHold
from enrolments.grounds.models import Ground
from enrolments.seats.models import Seat
from enrolments.seats.revoke import SeatsConsumed, revoke_seats
from enrolments.unit_rows import of_units, read_unit_indexes
from handlers.contract import UnitContext, Units
from shop.orders import unit_rows
from shop.orders.claim import claim_order
from shop.orders.contexts import line_contexts, order_with_people
from shop.orders.ending import cancel_order, expire_orders
from shop.orders.giving_back.models import GivingBack
from shop.orders.giving_back.services import GivingBackRefused, give_units_back
from shop.orders.lines.models import OrderLine, OrderUnit
from shop.orders.models import Order
from shop.orders.unit_rows import delete_blank_rows
from shop.orders.units import units_left
from tests.constraints import run
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory
from tests.factories.shop import deliver, fill_cart, make_cart, pay, place

pytestmark = pytest.mark.django_db

NAMES = ("Ada", "Grace")


def pack_entry(**parameters):
    return EntryFactory(handler="std_generateseats", parameters={"packsize": 2, **parameters})


def participant(name: str, role: str = "student") -> dict[str, str]:
    return {"role": role, "email": f"{name.lower()}@example.org", "first_name": name, "last_name": "Test"}


def session_order(*, quantity: int = 3, **how) -> Order:
    """Place a session with two people declared and the rest blank."""
    course = CourseFactory(capacity=quantity)
    entry = EntryFactory(handler="std_setuponecoursesession", parameters={"coursename": course.short_name})
    return place(make_cart(entry, quantity=quantity, units=[participant(name) for name in NAMES], **how), **how)


def cancel(order: Order) -> None:
    cancel_order(order_id=order.pk, actor=None, now=timezone.now())


def rolled_out():
    """Return a moment at which no process of the previous release is left."""
    return timezone.now() + unit_rows.ROLLED_OUT_AFTER + timedelta(minutes=1)


def indexes(line: OrderLine) -> list[int]:
    return list(line.units.order_by("index").values_list("index", flat=True))


def context_of(order: Order):
    line = order.lines.get()
    return line_contexts(order_with_people(order.pk), [line], now=timezone.now())[line.pk]


class TestWritten:
    def test_every_unit_has_a_row_and_those_with_answers_have_them(self, diary):
        entry = EntryFactory(handler="std_formprobe")
        cart = make_cart(entry, quantity=2, units=[{"name": name} for name in NAMES])
        fill_cart(cart, pack_entry(), quantity=3)
        forms, pack = place(cart).lines.order_by("position")

        assert [unit.answers for unit in forms.units.order_by("index")] == [{"name": name} for name in NAMES]
        assert (indexes(forms), indexes(pack)) == ([0, 1], [0, 1, 2])
        assert not pack.units.answered().exists()
        assert units_left([forms, pack]) == {
            forms.pk: Units.first(2, [UnitContext(index, {"name": name}) for index, name in enumerate(NAMES)]),
            pack.pk: Units.first(3),
        }

    def test_answers_are_read_by_their_own_index(self):
        """Without the index, a line of a hundred thousand units is read only to learn that nothing was asked."""
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            # Which of several the planner takes depends on pages that other tests have left in the table.
            for statement in self.without_other_indexes(cursor):
                cursor.execute(statement)
            cursor.execute(
                "EXPLAIN SELECT index FROM shop_orderunit"
                " WHERE line_id = ANY(ARRAY[1, 2]) AND NOT (answers = '{}' AND fields = '{}')"
            )
            plan = " ".join(row for (row,) in cursor.fetchall())
        assert "shop_orderunit_answered" in plan

    @staticmethod
    def without_other_indexes(cursor):
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE conrelid = 'shop_orderunit'::regclass AND contype = 'u'"
        )
        dropped = [f"ALTER TABLE shop_orderunit DROP CONSTRAINT {name}" for (name,) in cursor.fetchall()]
        cursor.execute(
            "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = 'shop_orderunit'::regclass"
            " AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)"
            " AND indexrelid::regclass::text <> 'shop_orderunit_answered'"
        )
        return dropped + [f"DROP INDEX {name}" for (name,) in cursor.fetchall()]


class TestUnitsLeft:
    def test_what_was_given_back_is_left_out_in_runs(self):
        order = place(make_cart(pack_entry(), quantity=9))
        line = order.lines.get()
        line.units.filter(index__in=(0, 3, 4, 5, 8)).update(given_back_at=timezone.now())
        GivingBack.objects.create(line=line, first_index=3, last_index=4, at=timezone.now())

        assert units_left([line])[line.pk].runs == (range(1, 3), range(6, 8))

    def test_a_line_without_rows_has_its_units(self):
        order = place(make_cart(pack_entry(), quantity=3))
        OrderUnit.objects.all().delete()

        pay(order)
        deliver(order)

        assert sorted(Seat.objects.values_list("unit_index", "number", "unit_id")) == [
            (index, number, None) for index in range(3) for number in (1, 2)
        ]


class TestDeleted:
    def test_of_orders_that_ended_unpaid_and_of_no_others(self):
        cancelled, expired, waiting, paid = [
            place(make_cart(pack_entry(), quantity=2), email=f"{name}@example.org") for name in "abcd"
        ]
        pay(paid)
        cancel(cancelled)
        Order.objects.filter(pk=expired.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
        expire_orders(now=timezone.now())

        assert delete_blank_rows(now=rolled_out()) == 4

        assert set(OrderUnit.objects.values_list("line__order", flat=True)) == {waiting.pk, paid.pk}
        assert delete_blank_rows(now=rolled_out()) == 0

    def test_rows_with_answers_stay(self):
        order = session_order(quantity=4)
        run("UPDATE shop_orderunit SET answers = '{}' WHERE index = 3")  # erased, or never typed
        run("""UPDATE shop_orderunit SET fields = '{"diet": "none"}', answers = '{}' WHERE index = 2""")
        cancel(order)

        delete_blank_rows(now=rolled_out())

        assert indexes(order.lines.get()) == [0, 1, 2]

    def test_in_batches_with_no_row_left_behind(self, monkeypatch):
        monkeypatch.setattr(unit_rows, "ROWS_A_BATCH", 3)
        monkeypatch.setattr(unit_rows, "ORDERS_A_BATCH", 2)
        for quantity in (7, 1, 2, 1, 3):
            cancel(place(make_cart(pack_entry(), quantity=quantity), email=f"{quantity}@example.org"))

        assert delete_blank_rows(now=rolled_out()) == 14
        assert not OrderUnit.objects.exists()

    def test_no_run_goes_on_for_ever(self, monkeypatch):
        monkeypatch.setattr(unit_rows, "ROWS_A_BATCH", 2)
        monkeypatch.setattr(unit_rows, "ROWS_A_RUN", 3)
        cancel(place(make_cart(pack_entry(), quantity=9)))

        assert [delete_blank_rows(now=rolled_out()) for _run in range(3)] == [4, 4, 1]

    def test_not_while_the_release_before_this_one_may_take_late_money(self):
        cancel(place(make_cart(pack_entry(), quantity=2)))
        migrated_at = _migrated_at()
        early, late = (migrated_at + unit_rows.ROLLED_OUT_AFTER + timedelta(seconds=offset) for offset in (-1, 0))

        assert delete_blank_rows(now=early) == 0
        assert delete_blank_rows(now=late) == 2

    def test_the_migration_it_waits_for_exists(self):
        assert ("shop", unit_rows.MIGRATION) in MigrationLoader(connection).disk_migrations

    def test_tidying_asks_for_it(self):
        cancel(place(make_cart(pack_entry())))
        run("UPDATE django_migrations SET applied = applied - interval '2 days'")

        assert tidy("blank_units", now=database_now()) == 1


def _migrated_at():
    with connection.cursor() as cursor:
        cursor.execute("SELECT applied FROM django_migrations WHERE app = 'shop' AND name = %s", [unit_rows.MIGRATION])
        return cursor.fetchone()[0]


class TestLateMoney:
    def test_revives_an_order_whose_rows_are_gone(self):
        order = place(make_cart(pack_entry(), quantity=3))
        cancel(order)
        delete_blank_rows(now=rolled_out())

        assert pay(order) == "settled"

        # A worker of this release or of the previous one finds every unit.
        assert indexes(order.lines.get()) == [0, 1, 2]
        assert deliver(order).status == "completed"
        assert set(Seat.objects.values_list("unit_index", "number")) == {(i, n) for i in range(3) for n in (1, 2)}

    def test_takes_the_places_of_blank_units_again_and_delivers_each_where_it_was(self):
        order = session_order()
        run("UPDATE shop_orderunit SET answers = '{}' WHERE index = 2")
        before = context_of(order).units
        cancel(order)
        delete_blank_rows(now=rolled_out())
        assert indexes(order.lines.get()) == [0, 1]
        assert context_of(order).units == before

        assert pay(order) == "settled"

        assert PlaceHold.objects.live().get().places == 3
        deliver(order)
        seats = Seat.objects.order_by("unit_index").values_list("unit_index", "person__email")
        assert list(seats) == [(0, "ada@example.org"), (1, "grace@example.org"), (2, None)]

    def test_that_finds_no_place_leaves_the_rows_deleted(self):
        order = session_order()
        run("UPDATE shop_orderunit SET answers = '{}' WHERE index = 2")
        cancel(order)
        delete_blank_rows(now=rolled_out())
        entry = EntryFactory(handler="std_setuponecoursesession", parameters=order.lines.get().parameters)
        place(make_cart(entry, quantity=1), email="rival@example.org")

        assert pay(order) == "late"
        assert indexes(order.lines.get()) == [0, 1]


def as_the_release_before_wrote() -> None:
    """Leave seats and grounds with the row of their unit and no index, as written by the previous release."""
    run("UPDATE enrolments_seat SET unit_index = NULL")
    run("UPDATE enrolments_ground SET unit_index = NULL")


class TestSeatsOfTheReleaseBefore:
    def insert_seats(self, order: Order) -> OrderLine:
        """Insert seats as the previous release's worker does for a line of unassigned seats."""
        line = order.lines.get()
        run(
            "INSERT INTO enrolments_seatbatch (account_id, order_id, order_number, line_id, source, entry_code,"
            " entry_name, course_list, sold_at)"
            " SELECT account_id, order_id, 'A', id, 'pack', entry_code, entry_name, '', now()"
            " FROM shop_orderline WHERE id = %s",
            line.pk,
        )
        run(
            "INSERT INTO enrolments_seat (batch_id, account_id, unit_id, number, state, keeps_place)"
            " SELECT batch.id, batch.account_id, unit.id, number, 'available', false"
            " FROM enrolments_seatbatch batch JOIN shop_orderunit unit ON unit.line_id = batch.line_id"
            " CROSS JOIN generate_series(1, 2) AS number WHERE batch.line_id = %s ORDER BY unit.id, number",
            line.pk,
        )
        return line

    def paid(self, quantity: int) -> Order:
        order = place(make_cart(pack_entry(), quantity=quantity))
        pay(order)
        return order

    def test_are_found_by_the_index_of_their_unit(self):
        line, other = self.insert_seats(self.paid(3)), self.insert_seats(self.paid(3))

        seats = list(Seat.objects.filter(of_units(line.pk, [range(1, 3)]), batch__line_id=line.pk).order_by("pk"))
        read_unit_indexes(seats)

        assert [(seat.unit_index, seat.number) for seat in seats] == [(1, 1), (1, 2), (2, 1), (2, 2)]
        assert not Seat.objects.filter(of_units(line.pk, [range(9)]), batch__line_id=other.pk).exists()

    def test_are_taken_back_with_their_unit(self):
        order = self.paid(3)
        line = self.insert_seats(order)
        deliver(order)  # finds the batch there, as after a worker that died before it said so
        chosen = {line.pk: [1]}

        give_units_back(order_id=order.pk, units=chosen, actor=UserFactory(), reason="", now=timezone.now())

        revoked = Seat.objects.filter(state="revoked")
        assert set(revoked.values_list("unit_id", flat=True)) == {line.units.get(index=1).pk}
        assert Seat.objects.filter(state="available").count() == 4

    def test_that_are_used_are_named_by_their_unit(self):
        member = MembershipFactory()
        order = session_order(user=member.user)
        pay(order)
        deliver(order)
        as_the_release_before_wrote()
        run("UPDATE enrolments_seat SET state = 'consumed', consumed_at = now() WHERE person_id IS NOT NULL")
        line = order.lines.get()

        with pytest.raises(GivingBackRefused) as refused:
            give_units_back(
                order_id=order.pk,
                units={line.pk: range(1, line.quantity)},
                actor=member.user,
                reason="",
                now=timezone.now(),
            )
        assert refused.value.unit == 1
        with pytest.raises(SeatsConsumed):
            revoke_seats(line_id=line.pk, units=[range(1)], actor=None, reason="", now=timezone.now())

    def test_of_a_session_are_attached_to_the_claimant(self):
        order = session_order()
        pay(order)
        deliver(order)
        as_the_release_before_wrote()
        claimant = UserFactory(email=order.contact_email)

        claim_order(order_id=order.pk, user=claimant, now=timezone.now())

        people = order.account.delegations.values_list("person__email", flat=True)
        assert set(people) == {"ada@example.org", "grace@example.org"}

    def test_this_release_writes_both(self):
        order = session_order()
        pay(order)
        deliver(order)
        line = order.lines.get()

        by_row = dict(line.units.values_list("pk", "index"))
        assert {seat.unit_id: seat.unit_index for seat in Seat.objects.all()} == by_row
        grounds = Ground.objects.filter(kind="seat").values_list("unit_id", "unit_index")
        assert sorted(grounds) == sorted((pk, index) for pk, index in by_row.items() if index < 2)

    def test_the_ground_of_a_course_bought_has_both(self):
        course = CourseFactory()
        entry = EntryFactory(handler="std_enroloncourse", parameters={"coursename": course.short_name})
        order = place(make_cart(entry))
        pay(order)
        deliver(order)

        ground = Ground.objects.get(kind="line")
        assert (ground.unit_index, ground.unit_id) == (0, order.lines.get().units.get().pk)


class TestMigration:
    module = importlib.import_module("shop.migrations.0013_units_by_index")

    def fill(self) -> None:
        class Editor:
            connection = connections["default"]

        self.module.fill(apps, Editor)

    def test_fills_the_index_of_what_was_there_in_batches(self, monkeypatch):
        monkeypatch.setattr(self.module, "ROWS_A_BATCH", 2)
        order = session_order(quantity=5)
        pay(order)
        deliver(order)
        written = list(Seat.objects.order_by("pk").values_list("pk", "unit_index"))
        grounds = list(Ground.objects.order_by("pk").values_list("pk", "unit_index"))
        as_the_release_before_wrote()

        self.fill()

        assert list(Seat.objects.order_by("pk").values_list("pk", "unit_index")) == written
        assert list(Ground.objects.order_by("pk").values_list("pk", "unit_index")) == grounds

    def test_leaves_alone_what_has_no_row(self):
        order = place(make_cart(pack_entry(), quantity=2))
        pay(order)
        deliver(order)
        run("UPDATE enrolments_seat SET unit_index = NULL, unit_id = -id WHERE unit_index = 1")

        self.fill()

        assert list(Seat.objects.order_by("pk").values_list("unit_index", flat=True)) == [0, 0, None, None]
