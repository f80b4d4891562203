"""The merchant takes units of a paid order back, with what they became."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from enrolments.courses.places.models import PlaceHold
from enrolments.courses.services import save_course
from enrolments.grounds.models import Enrolment, Ground
from enrolments.seats.enter import enter_course
from enrolments.seats.models import Seat, SeatEvent
from handlers.contract import Refusal, RevokeReason
from outbox.errors import RetryRefused
from outbox.jobs.models import Job
from shop.orders.claim import claim_order
from shop.orders.fulfilment import retry_line
from shop.orders.giving_back import GivingBackRefused, give_units_back, ranges
from shop.orders.models import LineFeedback, Order, OrderEvent, OrderUnit
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory
from tests.factories.shop import deliver, fill_cart, make_cart, pay, place
from tests.shop.probes import traces
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
    """Gives units of an order back by their place among all its units, counted from 0; all unless told."""

    def give(order, *places, **options):
        ids = list(OrderUnit.objects.filter(line__order=order).order_by("pk").values_list("pk", flat=True))
        chosen = [ids[place] for place in places] if places else ids
        options = {"reason": "Agreed by telephone", "now": timezone.now()} | options
        return give_units_back(order_id=order.pk, unit_ids=chosen, actor=merchant, **options)

    return give


def bought(entry, owner, *, quantity=1, units=()):
    cart = make_cart(entry, quantity=quantity, units=units, user=owner.user)
    order = place(cart, user=owner.user, account=owner.account)
    pay(order)
    return order


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
    move = SeatEvent.objects.filter(to_state="revoked").first()
    assert (move.actor, move.reason) == (merchant, "Agreed by telephone")
    said = LineFeedback.objects.get(line=line, hook="revoke")
    assert said.sales["en"] == "4 seats were taken back, 2 left of this line."


def test_the_order_is_refunded_with_its_last_unit_and_the_parts_add_up(owner, give_back):
    order = packs(owner)
    worth = [give_back(order, unit).worth for unit in (1, 0, 2)]

    assert sum(worth) == order.gross
    assert order.lines.get().status == "given_back"
    assert Order.objects.get(pk=order.pk).status == "refunded"
    event = OrderEvent.objects.get(what="refunded")
    assert (event.from_status, event.to_status) == ("completed", "refunded")


def test_a_free_tutors_seat_is_worth_nothing(owner, give_back):
    units = [participant("ana"), participant("bo"), participant("tim", "tutor")]
    order = bought(session_entry(CourseFactory(), freetutors=1), owner, quantity=3, units=units)
    assert give_back(order, 2).worth == 0
    assert give_back(order, 0).worth == Decimal("120.00")


def test_without_money_nothing_is_owed(owner, give_back):
    assert give_back(packs(owner), why=RevokeReason.CANCELLED).worth == 0


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
    assert deliver(order).status == "refunded"
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
    foreign = OrderUnit.objects.filter(line__order=other).first()
    for unit_ids in ([], [foreign.pk], [0]):
        with pytest.raises(GivingBackRefused):
            give_units_back(order_id=order.pk, unit_ids=unit_ids, actor=merchant, reason="x", now=timezone.now())
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


def test_what_expired_stays_expired(owner, give_back):
    order = packs(owner, quantity=1)
    Seat.objects.filter(number=1).update(state="expired")
    give_back(order, now=timezone.now() + timedelta(days=1))
    assert sorted(Seat.objects.values_list("state", flat=True)) == ["expired", "revoked"]


@pytest.mark.parametrize(
    ("numbers", "written"), [([1], "1"), ([3, 1, 2, 7], "1-3, 7"), ([1, 2, 4, 5], "1-2, 4-5"), ([], "")]
)
def test_numbers_are_written_as_ranges(numbers, written):
    assert ranges(numbers) == written
