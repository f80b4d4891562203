"""Units changed in another tab while their page was open: nothing typed in either is lost."""

import pytest
from django.utils import timezone

from shop.cart.models import CartUnit
from shop.cart.services import remove_line, save_units, set_quantity
from tests.factories.catalog import EntryFactory
from tests.factories.shop import fill_cart
from tests.shop.steps import cart_of, put_in_cart, type_quantity, type_units, units_shown

pytestmark = pytest.mark.django_db

UNITS = "/checkout/units/"


@pytest.fixture
def buyer(visitor, entry_with_forms):
    """Return a visitor's browser with three units of an entry that asks for a name each."""
    put_in_cart(visitor, entry_with_forms, 3)
    return visitor


def kept(client) -> dict[int, str]:
    return {unit.index: unit.answers.get("name", "") for unit in CartUnit.objects.filter(line__cart=cart_of(client))}


def old_page(client, *names: str) -> dict[str, object]:
    """Return what a page opened now sends once these names are typed into its first units."""
    line = cart_of(client).lines.first()
    typed = {f"unit-{line.pk}-{index}-name": name for index, name in enumerate(names)}
    return {**units_shown(line, range(len(names))), **typed, "next": "1"}


def elsewhere(client, **names: str) -> None:
    line = cart_of(client).lines.first()
    answers = {int(index.removeprefix("unit")) - 1: {"name": name} for index, name in names.items()}
    save_units(cart=cart_of(client), line_id=line.pk, answers=answers)


def test_the_page_sends_line_quantity_and_version_of_each_unit(buyer):
    type_units(buyer, "Ann", "", "")
    page = buyer.get(UNITS)
    text = page.content.decode()
    for name, value in units_shown(cart_of(buyer).lines.get(), range(3)).items():
        assert f'<input type="hidden" name="{name}" value="{value}">' in text
    assert len({unit.version for unit in page.context["units"]}) == 2


def test_an_old_page_leaves_units_alone_that_it_did_not_contain(buyer):
    type_quantity(buyer, 2, update="1")
    sent = old_page(buyer, "Ann", "Bob")
    type_quantity(buyer, 3, update="1")
    elsewhere(buyer, unit3="Cleo")

    answer = buyer.post(UNITS, sent)

    assert kept(buyer) == {0: "Ann", 1: "Bob", 2: "Cleo"}
    assert answer.url == f"{UNITS}?page=1"
    assert "was changed elsewhere, to 3." in buyer.get(answer.url).content.decode()


def test_an_old_page_wipes_nothing_that_it_showed_blank(buyer):
    sent = old_page(buyer, "Ann", "", "")
    elsewhere(buyer, unit2="Bob", unit3="Cleo")

    assert buyer.post(UNITS, sent).url == "/checkout/details/"

    assert kept(buyer) == {0: "Ann", 1: "Bob", 2: "Cleo"}


def test_a_unit_changed_on_both_sides_shows_both_values_and_the_others_are_saved(buyer):
    type_units(buyer, "Ann", "Bob", "")
    sent = old_page(buyer, "Ann", "Robert", "Cleo")
    elsewhere(buyer, unit2="Bobby")

    answer = buyer.post(UNITS, sent | {"rows": "Emil\nFay"})

    assert answer.status_code == 409
    assert answer.context["rows"] == "Emil\nFay"
    assert kept(buyer) == {0: "Ann", 1: "Bobby", 2: "Cleo"}
    [changed] = answer.context["changed"]
    assert (changed.number, changed.elsewhere, changed.form.own["name"].value()) == (2, [("Name", "Bobby")], "Robert")
    assert "Bobby" in answer.content.decode()
    assert type_units(buyer, "Ann", "Robert", "Cleo").url == "/checkout/details/"
    assert kept(buyer)[1] == "Robert"


def test_the_same_change_on_both_sides_is_none(buyer):
    sent = old_page(buyer, "Ann", "Bob", "Cleo")
    elsewhere(buyer, unit1="Ann")

    assert buyer.post(UNITS, sent).url == "/checkout/details/"


def test_a_unit_without_a_version_overwrites_nothing(buyer):
    type_units(buyer, "Ann", "Bob", "Cleo")
    line = cart_of(buyer).lines.get()

    assert buyer.post(UNITS, {f"unit-{line.pk}-0-name": "Eve"}).status_code == 409

    assert kept(buyer)[0] == "Ann"


def test_a_removed_line_does_not_give_its_participants_to_another(buyer):
    first = cart_of(buyer).lines.get()
    other = EntryFactory(handler="std_formprobe")
    fill_cart(cart_of(buyer), other, quantity=2, units=[{"name": "Dora"}, {"name": "Emil"}])
    sent = old_page(buyer, "Ann", "Bob", "Cleo")
    remove_line(cart=cart_of(buyer), line_id=first.pk)

    answer = buyer.post(UNITS, sent | {"rows": "Fay"})

    assert answer.status_code == 409
    assert "it was removed elsewhere" in answer.content.decode()
    assert answer.context["rows"] == "Ann\nBob\nCleo\nFay"
    assert kept(buyer) == {0: "Dora", 1: "Emil"}


def test_forms_beyond_a_quantity_lowered_elsewhere_come_back_with_it(buyer):
    sent = old_page(buyer, "Ann", "Bob", "Cleo")
    line = cart_of(buyer).lines.get()
    set_quantity(cart=cart_of(buyer), line_id=line.pk, quantity=2, user=None, now=timezone.now())

    answer = buyer.post(UNITS, sent)

    assert "was changed elsewhere, to 2." in buyer.get(answer.url).content.decode()
    assert kept(buyer) == {0: "Ann", 1: "Bob", 2: "Cleo"}


def test_a_form_changed_elsewhere_beyond_a_quantity_lowered_there_is_given_back(buyer):
    sent = old_page(buyer, "Ann", "Bob", "Cleo")
    elsewhere(buyer, unit3="Dora")
    line = cart_of(buyer).lines.get()
    set_quantity(cart=cart_of(buyer), line_id=line.pk, quantity=2, user=None, now=timezone.now())

    answer = buyer.post(UNITS, sent)

    assert (answer.status_code, answer.context["rows"]) == (409, "Ann\nBob\nCleo")
    assert kept(buyer)[2] == "Dora"


def test_a_cart_that_is_gone_gives_back_what_was_typed(buyer):
    sent = old_page(buyer, "Ann", "Bob", "Cleo")
    buyer.cookies["sessionid"] = "gone" * 8

    answer = buyer.post(UNITS, sent)

    assert answer.status_code == 409
    assert answer.context["rows"] == "Ann\nBob\nCleo"
    assert "Your last visit has ended" in answer.content.decode()


def test_units_of_a_line_that_cannot_be_bought_any_more_are_kept(buyer, entry_with_forms):
    sent = old_page(buyer, "Ann", "Bob", "Cleo")
    entry_with_forms.state = "suspended"
    entry_with_forms.save()

    answer = buyer.post(UNITS, sent)

    assert answer.url == "/cart/"
    assert kept(buyer) == {0: "Ann", 1: "Bob", 2: "Cleo"}
    assert "What you typed is kept." in buyer.get("/cart/").content.decode()


def test_details_sent_while_the_units_ask_again_are_kept_and_the_way_back_is_explained(buyer):
    type_units(buyer, "Ann", "Bob", "Cleo")
    type_quantity(buyer, 4, update="1")

    answer = buyer.post("/checkout/details/", {"email": "ann@example.org", "contact_name": "Ann Roy"})

    assert answer.url == UNITS
    assert cart_of(buyer).details["contact_name"] == "Ann Roy"
    assert f'<a href="{UNITS}">' in buyer.get(UNITS).content.decode()


def test_an_empty_form_sent_to_the_details_wipes_none(buyer):
    type_units(buyer, "Ann", "Bob", "Cleo")
    buyer.post("/checkout/details/", {"email": "ann@example.org"})
    type_quantity(buyer, 4, update="1")

    buyer.post("/checkout/details/", {})

    assert cart_of(buyer).details["email"] == "ann@example.org"
