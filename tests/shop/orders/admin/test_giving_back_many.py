"""A whole order, or all its tutors' seats, given back in one act."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from enrolments.seats.enter import enter_course
from enrolments.seats.models import Seat
from shop.orders.admin.giving_back_many import choose
from shop.orders.giving_back.models import GivingBack
from shop.orders.giving_back.owed import owed_for
from shop.orders.models import Order
from tests.factories.accounts import MembershipFactory
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory
from tests.factories.shop import deliver, fill_cart, make_cart, pay, place
from tests.shop.admin_pages import order_url, text_of, told
from tests.shop.merchants import browser_of, staff

pytestmark = pytest.mark.django_db


def participant(name: str, role: str = "student") -> dict[str, str]:
    return {"role": role, "email": f"{name}@example.org", "first_name": name.title(), "last_name": "Test"}


@pytest.fixture
def order() -> Order:
    return order_of_a_session()


def order_of_a_session() -> Order:
    """Return a paid order: a session of four at 120.00 each (Ana, Bo who has entered, Tom a tutor, a blank) and two
    books at 12.00."""
    course = CourseFactory(short_name="SEC-1")
    owner = MembershipFactory()
    entry = EntryFactory(handler="std_setuponecoursesession", parameters={"coursename": course.short_name})
    cart = make_cart(
        entry, quantity=4, units=[participant("ana"), participant("bo"), participant("tom", "tutor")], user=owner.user
    )
    fill_cart(cart, EntryFactory(code="BOOK", tiers={1: "10.00"}), quantity=2)
    order = place(cart, user=owner.user, account=owner.account)
    pay(order)
    deliver(order)
    enter_course(user=Seat.objects.get(person__email="bo@example.org").person, course=course, now=timezone.now())
    order.refresh_from_db()
    return order


@pytest.fixture
def client():
    return browser_of(staff("shop.view_order", "shop.give_back_units"))


def seen(client, order: Order, page: str, **changes: str) -> dict[str, str]:
    """Return what the page would post."""
    form = client.get(order_url(order, page)).context["form"]
    return {"seen": form.initial["seen"], "reason": "Course is off", "owes_money": "on"} | changes


def test_the_whole_order_goes_back_but_for_used_seats(client, order):
    page = text_of(client.get(order_url(order, "give_back_all")))
    assert "1, 3-4" in page
    assert "One used seat is left out unless you tick it." in page

    answer = client.post(order_url(order, "give_back_all"), seen(client, order, "give_back_all"), follow=True)

    assert told(answer)[0][0] == "success"
    ranges = GivingBack.objects.order_by("line__position", "first_index").values_list("first_index", "last_index")
    assert list(ranges) == [(0, 0), (2, 3), (0, 1)]
    assert owed_for(order) == order.gross - 120
    order.refresh_from_db()
    assert order.status == "completed"


def test_used_seats_go_only_by_an_explicit_yes_that_was_seen(client, order):
    posted = seen(client, order, "give_back_all", include_used="on")

    answer = client.post(order_url(order, "give_back_all"), posted)

    assert "The units have changed since the page was made." in text_of(answer)
    assert not GivingBack.objects.exists()
    posted["seen"] = answer.context["form"].data["seen"]
    client.post(order_url(order, "give_back_all"), posted)
    assert owed_for(order) == order.gross


def test_tutors_seats_go_back_in_one_act(client, order):
    assert "Give all tutors’ seats back" in text_of(client.get(order_url(order)))
    client.post(order_url(order, "give_back_tutors"), seen(client, order, "give_back_tutors"))

    assert list(GivingBack.objects.values_list("first_index", "last_index", "amount")) == [(2, 2, 120)]
    assert Seat.objects.get(unit_index=2).state == "revoked"
    assert "Give all tutors’ seats back" not in text_of(client.get(order_url(order)))


def test_another_amount_is_shared_out(client, order):
    client.post(order_url(order, "give_back_all"), seen(client, order, "give_back_all", amount="100,00"))
    assert owed_for(order) == 100


def test_too_much_is_refused_at_its_field_and_nothing_typed_is_lost(client, order):
    answer = client.post(order_url(order, "give_back_all"), seen(client, order, "give_back_all", amount="9999"))

    assert "No more than" in answer.context["form"].errors["amount"][0]
    assert "Course is off" in answer.content.decode()
    assert not GivingBack.objects.exists()


def test_a_page_of_before_gives_nothing_back(client, order):
    posted = seen(client, order, "give_back_all")
    client.post(order_url(order, "give_back_tutors"), seen(client, order, "give_back_tutors"))

    client.post(order_url(order, "give_back_all"), posted)

    assert GivingBack.objects.count() == 1


def test_takes_as_many_queries_for_many_lines(order, client):
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            choose(order, tutors_only=False, include_used=True, viewer=staff())
        return len(captured)

    few = queries()
    owner = MembershipFactory()
    cart = make_cart(EntryFactory(code="P1", tiers={1: "10.00"}), quantity=1, user=owner.user)
    for number in range(2, 6):
        fill_cart(cart, EntryFactory(code=f"P{number}", tiers={1: "10.00"}), quantity=1)
    order = place(cart, user=owner.user, account=owner.account)
    pay(order)
    assert queries() <= few
