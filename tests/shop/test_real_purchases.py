"""The standard handlers from cart to rows."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.people.delegation.models import Delegation
from accounts.people.models import User
from enrolments.courses.models import Course
from enrolments.courses.places.models import PlaceHold
from enrolments.courses.places.services import taken
from enrolments.grounds.models import Enrolment, Ground
from enrolments.seats.models import Seat
from handlers.contract import Refusal
from handlers.registry import get_handler
from shop.checkout.errors import HandlerRefused, UnitsIncomplete
from shop.orders.claim import claim_order, move_claimed_order
from shop.orders.ending import cancel_order, expire_orders
from shop.orders.models import Order
from shop.payments.models import Settlement
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory
from tests.factories.shop import deliver, fill_cart, make_cart, pay, place

pytestmark = pytest.mark.django_db


def session_entry(course, **parameters):
    return EntryFactory(handler="std_setuponecoursesession", parameters={"coursename": course.short_name} | parameters)


def participant(name: str, role: str = "student") -> dict[str, str]:
    return {"role": role, "email": f"{name}@example.org", "first_name": name.title(), "last_name": "Test"}


def test_capacity_is_kept_from_checkout_to_delivery_and_freed_by_expiry():
    course = CourseFactory(capacity=3)
    entry = session_entry(course)
    late = make_cart(entry, quantity=2)
    first = place(make_cart(entry, quantity=2, units=[participant("ana")]), email="a@example.org")
    with pytest.raises(HandlerRefused):
        place(late, email="b@example.org")
    expire_orders(now=first.placed_at + timedelta(days=1))
    assert taken([course.pk]).get(course.pk, 0) == 0
    second = place(make_cart(entry, quantity=3), email="c@example.org")
    pay(second)
    deliver(second)
    assert taken([course.pk])[course.pk] == 3
    assert not PlaceHold.objects.filter(released_at=None).exists()


def test_a_refusal_at_the_second_line_holds_no_place_for_the_first():
    roomy, full = CourseFactory(capacity=5), CourseFactory(capacity=2)
    cart = make_cart(session_entry(roomy), quantity=2)
    fill_cart(cart, session_entry(full), quantity=2)
    Course.objects.filter(pk=full.pk).update(capacity=1)

    with pytest.raises(HandlerRefused):
        place(cart)

    assert taken([roomy.pk, full.pk]) == {roomy.pk: 0, full.pk: 0}
    assert not PlaceHold.objects.exists()


@pytest.mark.parametrize("trouble", ["refuses", "is gone"])
def test_an_order_that_ends_unpaid_keeps_no_place_though_its_handler_will_not_give_back(trouble, monkeypatch):
    course = CourseFactory(capacity=2)
    order = place(make_cart(session_entry(course), quantity=2), email="a@example.org")
    if trouble == "is gone":
        order.lines.update(handler="ext_gone")
    else:
        monkeypatch.setattr(type(get_handler("std_setuponecoursesession")), "revoke", refuse)

    cancel_order(order_id=order.pk, actor=None, now=timezone.now())

    assert taken([course.pk]) == {course.pk: 0}
    assert place(make_cart(session_entry(course), quantity=2), email="b@example.org")


def refuse(*_asked):
    raise Refusal("Not today.")


def test_late_money_is_refused_when_the_places_are_gone_and_taken_when_not():
    course = CourseFactory(capacity=2)
    entry = session_entry(course)
    order = place(make_cart(entry, quantity=2), email="a@example.org")
    cancel_order(order_id=order.pk, actor=None, now=timezone.now())
    rival = place(make_cart(entry, quantity=1), email="b@example.org")
    assert pay(order) == "late"
    cancel_order(order_id=rival.pk, actor=None, now=timezone.now())
    assert pay(order, reference="second try") == "settled"
    assert Settlement.objects.count() == 1
    assert deliver(order).status == "completed"


def test_a_visitors_session_is_delivered_without_operator_and_gets_one_by_the_claim():
    known = UserFactory(email="known@example.org", first_name="Kim", last_name="Known")
    course, support = CourseFactory(group_mode="separate"), CourseFactory(short_name="HELP")
    entry = session_entry(course, customersupport="HELP", freetutors=1)
    units = [participant("ana"), participant("tom", "tutor"), participant("known"), {}]
    order = place(make_cart(entry, quantity=4, units=units), email="visitor@example.org")
    assert order.lines.get().charged == 3
    pay(order)
    deliver(order)

    assert order.status != "placed"
    assert sorted(Seat.objects.values_list("state", flat=True)) == ["assigned", "assigned", "assigned", "available"]
    assert not Delegation.objects.exists()
    known.refresh_from_db()
    assert (known.first_name, known.last_name) == ("Kim", "Known")
    visitor = UserFactory(email="visitor@example.org")
    claim_order(order_id=order.pk, user=visitor, now=timezone.now())

    assert set(Delegation.objects.values_list("person__email", flat=True)) == {
        "ana@example.org", "tom@example.org", "known@example.org",
    }  # fmt: skip
    assert Enrolment.objects.get(course=course, user=visitor).role.code == "teacher"
    assert Enrolment.objects.get(course=support, user=visitor).role.code == "student"
    in_group = Ground.objects.filter(group__order_id=order.pk, ended_at=None).values_list(
        "enrolment__user__email", flat=True
    )
    assert set(in_group) == {"ana@example.org", "tom@example.org", "known@example.org", "visitor@example.org"}

    own = MembershipFactory(user=visitor).account
    move_claimed_order(order_id=order.pk, user=visitor, account_id=own.pk, now=timezone.now())
    assert set(Seat.objects.values_list("account", flat=True)) == {own.pk}
    assert set(Delegation.objects.values_list("account", flat=True)) == {own.pk}
    assert set(Ground.objects.values_list("account", flat=True)) == {own.pk}
    assert set(User.objects.filter(created_by_account__isnull=False).values_list("created_by_account", flat=True)) == {
        own.pk
    }


def test_the_same_address_in_two_lines_of_one_session_is_refused_at_its_field():
    course = CourseFactory()
    first, second = session_entry(course), session_entry(course)
    cart = make_cart(first, quantity=1, units=[participant("ana")])
    fill_cart(cart, second, quantity=2, units=[{}, participant("ANA", "tutor")])
    with pytest.raises(UnitsIncomplete) as refusal:
        place(cart)
    assert {(error.field, error.index) for error in refusal.value.errors} >= {("email", 1)}
    assert not Order.objects.exists()


def test_packs_of_seats_arrive_whole():
    CourseFactory(short_name="SEC-1")
    owner = MembershipFactory()
    entry = EntryFactory(handler="std_generateseats", parameters={"packsize": 5, "courselist": "SEC-*", "validity": 30})
    order = place(make_cart(entry, quantity=3, user=owner.user), user=owner.user, account=owner.account)
    pay(order)
    deliver(order)
    seats = Seat.objects.filter(account=owner.account)
    assert seats.count() == 15
    assert set(seats.values_list("state", flat=True)) == {"available"}
    assert order.status == "completed"


def test_the_buyer_of_a_course_is_enrolled_and_is_not_offered_it_again():
    alice = UserFactory()
    course = CourseFactory(capacity=5)
    entry = EntryFactory(handler="std_enroloncourse", parameters={"coursename": course.short_name})
    order = place(make_cart(entry, user=alice), user=alice)
    pay(order)
    assert deliver(order).status == "completed"
    assert Enrolment.objects.get(user=alice, course=course).closed_at is None
    from shop.cart.services import EntryRefused

    with pytest.raises(EntryRefused):
        make_cart(entry, user=alice)
