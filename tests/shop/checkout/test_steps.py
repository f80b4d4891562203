"""Order of the steps: none is passed over, none without content is shown."""

import pytest

from tests.shop.steps import put_in_cart, type_details, type_units

pytestmark = pytest.mark.django_db

STEPS = ["/checkout/", "/checkout/units/", "/checkout/details/", "/checkout/review/"]


@pytest.mark.parametrize("address", STEPS)
def test_without_a_cart_every_step_leads_to_the_cart(visitor, address):
    assert visitor.get(address).url == "/cart/"


def test_an_entry_without_forms_skips_the_units(visitor, entry):
    put_in_cart(visitor, entry)
    assert visitor.get("/checkout/").url == "/checkout/details/"
    assert visitor.get("/checkout/units/").url == "/checkout/details/"
    labels = [str(step.label) for step in visitor.get("/checkout/details/").context["steps"]]
    assert labels == ["Cart", "Your details", "Review", "Payment"]


@pytest.mark.parametrize("address", ["/checkout/", "/checkout/details/", "/checkout/review/"])
def test_a_jump_ahead_goes_to_the_first_incomplete_step(visitor, entry_with_forms, address):
    put_in_cart(visitor, entry_with_forms, 2)
    assert visitor.get(address).url == "/checkout/units/"
    assert visitor.post(address, {}).status_code in (302, 405)


def test_a_jump_over_the_details_goes_to_the_details(visitor, entry_with_forms):
    put_in_cart(visitor, entry_with_forms, 1)
    type_units(visitor, "Ann")
    assert visitor.get("/checkout/review/").url == "/checkout/details/"


def test_the_indicator_names_where_one_is_and_links_back_only(visitor, entry_with_forms):
    put_in_cart(visitor, entry_with_forms, 1)
    type_units(visitor, "Ann")
    steps = visitor.get("/checkout/details/").context["steps"]
    assert [(str(step.label), step.url, step.is_current, step.is_done) for step in steps] == [
        ("Cart", "/cart/", False, True),
        ("Units", "/checkout/units/", False, True),
        ("Your details", None, True, False),
        ("Review", None, False, False),
        ("Payment", None, False, False),
    ]


def test_a_finished_step_can_be_visited_again(visitor, entry):
    put_in_cart(visitor, entry)
    type_details(visitor)
    assert visitor.get("/checkout/details/").status_code == 200
    assert visitor.get("/checkout/").url == "/checkout/review/"
