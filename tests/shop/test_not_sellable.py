"""Entries that cannot be sold are not on sale: told on every page before anything is typed, and sold once mended."""

from datetime import timedelta

import pytest
from django.utils import timezone

from catalog.models.entries import Entry
from common.moments import local_day
from enrolments.courses.models import Course, CourseName
from enrolments.courses.places.models import PlaceHold
from handlers.contract import Handler
from handlers.registry import temporary
from shop.checkout.errors import CheckoutRefused
from shop.orders.models import Order
from tests.factories.accounts import CustomerAccountFactory
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory
from tests.factories.shop import make_cart, place, shown_now
from tests.shop.admin_pages import text_of
from tests.shop.steps import cart_of, press_order, put_in_cart, review_form, type_details

pytestmark = pytest.mark.django_db

NOT_NOW = "This cannot be bought at the moment."


class Installed(Handler):
    """Handler that tests remove and install again."""

    name = "ext_installed"
    label = "Installed"


def yesterday():
    return local_day(timezone.now()) - timedelta(days=1)


def course() -> Course:
    return Course.objects.get()


class Cause:
    """Something that keeps the entry SOLD from being sold, and its mending."""

    said = NOT_NOW

    def happen(self) -> None:
        raise NotImplementedError

    def mend(self) -> None:
        raise NotImplementedError


class Full(Cause):
    said = "This course is full at the moment."

    def happen(self):
        PlaceHold.objects.create(
            course=course(),
            account=CustomerAccountFactory(),
            order_id=1_000_000,
            line_id=1,
            places=5,
            held_at=timezone.now(),
        )

    def mend(self):
        PlaceHold.objects.filter(line_id=1).update(released_at=timezone.now())


class Hidden(Cause):
    def happen(self):
        Course.objects.update(is_visible=False)

    def mend(self):
        Course.objects.update(is_visible=True)


class Closed(Cause):
    said = "Enrolment has closed."

    def happen(self):
        Course.objects.update(enrolment_closes_on=yesterday())

    def mend(self):
        Course.objects.update(enrolment_closes_on=None)


class Over(Cause):
    said = "This course is over."

    def happen(self):
        Course.objects.update(last_day=yesterday())

    def mend(self):
        Course.objects.update(last_day=None)


class Missing(Cause):
    def happen(self):
        CourseName.objects.update(name="OTHER")

    def mend(self):
        CourseName.objects.update(name="SEC-1")


class PastEnd(Cause):
    said = "This is over, so it is no longer sold."

    def happen(self):
        Entry.objects.filter(code="SOLD").update(parameters={"coursename": "SEC-1", "endtime": yesterday().isoformat()})

    def mend(self):
        Entry.objects.filter(code="SOLD").update(parameters={"coursename": "SEC-1"})


class Faulty(Cause):
    def happen(self):
        Entry.objects.filter(code="SOLD").update(faults=[{"field": "", "message": {"en": "x"}}], faults_version=1)

    def mend(self):
        Entry.objects.update(faults=[])


class HandlerGone(Cause):
    said = "This cannot be delivered for the moment, so it is not sold. Please contact us."

    def happen(self):
        Entry.objects.filter(code="SOLD").update(handler="ext_gone")

    def mend(self):
        Entry.objects.filter(code="SOLD").update(handler="std_setuponecoursesession")


CAUSES = [Full(), Hidden(), Closed(), Over(), Missing(), PastEnd(), Faulty(), HandlerGone()]


@pytest.fixture
def sold(db) -> Entry:
    CourseFactory(short_name="SEC-1", name_en="Safety", capacity=5)
    return EntryFactory(
        code="SOLD", name_en="Safety session", handler="std_setuponecoursesession", parameters={"coursename": "SEC-1"}
    )


@pytest.fixture(params=CAUSES, ids=lambda cause: type(cause).__name__)
def cause(request) -> Cause:
    return request.param


def test_is_told_on_the_entrys_page_and_on_its_tile(visitor, sold, cause):
    assert "Add to the cart" in visitor.get("/e/SOLD/").content.decode()

    cause.happen()
    page = visitor.get("/e/SOLD/").content.decode()
    assert cause.said in page
    assert "Add to the cart" not in page
    for address in ("/", f"/c/{sold.category.slug}/", "/?q=safety"):
        assert [card.notice for card in visitor.get(address).context["cards"]] == [cause.said]
    assert put_in_cart(visitor, sold).status_code == 200
    assert "cart" not in visitor.session

    cause.mend()
    assert "Add to the cart" in visitor.get("/e/SOLD/").content.decode()
    assert [card.notice for card in visitor.get("/").context["cards"]] == ["Only 5 places are left."]
    assert put_in_cart(visitor, sold).status_code == 302


def test_is_told_in_the_cart_and_at_every_step_before_anything_is_typed(visitor, sold, cause):
    other = EntryFactory(code="OTHER", name_en="Chair")
    put_in_cart(visitor, sold)
    put_in_cart(visitor, other)

    cause.happen()
    first, second = visitor.get("/cart/").context["cart"].lines
    assert first.problems == (cause.said,)
    assert second.problems == ()
    for step in ("units", "details", "review"):
        assert visitor.get(f"/checkout/{step}/").url == "/cart/"

    cause.mend()
    assert not visitor.get("/cart/").context["cart"].has_problems
    assert visitor.get("/checkout/units/").status_code == 200


def test_the_rest_goes_on_without_it(visitor, sold, cause):
    put_in_cart(visitor, sold)
    put_in_cart(visitor, EntryFactory(code="OTHER"))
    cause.happen()

    assert "Remove what cannot be bought, and continue" in visitor.get("/cart/").content.decode()
    assert visitor.post("/cart/", {"without": "1"}).url == "/checkout/details/"

    assert [line.entry.code for line in cart_of(visitor).lines.all()] == ["OTHER"]
    type_details(visitor)
    assert press_order(visitor).status_code == 302
    assert [line.entry_code for line in Order.objects.get().lines.all()] == ["OTHER"]


def test_the_line_alone_can_be_removed(visitor, sold, cause):
    put_in_cart(visitor, sold)
    cause.happen()
    page = visitor.get("/cart/").content.decode()
    assert "Remove what cannot be bought" not in page
    visitor.post("/cart/", {"remove": cart_of(visitor).lines.get().pk})
    assert not cart_of(visitor).lines.exists()


def test_the_last_button_refuses_what_was_taken_after_the_review_was_shown(visitor, sold, cause):
    put_in_cart(visitor, sold)
    line = cart_of(visitor).lines.get()
    visitor.post("/checkout/units/", {f"unit-{line.pk}-0-role": "student", "next": "1"})
    type_details(visitor)
    posted = review_form(visitor.get("/checkout/review/").context)

    cause.happen()
    answer = visitor.post("/checkout/review/", posted)

    assert answer.url == "/cart/"
    assert not Order.objects.exists()


def test_the_service_refuses_it_too(sold, cause):
    cart = make_cart(sold)
    shown = shown_now(cart)
    cause.happen()
    with pytest.raises(CheckoutRefused):
        place(cart, shown=shown)
    assert not Order.objects.exists()


def test_a_handler_that_comes_back_is_sold_again(visitor):
    EntryFactory(code="EXT", handler="ext_installed")
    assert "cannot be delivered" in visitor.get("/e/EXT/").content.decode()
    with temporary(Installed):
        assert "Add to the cart" in visitor.get("/e/EXT/").content.decode()


class TestQuantities:
    def test_a_larger_one_than_the_places_left_is_told_on_the_page_and_in_the_cart(self, visitor, sold):
        answer = put_in_cart(visitor, sold, 6)
        assert answer.context["form"].errors["quantity"] == ["Only 5 places are left."]

        put_in_cart(visitor, sold, 4)
        Course.objects.update(capacity=3)
        [line] = visitor.get("/cart/").context["cart"].lines
        assert line.problems == ("Only 3 places are left.",)
        assert not line.is_gone
        visitor.post("/cart/", {f"quantity-{line.line.pk}": "3", "update": "1"})
        assert not visitor.get("/cart/").context["cart"].has_problems

    def test_one_place_is_told_in_french(self, visitor, sold):
        Course.objects.update(capacity=1)
        page = visitor.get("/e/SOLD/", headers={"accept-language": "fr"}).content.decode()
        assert "Il ne reste plus qu’une place." in page

    def test_lines_for_one_course_are_added_up(self, visitor, sold):
        twin = EntryFactory(handler="std_setuponecoursesession", parameters={"coursename": "sec-1"})
        put_in_cart(visitor, sold, 3)
        put_in_cart(visitor, twin, 3)
        first, second = visitor.get("/cart/").context["cart"].lines
        assert first.problems == ()
        assert second.problems == (
            "Only 5 places are left in the course “Safety”, for all lines of this cart together.",
        )


class TestEntryPage:
    def test_shows_the_course_its_days_and_town_and_never_the_place(self, visitor, sold):
        Course.objects.update(
            first_day=local_day(timezone.now()), last_day=local_day(timezone.now()), venue_en="Lyon",
            place_en="Door code 1234", summary_en="What it is about",
        )  # fmt: skip
        page = text_of(visitor.get("/e/SOLD/"))
        for words in ("The course: Safety", "Dates", "Lyon", "Only 5 places are left.", "What it is about"):
            assert words in page
        assert "Door code" not in page

    def test_tells_a_capacity_and_not_how_many_of_many_places_are_left(self, visitor, sold):
        Course.objects.update(capacity=50)
        page = text_of(visitor.get("/e/SOLD/"))
        assert "50 at most" in page
        assert "left" not in page

    def test_tells_pack_free_tutors_and_length_in_words(self, visitor, sold):
        EntryFactory(
            code="PACK", handler="std_generateseats", parameters={"packsize": 10, "validity": 365, "duration": 90}
        )
        Entry.objects.filter(code="SOLD").update(parameters={"coursename": "SEC-1", "freetutors": 2})
        pack = text_of(visitor.get("/e/PACK/"))
        for words in ("10 seats", "for 365 days after payment", "90 days"):
            assert words in pack
        assert "up to 2 tutors take part free of charge" in text_of(visitor.get("/e/SOLD/"))

    def test_names_the_courses_of_a_pattern_and_never_the_pattern(self, visitor):
        CourseFactory(short_name="SEC-1", name_en="Safety one")
        CourseFactory(short_name="SEC-2", name_en="Safety two", is_visible=False)
        EntryFactory(code="PACK", handler="std_generateseats", parameters={"courselist": "SEC-%"})
        page = text_of(visitor.get("/e/PACK/"))
        assert "Safety one" in page
        assert "Safety two" not in page
        assert "Every later course of this series counts too." in page
        assert "SEC-" not in page

    def test_a_hidden_course_is_not_described(self, visitor, sold):
        Course.objects.update(is_visible=False)
        assert "The course:" not in text_of(visitor.get("/e/SOLD/"))
