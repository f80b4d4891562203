"""The merchant takes units of a paid order back, with the seats and enrolments made of them."""

from datetime import timedelta
from decimal import Decimal
from typing import ClassVar

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from common.moments import local_day
from enrolments.courses.places.models import PlaceHold
from enrolments.courses.services import save_course
from enrolments.grounds.models import Enrolment, Ground
from enrolments.seats.enter import enter_course
from enrolments.seats.history.models import SeatEvent
from enrolments.seats.models import Seat
from handlers.contract import Refusal, RevokeReason
from handlers.registry import temporary
from outbox.errors import RetryRefused
from outbox.jobs.models import Job
from shop.orders.claim import claim_order
from shop.orders.fulfilment import fulfil_line, retry_line
from shop.orders.giving_back.models import GivingBack
from shop.orders.giving_back.paying_back import mark_paid_back, owed_for
from shop.orders.giving_back.ranges import ranges
from shop.orders.giving_back.services import GivingBackRefused, give_units_back
from shop.orders.giving_back.units import units_given_back
from shop.orders.history.models import OrderEvent
from shop.orders.lines.models import LineFeedback, OrderUnit
from shop.orders.models import Order
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory
from tests.factories.shop import deliver, fill_cart, make_cart, pay, place
from tests.shop.probes import Probe, traces
from tests.shop.test_real_purchases import participant, session_entry

pytestmark = pytest.mark.django_db


@pytest.fixture
def merchant():
    return UserFactory(is_staff=True)


@pytest.fixture
def owner():
    return MembershipFactory()


@pytest.fixture
def give_back(merchant):
    """Return a function that gives units back, by their place among all units of the order, from 0; by default all."""

    def give(order, *places, **options):
        units = [(line.pk, index) for line in order.lines.order_by("position") for index in range(line.quantity)]
        chosen = {}
        for line_id, index in [units[number] for number in places] if places else units:
            chosen.setdefault(line_id, []).append(index)
        options = {"reason": "Agreed by telephone", "now": timezone.now()} | options
        return give_units_back(order_id=order.pk, units=chosen, actor=merchant, **options)

    return give


def bought(entry, owner, *, quantity=1, units=()):
    cart = make_cart(entry, quantity=quantity, units=units, user=owner.user)
    order = place(cart, user=owner.user, account=owner.account)
    pay(order)
    return order


def rows(order):
    found = GivingBack.objects.filter(line__order=order).order_by("line__position", "first_index")
    return list(found.values_list("first_index", "last_index", "amount", "why"))


def packs(owner, quantity=3):
    entry = EntryFactory(handler="std_generateseats", parameters={"packsize": 2}, tiers={1: "10.01"})
    return deliver(bought(entry, owner, quantity=quantity))


def test_some_units_go_with_their_seats_and_the_rest_stays(owner, merchant, give_back):
    order = packs(owner)
    given = give_back(order, 0, 2)

    line = order.lines.get()
    assert (given.units, given.worth) == (2, Decimal("24.03"))
    assert (line.status, Order.objects.get(pk=order.pk).status) == ("fulfilled", "completed")
    assert line.units.get(given_back_at=None).index == 1
    assert sorted(Seat.objects.values_list("state", flat=True)) == ["available"] * 2 + ["revoked"] * 4
    event = OrderEvent.objects.get(what="units_given_back")
    assert (event.actor, event.detail) == (
        merchant,
        {"line": 0, "units": "1, 3", "count": 2, "worth": "24.03", "reason": "Agreed by telephone"},
    )
    assert rows(order) == [(0, 0, Decimal("12.01"), "refunded"), (2, 2, Decimal("12.02"), "refunded")]
    row = GivingBack.objects.first()
    assert (row.line, row.actor, row.at, row.reason) == (line, merchant, event.at, "Agreed by telephone")
    move = SeatEvent.objects.filter(to_state="revoked").first()
    assert (move.actor, move.reason) == (merchant, "Agreed by telephone")
    said = LineFeedback.objects.get(line=line, hook="revoke")
    assert said.sales["en"] == "4 seats were taken back, 2 left of this line."


def pay_back(order, merchant, **changes):
    told = {"amount": owed_for(order), "paid_on": local_day(timezone.now()), "reference": "transfer 7"} | changes
    return mark_paid_back(order_id=order.pk, actor=merchant, now=timezone.now(), **told)


def test_the_order_is_refunded_once_its_last_unit_was_paid_back_and_the_parts_add_up(owner, merchant, give_back):
    order = packs(owner)
    worth = [give_back(order, unit).worth for unit in (1, 0, 2)]

    assert sum(worth) == order.gross
    assert [amount for _first, _last, amount, _why in rows(order)] == [worth[1], worth[0], worth[2]]
    assert order.lines.get().status == "given_back"
    assert Order.objects.get(pk=order.pk).status == "completed"
    assert pay_back(order, merchant) == order.gross
    assert Order.objects.get(pk=order.pk).status == "refunded"
    event = OrderEvent.objects.get(what="refunded")
    assert (event.from_status, event.to_status) == ("completed", "refunded")


def test_a_free_tutors_seat_is_worth_nothing(owner, give_back):
    units = [participant("ana"), participant("bo"), participant("tim", "tutor")]
    order = bought(session_entry(CourseFactory(), freetutors=1), owner, quantity=3, units=units)
    assert give_back(order, 2).worth == 0
    assert give_back(order, 0).worth == Decimal("120.00")


def test_units_that_follow_one_another_are_one_row(owner, give_back):
    order = packs(owner, quantity=5)
    give_back(order, 3, 1, 0)
    give_back(order, 2, 4)
    assert [row[:2] for row in rows(order)] == [(0, 1), (2, 2), (3, 3), (4, 4)]
    assert sum(row[2] for row in rows(order)) == order.gross


def test_the_parts_of_an_act_sum_to_its_worth_where_a_tutor_was_free(owner, give_back):
    units = [participant("ana"), participant("tim", "tutor"), participant("bo"), participant("cy"), participant("di")]
    order = bought(session_entry(CourseFactory(), freetutors=1), owner, quantity=5, units=units)
    given = give_back(order, 1, 3)
    assert rows(order) == [(1, 1, 0, "refunded"), (3, 3, given.worth, "refunded")]


def test_where_fewer_units_cost_more_no_part_is_below_zero(owner, give_back, monkeypatch):
    """The handler charges four units like one."""
    monkeypatch.setattr(
        "handlers.std_generateseats.handler.GenerateSeats.charged_units",
        lambda _handler, _params, units: 1 if len(units) == 4 else len(units),
    )
    order = packs(owner, quantity=5)
    given = give_back(order, 0, 2, 4)
    amounts = [amount for _first, _last, amount, _why in rows(order)]
    assert sum(amounts) == given.worth > 0
    assert min(amounts) >= 0


class FirstOnesFree(Probe):
    """Probe that charges fewer units than were bought, by a number the test sets."""

    free: ClassVar[int] = 0

    def charged_units(self, params, units):
        return max(0, len(units) - self.free)


@pytest.mark.parametrize("places", [[()], [(0,), (1,), (2,)], [(2, 1), (0,)]], ids=["at once", "singly", "in parts"])
def test_what_the_handler_would_charge_for_now_is_worth_no_more_than_was_charged(
    owner, give_back, diary, monkeypatch, places
):
    with temporary(type("Dear", (FirstOnesFree,), {"name": "std_dear"})):
        monkeypatch.setattr(FirstOnesFree, "free", 1)
        order = deliver(bought(EntryFactory(handler="std_dear", tiers={1: "10.01"}), owner, quantity=3))
        assert order.lines.get().charged == 2
        monkeypatch.setattr(FirstOnesFree, "free", 0)

        worth = [give_back(order, *chosen).worth for chosen in places]

    assert sum(worth) == order.gross
    assert min(worth) >= 0


def test_without_money_nothing_is_owed(owner, give_back):
    order = packs(owner)
    assert give_back(order, why=RevokeReason.CANCELLED).worth == 0
    assert rows(order) == [(0, 2, 0, "cancelled")]


def test_an_order_given_back_without_money_stays_completed(owner, give_back):
    order = packs(owner)
    completed_at = order.completed_at
    give_back(order, 1, why=RevokeReason.CANCELLED)
    give_back(order, 0, 2, why=RevokeReason.CANCELLED)
    order.refresh_from_db()
    assert (order.status, order.completed_at) == ("completed", completed_at)
    assert order.lines.get().status == "given_back"
    assert not OrderEvent.objects.filter(what="refunded").exists()
    with pytest.raises(GivingBackRefused):
        give_back(order)


def test_before_its_delivery_it_is_completed_when_all_is_given_back_without_money(owner, give_back, diary):
    order = bought(EntryFactory(handler="std_probe"), owner)
    now = timezone.now()
    give_back(order, why=RevokeReason.CANCELLED, now=now)
    order.refresh_from_db()
    assert (order.status, order.completed_at) == ("completed", now)
    event = OrderEvent.objects.get(what="completed")
    assert (event.from_status, event.to_status) == ("paid", "completed")
    assert deliver(order).status == "completed"
    assert traces("post") == 0


@pytest.mark.parametrize("with_money", [0, 1])
def test_an_order_is_refunded_when_an_amount_went_back_with_any_of_it(owner, merchant, give_back, with_money):
    order = packs(owner, quantity=2)
    for place_in_order in (0, 1):
        why = RevokeReason.REFUNDED if place_in_order == with_money else RevokeReason.CANCELLED
        give_back(order, place_in_order, why=why)
    pay_back(order, merchant)
    assert Order.objects.get(pk=order.pk).status == "refunded"


def test_an_order_that_cost_nothing_is_never_refunded(owner, give_back):
    entry = EntryFactory(handler="std_generateseats", tiers={1: "0"})
    order = deliver(place(make_cart(entry, user=owner.user), user=owner.user, account=owner.account))
    assert order.status == "completed"
    give_back(order)
    assert Order.objects.get(pk=order.pk).status == "completed"
    assert rows(order) == [(0, 0, 0, "refunded")]


class TestOfTheReleaseBefore:
    """The previous release marks the unit alone, and may do so while both releases run."""

    @pytest.fixture
    def order(self, owner):
        order = packs(owner)
        OrderUnit.objects.filter(line__order=order, index=1).update(given_back_at=timezone.now())
        return order

    def test_a_unit_it_gave_back_is_not_given_back_again(self, order, give_back):
        with pytest.raises(GivingBackRefused):
            give_back(order, 1)

    def test_it_is_without_money_and_the_rest_is_worth_what_is_left(self, order, give_back):
        # 24.03 is the price of two.
        assert give_back(order, 0, 2).worth == Decimal("24.03")
        assert sum(row[2] for row in rows(order)) == Decimal("24.03")
        assert order.lines.get().status == "given_back"
        assert Order.objects.get(pk=order.pk).status == "completed"

    def test_both_kinds_are_read_together(self, order, give_back):
        give_back(order, 2)
        line = order.lines.get()
        gone = units_given_back([line])[line.pk]
        assert ([index in gone for index in range(4)], len(gone)) == ([False, True, True, False], 2)
        assert gone.at(0) is None
        assert gone.at(1) == line.units.get(index=1).given_back_at
        assert gone.at(2) == GivingBack.objects.get().at

    def test_it_finds_the_units_that_this_one_gave_back(self, owner, give_back):
        order = packs(owner)
        give_back(order, 0, 2)
        assert list(order.lines.get().units.filter(given_back_at=None).values_list("index", flat=True)) == [1]


def test_what_is_given_back_is_read_from_the_rows_alone(owner, give_back):
    """A later release no longer marks the unit."""
    order = packs(owner)
    give_back(order, 0)
    OrderUnit.objects.update(given_back_at=None)
    with pytest.raises(GivingBackRefused):
        give_back(order, 0)
    assert give_back(order, 1, 2).worth == Decimal("24.03")


def test_what_was_given_back_of_many_lines_takes_one_query(owner, give_back, django_assert_num_queries):
    orders = [packs(owner, quantity=20) for _order in range(3)]
    for order in orders:
        give_back(order, *range(0, 20, 2))
    lines = [order.lines.get() for order in orders]
    with django_assert_num_queries(1):
        gone = units_given_back(lines)
    assert {line_id: len(of_line) for line_id, of_line in gone.items()} == {line.pk: 10 for line in lines}
    assert units_given_back([]) == {}


def test_whoever_sat_there_keeps_what_another_purchase_paid_for(owner, give_back):
    course = CourseFactory()
    first, second = session_entry(course), session_entry(course)
    kept = deliver(bought(first, owner, quantity=2, units=[participant("ana"), participant("bo")]))
    order = deliver(bought(second, owner, quantity=1, units=[participant("ana")]))
    give_back(order)

    still = Enrolment.objects.filter(course=course, closed_at=None, role__code="student")
    assert sorted(still.values_list("user__email", flat=True)) == ["ana@example.org", "bo@example.org"]
    assert not Ground.objects.live().filter(order_id=order.pk).exists()
    assert Ground.objects.live().filter(order_id=kept.pk, kind="seat").count() == 2


def test_a_used_seat_goes_only_by_an_explicit_yes(owner, give_back):
    course = CourseFactory()
    order = deliver(bought(session_entry(course), owner, quantity=2, units=[participant("ana"), participant("bo")]))
    enter_course(user=Seat.objects.get(person__email="bo@example.org").person, course=course, now=timezone.now())

    with pytest.raises(GivingBackRefused) as refused:
        give_back(order)
    assert refused.value.unit == 1
    assert OrderUnit.objects.filter(given_back_at=None).count() == 2
    assert not Seat.objects.filter(state="revoked").exists()

    give_back(order, include_consumed=True)
    assert set(Seat.objects.values_list("state", flat=True)) == {"revoked"}
    assert not Enrolment.objects.open().exists()


def test_before_delivery_the_places_are_free_again_and_the_rest_is_delivered(owner, give_back):
    course = CourseFactory(capacity=3)
    order = bought(session_entry(course), owner, quantity=3, units=[participant("ana"), participant("bo")])
    give_back(order, 0)
    assert PlaceHold.objects.live().get().places == 2
    assert not LineFeedback.objects.filter(hook="revoke").exists()

    assert deliver(order).status == "completed"
    assert Seat.objects.filter(state="assigned").get().person.email == "bo@example.org"
    assert Seat.objects.count() == 2


def test_a_line_given_back_before_delivery_is_never_delivered(owner, give_back, diary):
    order = bought(EntryFactory(handler="std_probe"), owner)
    give_back(order)
    assert deliver(order).status == "completed"
    assert (traces("post"), traces("revoke")) == (0, 1)
    assert set(Job.objects.filter(kind="fulfil_line").values_list("state", flat=True)) == {"done"}


def test_giving_the_failed_line_back_completes_the_order(owner, merchant, give_back, diary):
    cart = make_cart(EntryFactory(), user=owner.user)
    fill_cart(cart, EntryFactory(handler="std_probe"), user=owner.user)
    order = place(cart, user=owner.user, account=owner.account)
    diary.raises["post"] = [Refusal("No more chairs.")]
    pay(order)
    assert deliver(order).status == "paid"

    give_back(order, 1)
    order.refresh_from_db()
    assert (order.status, order.completed_at is not None) == ("completed", True)
    with pytest.raises(RetryRefused):
        retry_line(line_id=order.lines.get(position=1).pk, actor=merchant, now=timezone.now())


def test_a_refusal_of_one_line_gives_nothing_back(owner, give_back, diary):
    cart = make_cart(EntryFactory(), user=owner.user)
    fill_cart(cart, EntryFactory(handler="std_probe"), user=owner.user)
    order = place(cart, user=owner.user, account=owner.account)
    pay(order)
    deliver(order)
    diary.raises["revoke"] = [Refusal("Already posted.")]

    with pytest.raises(GivingBackRefused, match=r"Already posted\."):
        give_back(order)
    assert not OrderUnit.objects.filter(given_back_at__isnull=False).exists()
    assert set(order.lines.values_list("status", flat=True)) == {"fulfilled"}


def test_only_units_of_this_paid_order_not_given_back_yet(owner, give_back, merchant):
    order = packs(owner)
    give_back(order, 0)
    with pytest.raises(GivingBackRefused):
        give_back(order, 0)
    other = packs(owner)
    line, foreign = order.lines.get(), other.lines.get()
    of_other = {foreign.pk: [0]}
    for units in ({}, {line.pk: []}, of_other, {line.pk: [1]} | of_other, {line.pk: [3]}, {line.pk: [-1]}):
        with pytest.raises(GivingBackRefused):
            give_units_back(order_id=order.pk, units=units, actor=merchant, reason="x", now=timezone.now())
    unpaid = place(make_cart(EntryFactory()))
    with pytest.raises(GivingBackRefused):
        give_back(unpaid)
    assert OrderUnit.objects.filter(given_back_at__isnull=False).count() == 1


def test_a_visitor_who_claims_finds_what_is_left(give_back):
    course = CourseFactory()
    cart = make_cart(session_entry(course), quantity=2, units=[participant("ana"), participant("bo")])
    order = place(cart, email="carol@example.org")
    pay(order)
    deliver(order)
    give_back(order, 0)
    carol = UserFactory(email="carol@example.org")
    claim_order(order_id=order.pk, user=carol, now=timezone.now())
    assert sorted(order.account.delegations.values_list("email", flat=True)) == ["bo@example.org"]


def test_a_renamed_course_is_found_all_the_same(owner, give_back):
    course = CourseFactory(capacity=2)
    order = deliver(bought(session_entry(course), owner, quantity=2))
    course.short_name = "RENAMED"
    save_course(course=course)
    give_back(order)
    assert not Seat.objects.filter(keeps_place=True).exists()


def test_courses_are_locked_in_one_statement_by_key_whether_or_not_their_lines_were_delivered(owner, give_back):
    early, late = CourseFactory(), CourseFactory()
    cart = make_cart(session_entry(late), user=owner.user)
    fill_cart(cart, session_entry(early), user=owner.user)
    order = place(cart, user=owner.user, account=owner.account)
    pay(order)
    fulfil_line(line_id=order.lines.get(position=0).pk, now=timezone.now())
    assert set(Seat.objects.values_list("course", flat=True)) == {late.pk}

    with CaptureQueriesContext(connection) as queries:
        give_back(order)

    locks = [row["sql"] for row in queries if "enrolments_course" in row["sql"] and row["sql"].endswith("KEY UPDATE")]
    assert f"IN ({early.pk}, {late.pk})" in locks[0]


def test_what_expired_is_revoked_with_the_rest(owner, give_back):
    order = packs(owner, quantity=1)
    Seat.objects.filter(number=1).update(state="expired")
    give_back(order, now=timezone.now() + timedelta(days=1))
    assert sorted(Seat.objects.values_list("state", flat=True)) == ["revoked", "revoked"]


@pytest.mark.parametrize(
    ("numbers", "written"), [([1], "1"), ([3, 1, 2, 7], "1-3, 7"), ([1, 2, 4, 5], "1-2, 4-5"), ([], "")]
)
def test_numbers_are_written_as_ranges(numbers, written):
    assert ranges(numbers) == written
