"""A customer answers the fields of an entry, one form per unit, without JavaScript."""

import pytest
from django.test import Client
from django.utils import translation

from catalog.entry_fields import fields_of
from shop.cart.models import CartUnit
from shop.orders.lines.models import OrderLine, OrderUnit
from shop.orders.models import Order
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory
from tests.factories.entry_fields import ask, make_field
from tests.shop.steps import cart_of, press_order, put_in_cart, type_details, units_shown

pytestmark = pytest.mark.django_db

UNITS = "/checkout/units/"


@pytest.fixture
def overalls():
    """Make an entry without delivery that asks a size and an optional diet."""
    return ask(
        EntryFactory(code="OVERALL", name_en="Overall", name_fr="Combinaison"),
        make_field("size", "choice", is_required=True, label_en="Size", label_fr="Taille"),
        make_field("diet", "long_text", label_en="Diet", label_fr="Régime"),
    )


def type_fields(client: Client, *units: dict[str, str], page: int = 1, start: int = 0, **more: str):
    line = cart_of(client).lines.first()
    typed = {
        f"field-{line.pk}-{index}-{name}": value
        for index, unit in enumerate(units, start=start)
        for name, value in unit.items()
    }
    made_from = units_shown(line, range(start, start + len(units)))
    return client.post(f"{UNITS}?page={page}", {**made_from, **typed, **(more or {"next": "1"})})


def kept(client: Client) -> list[dict[str, str]]:
    return [unit.fields for unit in CartUnit.objects.filter(line__cart=cart_of(client)).order_by("index")]


def test_an_entry_without_handler_has_a_form_for_each_unit(visitor, overalls):
    put_in_cart(visitor, overalls, 2)
    assert visitor.get("/checkout/details/").url == UNITS

    page = visitor.get(UNITS)
    assert [unit.number for unit in page.context["units"]] == [1, 2]
    assert "Size" in page.content.decode()
    assert type_fields(visitor, {"size": "s", "diet": ""}, {"size": "m", "diet": "no nuts\r\nno fish"}).url == (
        "/checkout/details/"
    )
    type_details(visitor)
    review = visitor.get("/checkout/review/").content.decode()
    assert "Small" in review
    assert "no nuts\nno fish" in review
    order = Order.objects.get(token=press_order(visitor).url.split("/")[2])

    assert [unit.fields for unit in OrderUnit.objects.order_by("index")] == [
        {"size": "s", "diet": ""},
        {"size": "m", "diet": "no nuts\nno fish"},
    ]
    assert {unit.answers == {} for unit in OrderUnit.objects.all()} == {True}
    page = visitor.get(f"/orders/{order.token}/").content.decode()
    assert "Size" in page
    assert "Medium" in page
    french = visitor.get(f"/orders/{order.token}/", headers={"accept-language": "fr"}).content.decode()
    assert "Taille" in french
    assert "Moyenne" in french


def test_what_is_wrong_is_told_at_its_field_and_what_is_right_is_kept(visitor, overalls):
    put_in_cart(visitor, overalls, 3)
    answer = type_fields(visitor, {"size": "s"}, {"size": "xxl"}, {"size": "", "diet": "none"})

    page = visitor.get(answer.url)
    line = cart_of(visitor).lines.get()
    assert [unit.number for unit in page.context["wrong"]] == [2, 3]
    assert f'<a href="#id_field-{line.pk}-1-size">Unit 2, Size</a>' in page.content.decode()
    assert kept(visitor) == [{"size": "s"}, {"size": "xxl"}, {"size": "", "diet": "none"}]


def test_unit_1_is_copied(visitor, overalls):
    put_in_cart(visitor, overalls, 2)
    type_fields(visitor, {"size": "m", "diet": "none"}, {"size": ""}, copy="1")
    assert kept(visitor) == [{"size": "m", "diet": "none"}] * 2


def test_units_come_on_pages_of_25_and_500_at_most(visitor, overalls):
    assert put_in_cart(visitor, overalls, 501).status_code == 200
    put_in_cart(visitor, overalls, 26)
    assert type_fields(visitor, *[{"size": "s"}] * 25).url == f"{UNITS}?page=2"
    assert type_fields(visitor, {"size": "s"}, page=2, start=25).url == "/checkout/details/"


def test_names_of_a_handler_and_of_a_merchant_never_meet(visitor, entry_with_forms, diary):
    entry = ask(entry_with_forms, make_field("name", label_en="Name on the badge"), make_field("clean", "checkbox"))
    put_in_cart(visitor, entry)
    line = cart_of(visitor).lines.get()
    visitor.post(UNITS, {f"unit-{line.pk}-0-name": "Ann", f"field-{line.pk}-0-name": "Annie", "next": "1"})
    type_details(visitor)
    press_order(visitor)

    unit = OrderUnit.objects.get()
    assert (unit.answers, unit.fields) == ({"name": "Ann"}, {"name": "Annie", "clean": False})
    [context] = diary.contexts
    [seen] = context.units
    assert (seen.answers, seen.fields) == (unit.answers, unit.fields)
    assert [field.name for field in context.fields_asked] == ["name", "clean"]


def test_a_later_edit_changes_nothing_on_what_was_sold(visitor, overalls):
    put_in_cart(visitor, overalls)
    type_fields(visitor, {"size": "s", "diet": "none"})
    type_details(visitor)
    url = press_order(visitor).url
    before = visitor.get(url).content.decode()

    ask(overalls, make_field("size", "number", label_en="Something else"))

    after = visitor.get(url).content.decode()
    assert "Small" in after
    assert "Something else" not in after
    assert [field.label_text for field in OrderLine.objects.get().fields_asked] == ["Size", "Diet"]
    assert ("none" in before, "none" in after) == (True, True)


def test_an_entry_edited_in_the_cart_asks_again_and_loses_nothing_else(visitor, overalls):
    put_in_cart(visitor, overalls, 2)
    type_fields(visitor, {"size": "s", "diet": "none"}, {"size": "m", "diet": ""})
    type_details(visitor)

    ask(overalls, make_field("diet", "long_text"), make_field("arrival", "date", is_required=True))

    assert visitor.get("/checkout/review/").url == UNITS
    page = visitor.get(UNITS)
    assert [unit.number for unit in page.context["wrong"]] == [1, 2]
    assert [unit.form.added["diet"].value() for unit in page.context["units"]] == ["none", ""]
    type_fields(visitor, {"diet": "none", "arrival": "2031-01-02"}, {"diet": "", "arrival": "2031-01-03"})
    press_order(visitor)
    assert OrderUnit.objects.order_by("index").first().fields == {"diet": "none", "arrival": "2031-01-02"}


def test_placing_asks_once_more(visitor, overalls):
    put_in_cart(visitor, overalls)
    type_fields(visitor, {"size": "s"})
    type_details(visitor)
    posted = visitor.get("/checkout/review/").context

    ask(overalls, make_field("size", "choice", choices=[{"value": v, "label": {"en": v}} for v in ("l", "xl")]))
    answer = visitor.post(
        "/checkout/review/",
        {"cart": posted["cart"].cart.token, "version": posted["cart"].version, "gross": str(posted["cart"].gross)},
    )

    assert answer.url == UNITS
    assert not Order.objects.exists()


def test_without_a_question_the_step_is_skipped_again(visitor, overalls):
    put_in_cart(visitor, overalls)
    ask(overalls)
    assert visitor.get("/checkout/details/").status_code == 200
    assert visitor.get(UNITS).url == "/checkout/details/"


def test_hostile_answers_stay_text(visitor, overalls):
    put_in_cart(visitor, overalls)
    hostile = "<script>alert(1)</script>\0" + "x" * 9_000
    page = visitor.get(type_fields(visitor, {"size": "s\0", "diet": hostile, "unknown": "x"}).url)
    assert "<script>alert" not in page.content.decode()
    assert [unit.number for unit in page.context["wrong"]] == [1]


class TestASessionWhoseSeatsAreFilledLater:
    @pytest.fixture
    def session(self):
        course = CourseFactory(short_name="SEC-1", capacity=50)
        entry = EntryFactory(handler="std_setuponecoursesession", parameters={"coursename": course.short_name})
        return ask(entry, make_field("size", "choice", is_required=True))

    def typed(self, client, email, size):
        line = cart_of(client).lines.get()
        first, last = ("Jo", "Roy") if email else ("", "")
        names = {"role": "student", "email": email, "first_name": first, "last_name": last}
        answers = {f"unit-{line.pk}-0-{name}": value for name, value in names.items()}
        return client.post(UNITS, {**units_shown(line, [0]), **answers, f"field-{line.pk}-0-size": size, "next": "1"})

    def test_a_wholly_blank_unit_is_right(self, visitor, session):
        put_in_cart(visitor, session)
        assert self.typed(visitor, "", "").url == "/checkout/details/"
        type_details(visitor)
        press_order(visitor)
        assert OrderUnit.objects.get().fields == {}

    def test_a_participant_is_asked(self, visitor, session):
        put_in_cart(visitor, session)
        assert self.typed(visitor, "jo@example.org", "").url == f"{UNITS}?page=1"
        assert self.typed(visitor, "jo@example.org", "s").url == "/checkout/details/"


def test_a_label_that_is_missing_is_borrowed(overalls):
    entry = ask(overalls, make_field("size", "choice", label_en=""))
    with translation.override("en"):
        assert fields_of(entry)[0].label_text == "Size (fr)"
