"""Shelves, search and the entries each audience sees."""

import pytest

from tests.accounts.sign_in.proofs import give_app, sign_in_with
from tests.factories.accounts import UserFactory
from tests.factories.catalog import CategoryFactory, EntryFactory
from tests.shop.steps import english_client, signed_in

pytestmark = pytest.mark.django_db


def names(answer) -> list[str]:
    return [card.name for card in answer.context["cards"]]


@pytest.fixture
def shelves():
    safety = CategoryFactory(slug="safety", name_en="Safety")
    fire = CategoryFactory(slug="fire", name_en="Fire", parent=safety)
    EntryFactory(category=safety, name_en="Lifting", name_fr="Levage")
    EntryFactory(category=fire, name_en="Extinguishers", name_fr="Évacuation")
    return safety, fire


def test_the_catalogue_shows_what_is_on_sale_and_what_is_suspended(visitor, entry):
    EntryFactory(name_en="Suspended", state="suspended")
    for state in ("draft", "internal", "retired"):
        EntryFactory(name_en=state, state=state)
    assert sorted(names(visitor.get("/"))) == ["Chair", "Suspended"]


def test_staff_also_see_what_is_sold_by_staff_only(entry):
    EntryFactory(name_en="Internal", state="internal")
    assert sorted(names(signed_in(UserFactory(is_staff=True)).get("/"))) == ["Chair", "Internal"]


def test_staff_whose_session_proved_no_factor_buy_what_everybody_buys(settings):
    settings.STAFF_NEEDS_SECOND_FACTOR = True
    internal, factor = EntryFactory(state="internal"), give_app(UserFactory(is_staff=True))
    trusted = sign_in_with(english_client(), factor)
    assert trusted.post(f"/e/{internal.code}/", {"quantity": "1"}).status_code == 302

    assert can_be_ordered(trusted)
    assert not can_be_ordered(signed_in(factor.user))


def can_be_ordered(client) -> bool:
    [line] = client.get("/cart/").context["cart"].lines
    return not line.problems


def test_a_shelf_shows_what_stands_below_it_too(visitor, shelves, entry):
    answer = visitor.get("/c/safety/")
    assert sorted(names(answer)) == ["Extinguishers", "Lifting"]
    assert [node.category.slug for node in answer.context["inside"]] == ["fire"]


def test_an_unknown_shelf_does_not_exist(visitor, shelves):
    assert visitor.get("/c/music/").status_code == 404


@pytest.mark.parametrize("typed", ["evacuation", "ÉVACUATION", "évac", "extinguishers"])
def test_search_finds_without_accents_and_in_both_languages(visitor, shelves, typed):
    assert names(visitor.get("/", {"q": typed})) == ["Extinguishers"]


def test_a_search_without_result_says_so_and_keeps_what_was_typed(visitor, shelves):
    answer = visitor.get("/", {"q": "<b>cooking</b>"})
    assert answer.status_code == 200
    assert "Nothing was found for “&lt;b&gt;cooking&lt;/b&gt;”." in answer.content.decode()
    assert "<b>cooking" not in answer.content.decode()


@pytest.mark.parametrize("typed", ["%", "\0", "a" * 5000, "' or 1=1 --", "  "])
def test_no_search_breaks_the_page(visitor, shelves, typed):
    assert visitor.get("/", {"q": typed}).status_code == 200


def test_a_long_catalogue_has_pages_that_keep_the_search(visitor):
    shelf = CategoryFactory()
    for number in range(21):
        EntryFactory(category=shelf, name_en=f"Course {number:02}")
    first = visitor.get("/", {"q": "course"})
    assert (len(first.context["cards"]), first.context["page"].paginator.num_pages) == (20, 2)
    assert "?q=course&amp;page=2" in first.content.decode()
    assert names(visitor.get("/", {"q": "course", "page": "2"})) == ["Course 20"]


@pytest.mark.parametrize("page", ["0", "-1", "999", "abc", "١"])
def test_a_page_that_does_not_exist_shows_one_that_does(visitor, entry, page):
    assert names(visitor.get("/", {"page": page})) == ["Chair"]


def test_prices_are_written_as_the_reader_writes_them(visitor, entry):
    # A tenth costs 80.00; the list names the lowest price.
    assert "€80.00" in visitor.get("/").content.decode()
    french = visitor.get("/", headers={"accept-language": "fr"}).content.decode()
    assert "80,00\N{NO-BREAK SPACE}€" in french
    assert "Chaise" in french
