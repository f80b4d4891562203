"""One micro-form per unit bought: prefixed, kept, copied, counted."""

import pytest

from shop.cart.models import CartUnit
from tests.shop.steps import cart_of, put_in_cart, type_quantity, type_units

pytestmark = pytest.mark.django_db


@pytest.fixture
def buyer(visitor, entry_with_forms):
    """Return a visitor's browser with three units of an entry that asks for a name each."""
    put_in_cart(visitor, entry_with_forms, 3)
    return visitor


def kept_names(client) -> dict[int, str]:
    return {unit.index: unit.answers.get("name", "") for unit in CartUnit.objects.filter(line__cart=cart_of(client))}


def test_there_is_one_form_for_each_unit_and_none_shows_an_error_at_first(buyer):
    page = buyer.get("/checkout/units/")
    assert [unit.number for unit in page.context["units"]] == [1, 2, 3]
    assert page.context["wrong"] == []
    assert "Unit 3 of 3" in page.content.decode()


def test_right_forms_are_kept_while_another_is_wrong(buyer):
    answer = type_units(buyer, "Ann", "", "Cleo")
    assert answer.url == "/checkout/units/?page=1"
    assert kept_names(buyer) == {0: "Ann", 1: "", 2: "Cleo"}
    page = buyer.get(answer.url)
    assert [unit.number for unit in page.context["wrong"]] == [2]
    assert [unit.form.own["name"].value() for unit in page.context["units"]] == ["Ann", "", "Cleo"]
    line = cart_of(buyer).lines.get()
    assert f'<a href="#id_unit-{line.pk}-1-name">Unit 2, Name</a>' in page.content.decode()


def test_complete_forms_lead_to_the_details(buyer):
    answer = type_units(buyer, "Ann", "Bob", "Cleo")
    assert answer.url == "/checkout/details/"
    assert cart_of(buyer).lines.get().units_confirmed


def test_a_unit_is_copied_from_the_first_and_nothing_else_is_lost(buyer):
    answer = type_units(buyer, "Ann", "Bob", "", copy="2")
    assert answer.url == "/checkout/units/?page=1#unit-3"
    assert kept_names(buyer) == {0: "Ann", 1: "Bob", 2: "Ann"}


@pytest.mark.parametrize("index", ["0", "3", "99", "-1", "abc", "١"])
def test_copying_into_no_unit_of_the_page_copies_nothing(buyer, index):
    assert type_units(buyer, "Ann", "Bob", "", copy=index).url == "/checkout/units/?page=1"
    assert kept_names(buyer) == {0: "Ann", 1: "Bob", 2: ""}


def test_going_back_keeps_what_was_typed(buyer):
    assert type_units(buyer, "Ann", "", "", back="1").url == "/cart/"
    assert kept_names(buyer)[0] == "Ann"


def test_the_number_of_forms_follows_the_quantity_and_answers_wait(buyer):
    type_units(buyer, "Ann", "Bob", "Cleo")
    type_quantity(buyer, 2, update="1")
    page = buyer.get("/checkout/units/")
    assert len(page.context["units"]) == 2
    type_quantity(buyer, 4, update="1")
    page = buyer.get("/checkout/units/")
    assert [unit.form.own["name"].value() for unit in page.context["units"]] == ["Ann", "Bob", "Cleo", None]


def test_a_changed_quantity_asks_for_the_units_again(buyer):
    type_units(buyer, "Ann", "Bob", "Cleo")
    type_quantity(buyer, 4, update="1")
    assert buyer.get("/checkout/details/").url == "/checkout/units/"


def test_sixty_units_come_on_pages_of_25(visitor, entry_with_forms):
    put_in_cart(visitor, entry_with_forms, 60)
    assert type_units(visitor, *["A"] * 25, page=1).url == "/checkout/units/?page=2"
    page = visitor.get("/checkout/units/?page=3")
    assert [unit.number for unit in page.context["units"]] == list(range(51, 61))
    assert type_units(visitor, *["A"] * 25, start=25, page=2).url == "/checkout/units/?page=3"
    assert type_units(visitor, *["A"] * 10, start=50, page=3).url == "/checkout/details/"


def test_after_the_last_page_the_first_page_with_an_error_is_shown(visitor, entry_with_forms):
    put_in_cart(visitor, entry_with_forms, 30)
    assert type_units(visitor, *["A"] * 5, start=25, page=2).url == "/checkout/units/?page=1"


@pytest.mark.parametrize("page", ["0", "2", "-1", "abc", "١", "9" * 30])
def test_a_page_that_does_not_exist_shows_the_first(buyer, page):
    assert [unit.number for unit in buyer.get(f"/checkout/units/?page={page}").context["units"]] == [1, 2, 3]


def test_units_beyond_the_quantity_and_of_other_lines_are_not_kept(buyer):
    line = cart_of(buyer).lines.get()
    buyer.post("/checkout/units/?page=1", {f"unit-{line.pk}-7-name": "X", "unit-999-0-name": "Y", "next": "1"})
    assert kept_names(buyer) == {}


def test_what_is_typed_is_shown_again_as_text(buyer):
    page = buyer.get(type_units(buyer, "<script>alert(1)</script>", "", "").url).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page


def test_too_much_text_is_refused_at_its_field(buyer):
    type_units(buyer, "A" * 10_000, "Bob", "Cleo")
    page = buyer.get("/checkout/units/")
    assert [unit.number for unit in page.context["wrong"]] == [1]


def test_getting_the_page_confirms_nothing(buyer):
    buyer.get("/checkout/units/", {"next": "1"})
    assert not cart_of(buyer).lines.get().units_confirmed
    assert buyer.get("/checkout/details/").url == "/checkout/units/"
