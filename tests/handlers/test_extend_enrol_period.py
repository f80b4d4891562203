"""`std_extendenrolperiod`, from the cart to the extension and back."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from common.moments import days_later
from enrolments.courses.places.services import taken
from enrolments.extension.models import SeatExtension
from enrolments.grounds.models import Enrolment, Ground
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.expire import expire_seats
from enrolments.seats.models import Seat, SeatState
from enrolments.values import Terms
from handlers.contract import Buyer, Revocation, RevokeReason
from handlers.giving_back import take_back_without_script
from handlers.registry import get_handler
from handlers.testing import account_with_operator, line_context, make_person, units
from handlers.testing import deliver as deliver_line
from shop.cart.models import Cart
from shop.checkout.errors import HandlerRefused, UnitsIncomplete
from tests.enrolments.extension.given import key_of
from tests.enrolments.given import given_pack, given_session
from tests.factories.accounts import MembershipFactory
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory
from tests.factories.shop import deliver, make_cart, pay, place
from tests.shop.steps import put_in_cart, signed_in

pytestmark = pytest.mark.django_db

NAME = "std_extendenrolperiod"


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def owner():
    return MembershipFactory(is_owner=True)


@pytest.fixture
def entry():
    return EntryFactory(code="MORE", handler=NAME, parameters={"extension": 30})


def person_in_course(account, course, *, ends):
    """Return the ground of somebody whom a session of the account has put into a course."""
    made = given_session(course, account, learners=(make_person(),), terms=Terms(ends_at=ends), now=timezone.now())
    return Ground.objects.get(line_id=made.batch.line_id, kind="seat")


def order_of(entry, owner, *targets, account=None):
    Cart.objects.filter(user=owner.user, ordered_at=None).delete()
    picked = [{"target": key_of(target)} for target in targets]
    cart = make_cart(entry, quantity=len(picked), units=picked, user=owner.user)
    return place(cart, user=owner.user, account=account or owner.account, operator=owner.user)


def test_it_is_bought_paid_and_delivered(owner, entry, now):
    ends = days_later(now, 5)
    ground = person_in_course(owner.account, CourseFactory(), ends=ends)
    [seat] = given_pack(owner.account, valid_until=ends)

    order = order_of(entry, owner, ground, seat)
    pay(order)
    assert deliver(order).status == "completed"

    assert Enrolment.objects.get(pk=ground.enrolment_id).ends_at == days_later(ends, 30)
    assert Seat.objects.get(pk=seat.pk).valid_until == days_later(ends, 30)
    said = order.lines.get().feedback.get().public["en"]
    assert said == "1 enrolment was extended. 1 free seat was extended. Each unit adds 30 days."


def test_its_place_in_an_order_names_person_and_seat(owner, entry, now):
    ground = person_in_course(owner.account, CourseFactory(name_en="Fire safety"), ends=days_later(now, 5))
    order = order_of(entry, owner, ground)

    shown = signed_in(owner.user).get(reverse("order", args=[order.token])).content.decode()

    assert "Fire safety" in shown
    assert key_of(ground) not in shown


def test_what_another_account_owns_is_refused_at_the_field_as_unknown(owner, entry, now):
    person_in_course(owner.account, CourseFactory(), ends=days_later(now, 5))
    other = MembershipFactory(is_owner=True)
    foreign = person_in_course(other.account, CourseFactory(), ends=days_later(now, 5))
    [seat] = given_pack(other.account, valid_until=days_later(now, 5))

    with pytest.raises(UnitsIncomplete) as refused:
        order_of(entry, owner, foreign, seat)

    assert [(error.index, error.field) for error in refused.value.errors] == [(0, "target"), (1, "target")]
    [said] = {error.message for error in refused.value.errors}
    assert said == "This is not among the seats and enrolments of your account. Choose another one."


def test_what_another_of_the_buyer_s_accounts_owns_is_refused_when_it_is_placed(owner, entry, now):
    second = MembershipFactory(user=owner.user, is_owner=True)
    ground = person_in_course(second.account, CourseFactory(), ends=days_later(now, 5))

    with pytest.raises(HandlerRefused) as refused:
        order_of(entry, owner, ground)

    assert "Unit 1: This is not among the seats and enrolments of the account that buys." in str(refused.value)
    assert order_of(entry, owner, ground, account=second.account).account == second.account


@pytest.mark.parametrize("roles", [{"is_buyer": True}, {"is_operator": True}, {"is_accountant": True}])
def test_only_who_buys_and_places_people_is_offered_it(owner, now, roles):
    given_pack(owner.account, valid_until=days_later(now, 5))
    member = MembershipFactory(account=owner.account, is_owner=False, **roles).user
    handler = get_handler(NAME)

    assert not handler.is_offered_to({"extension": 30}, member, now=now)
    assert Buyer(member).accounts() == []
    assert handler.is_offered_to({"extension": 30}, owner.user, now=now)


def test_who_owns_nothing_with_an_end_reads_why_it_is_not_sold(entry):
    client = signed_in(MembershipFactory(is_owner=True).user)

    shown = put_in_cart(client, entry)

    assert "There is nothing to extend yet" in shown.content.decode()


def test_a_visitor_is_asked_to_sign_in(client, entry):
    assert "Please sign in to buy this." in client.get("/e/MORE/", headers={"accept-language": "en"}).content.decode()


def test_an_extension_that_gains_nothing_is_refused_at_checkout(owner, entry, now):
    course = CourseFactory(last_day=days_later(now, 20).date())
    ground = person_in_course(owner.account, course, ends=days_later(now, 5))
    endless = given_session(CourseFactory(), owner.account, learners=(make_person(),), now=now).batch

    with pytest.raises(UnitsIncomplete) as refused:
        order_of(entry, owner, ground, ground, ground)
    assert [(error.index, error.field) for error in refused.value.errors] == [(1, "target"), (2, "target")]

    with pytest.raises(UnitsIncomplete) as refused:
        order_of(entry, owner, Ground.objects.get(line_id=endless.line_id, kind="seat"))
    assert [(error.index, error.field) for error in refused.value.errors] == [(0, "target")]


def test_a_unit_without_a_choice_is_not_sold(owner, entry, now):
    given_pack(owner.account, valid_until=days_later(now, 5))

    with pytest.raises(UnitsIncomplete):
        place(
            make_cart(entry, quantity=1, units=[{"target": ""}], user=owner.user),
            user=owner.user,
            account=owner.account,
        )


def test_without_its_script_seats_and_enrolments_are_taken_back_all_the_same(now):
    account, operator = account_with_operator()
    ends = days_later(now, 5)
    ground = person_in_course(account, CourseFactory(), ends=ends)
    [seat] = given_pack(account, valid_until=ends)
    picked = units({"target": key_of(ground)}, {"target": key_of(seat)})
    line = line_context(NAME, account=account, operator=operator, units=picked, typed={"extension": 30}, now=now)
    deliver_line(NAME, line)

    take_back_without_script(line, line.units, Revocation(RevokeReason.REFUNDED))

    assert Enrolment.objects.get(pk=ground.enrolment_id).ends_at == ends
    assert Seat.objects.get(pk=seat.pk).valid_until is None
    assert not SeatExtension.objects.live().exists()


def test_what_it_cannot_deliver_any_more_is_told_at_the_line(owner, entry, now):
    [seat] = given_pack(owner.account, valid_until=days_later(now, 5))
    order = order_of(entry, owner, seat)
    Seat.objects.filter(pk=seat.pk).update(state=SeatState.REVOKED)
    pay(order)

    deliver(order)

    line = order.lines.get()
    assert line.status == "failed"
    assert "Our team has been told" in line.failure_text


def expired_seat_of_a_session(account, course, now):
    """Return a blank seat of a session that has expired, and given its place back."""
    batch = given_session(course, account, blanks=1, now=now - timedelta(days=9)).batch
    SeatBatch.objects.filter(pk=batch.pk).update(valid_until=now - timedelta(days=1))
    assert expire_seats(now=now) == 1
    return batch.seats.get()


def test_an_expired_seat_of_a_session_has_its_place_held_from_checkout(owner, entry, now):
    course = CourseFactory(capacity=1)
    seat = expired_seat_of_a_session(owner.account, course, now)
    assert taken([course.pk])[course.pk] == 0

    order = order_of(entry, owner, seat)
    assert taken([course.pk])[course.pk] == 1
    pay(order)
    assert deliver(order).status == "completed"

    seat.refresh_from_db()
    assert (seat.state, seat.keeps_place) == (SeatState.AVAILABLE, True)
    assert taken([course.pk])[course.pk] == 1


def test_an_expired_seat_of_a_session_does_not_come_back_into_a_full_course(owner, entry, now):
    course = CourseFactory(capacity=1)
    seat = expired_seat_of_a_session(owner.account, course, now)
    given_session(course, MembershipFactory().account, learners=(make_person(),), now=now)

    with pytest.raises(HandlerRefused):
        order_of(entry, owner, seat)
