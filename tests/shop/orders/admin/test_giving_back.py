"""Giving units of a line back: the choice with its reason, a preview of the people concerned, the confirmation."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from enrolments.grounds.models import Enrolment
from enrolments.seats.enter import enter_course
from enrolments.seats.models import Seat
from shop.orders.admin.giving_back import UnitNumbersField
from shop.orders.giving_back.models import GivingBack
from shop.orders.history.models import OrderEvent
from shop.orders.lines.models import OrderUnit
from shop.orders.models import Order
from tests.factories.accounts import MembershipFactory
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory
from tests.factories.shop import deliver, make_cart, pay, place
from tests.shop.admin_pages import line_url, order_url, text_of, told
from tests.shop.merchants import browser_of, staff

pytestmark = pytest.mark.django_db


def participant(name):
    return {"role": "student", "email": f"{name}@example.org", "first_name": name.title(), "last_name": "Test"}


@pytest.fixture
def course():
    return CourseFactory(short_name="SEC-1")


@pytest.fixture
def line(course):
    """Return the line of a session of three: Ana, Bo who has entered the course, and a blank."""
    owner = MembershipFactory()
    entry = EntryFactory(handler="std_setuponecoursesession", parameters={"coursename": course.short_name})
    cart = make_cart(entry, quantity=3, units=[participant("ana"), participant("bo")], user=owner.user)
    order = place(cart, user=owner.user, account=owner.account)
    pay(order)
    deliver(order)
    bo = Seat.objects.get(person__email="bo@example.org").person
    enter_course(user=bo, course=course, now=timezone.now())
    return order.lines.get()


def typed(**changes):
    return {"units": "1, 3", "reason": "Agreed by telephone", "owes_money": "on"} | changes


def given_back():
    return OrderUnit.objects.filter(given_back_at__isnull=False).count()


def test_the_orders_page_offers_it_while_something_is_left(client, line):
    address = line_url(line, "give_back")
    assert address in client.get(order_url(line.order)).content.decode()
    client.post(address, typed(units="1-3", confirmed="yes", include_used="on"))
    assert Order.objects.get(pk=line.order_id).status == "completed"
    assert address not in client.get(order_url(line.order)).content.decode()
    assert "All units of this line have been given back already." in text_of(client.get(address))


def test_it_asks_first_and_shows_whom_it_concerns(client, line):
    address = line_url(line, "give_back")
    assert 'value="1-3"' in client.get(address).content.decode()
    page = text_of(client.post(address, typed(units="1-3")))
    assert "Ana Test SEC-1 Assigned" in page
    assert "Bo Test SEC-1 Consumed" in page
    assert "To be paid back €360.00" in page
    assert "Take the used seat back as well" in page
    assert given_back() == 0


def test_the_second_post_gives_back_and_the_history_tells_it(client, merchant, line):
    response = client.post(line_url(line, "give_back"), typed(confirmed="yes"), follow=True)
    assert told(response) == [("success", "2 units are given back. €240.00 are to be paid back.")]
    page = text_of(response)
    assert "Units 1, 3, worth €240.00 Agreed by telephone" in page
    assert OrderEvent.objects.get(what="units_given_back").actor == merchant
    assert list(Enrolment.objects.open().filter(role__code="student").values_list("user__email", flat=True)) == [
        "bo@example.org"
    ]


def test_a_used_seat_needs_its_own_tick(client, line):
    address = line_url(line, "give_back")
    refused = text_of(client.post(address, typed(units="2", confirmed="yes")))
    assert "1 of these seats is used: its person has entered the course." in refused
    assert given_back() == 0
    client.post(address, typed(units="2", confirmed="yes", include_used="on"))
    assert Seat.objects.get(unit_id=line.units.get(index=1).pk).state == "revoked"


def test_without_money(client, line):
    response = client.post(line_url(line, "give_back"), typed(units="3", owes_money="", confirmed="yes"), follow=True)
    assert told(response) == [("success", "1 unit is given back. Nothing is to be paid back for it.")]
    row = GivingBack.objects.get()
    assert (row.first_index, row.last_index, row.amount, row.why) == (2, 2, 0, "cancelled")


def test_an_order_given_back_without_money_is_completed_and_offers_nothing_more(client, line):
    address = line_url(line, "give_back")
    client.post(address, typed(units="1-3", owes_money="", confirmed="yes", include_used="on"))
    assert Order.objects.get(pk=line.order_id).status == "completed"
    page = client.get(order_url(line.order))
    assert address not in page.content.decode()
    assert "Completed" in text_of(page)
    assert "All units of this line have been given back already." in text_of(client.get(address))


def test_units_that_the_release_before_gave_back_are_not_offered(client, line):
    line.units.filter(index=1).update(given_back_at=timezone.now())
    address = line_url(line, "give_back")
    assert 'value="1, 3"' in client.get(address).content.decode()
    response = client.post(address, typed(units="2"))
    assert list(response.context["form"].errors) == ["units"]


@pytest.mark.parametrize(("field", "value"), [("units", ""), ("units", "4"), ("units", "one"), ("reason", "")])
def test_what_is_missing_or_wrong_is_told_at_its_field(client, line, field, value):
    response = client.post(line_url(line, "give_back"), typed(confirmed="yes", **{field: value}))
    assert list(response.context["form"].errors) == [field]
    assert given_back() == 0


def test_an_unpaid_order_has_nothing_to_give_back(client, order):
    address = line_url(order.lines.get(), "give_back")
    assert address not in client.get(order_url(order)).content.decode()
    assert "Only units of a paid order can be given back." in text_of(client.post(address, typed(units="1")))


def test_only_who_may_change_orders_and_with_the_forms_token(line, merchant):
    address = line_url(line, "give_back")
    looker = browser_of(staff("shop.view_order"))
    assert address not in looker.get(order_url(line.order)).content.decode()
    assert [looker.get(address).status_code, looker.post(address, typed(confirmed="yes")).status_code] == [403, 403]
    careful = browser_of(merchant, enforce_csrf_checks=True)
    assert careful.post(address, typed(confirmed="yes")).status_code == 403
    assert given_back() == 0


def test_a_line_of_another_order_is_not_found(client, line, order):
    assert client.get(f"/admin/shop/order/{order.pk}/lines/{line.pk}/give-back/").status_code == 404


def test_a_course_taken_by_the_buyer_names_them(client, course):
    owner = MembershipFactory()
    entry = EntryFactory(handler="std_enroloncourse", parameters={"coursename": course.short_name})
    order = place(make_cart(entry, user=owner.user), user=owner.user, account=owner.account)
    pay(order)
    deliver(order)
    page = text_of(client.post(line_url(order.lines.get(), "give_back"), typed(units="1")))
    assert f"{owner.user.get_full_name()} SEC-1 enrolled" in page


class TestNumbers:
    @pytest.mark.parametrize(
        ("written", "read"),
        [("1", {1}), (" 1 - 3,5 ", {1, 2, 3, 5}), ("3–5", {3, 4, 5}), ("2,2", {2})],
    )
    def test_are_read_as_people_write_them(self, written, read):
        field = UnitNumbersField()
        field.numbers = frozenset(range(1, 6))
        assert field.clean(written) == read

    @pytest.mark.parametrize("written", ["", "0", "6", "1, 9", "1-999999", "3-1", "-1", "1;2", "1-", ",", "٣"])
    def test_others_are_refused(self, written):
        field = UnitNumbersField()
        field.numbers = frozenset(range(1, 6))
        with pytest.raises(ValidationError):
            field.clean(written)
