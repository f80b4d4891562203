"""Bounds of a cart at their last allowed value, and what each change of a cart leaves alone."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from django.utils.translation import override

from catalog.availability import availability_of
from catalog.models.entries import Entry
from catalog.offers import offer_of
from common.moments import local_day
from shop.cart import limits, services
from shop.cart.models import Cart, CartLine, CartUnit
from shop.cart.pricing import entries_to_price, price_cart, price_lines
from shop.cart.services import (
    CartRefused,
    EntryRefused,
    QuantityRefused,
    add_to_cart,
    confirm_units,
    copy_first_unit,
    find_cart,
    join_carts,
    open_cart,
    remove_line,
    save_details,
    save_units,
    set_quantity,
)
from tests.factories.accounts import UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory
from tests.factories.shop import fill_cart, make_cart, place, shown_now

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def form_entry(diary):
    return EntryFactory(handler="std_formprobe")


def version_of(cart: Cart) -> int:
    return Cart.objects.values_list("version", flat=True).get(pk=cart.pk)


def test_a_cart_takes_as_many_lines_as_it_may(monkeypatch):
    monkeypatch.setattr(services, "MAX_LINES", 2)
    first = EntryFactory()
    cart = make_cart(first)
    fill_cart(cart, EntryFactory())

    with pytest.raises(EntryRefused):
        fill_cart(cart, EntryFactory())
    fill_cart(cart, first, quantity=2)

    assert list(cart.lines.order_by("pk").values_list("quantity", flat=True)) == [3, 1]


def test_units_with_forms_fit_to_the_last_one(form_entry):
    assert limits.MAX_UNITS_WITH_FORMS == 500
    cart = make_cart(form_entry, quantity=500)

    with pytest.raises(QuantityRefused, match="500"):
        fill_cart(cart, form_entry)

    assert cart.lines.get().quantity == 500


def test_what_a_delivery_makes_fits_to_the_last_one():
    assert (limits.MAX_UNITS_MADE, limits.MAX_QUANTITY) == (100_000, 100_000)
    entry = EntryFactory(handler="std_generateseats", parameters={"packsize": 100}, max_quantity=2_000)
    cart = make_cart(entry, quantity=1_000)

    with pytest.raises(QuantityRefused, match="100"):
        fill_cart(cart, entry)

    assert cart.lines.get().quantity == 1_000


def test_a_change_of_quantity_asks_for_the_micro_forms_again_and_the_same_one_does_not(form_entry):
    cart = make_cart(form_entry, quantity=2)
    line = cart.lines.get()
    confirm_units(cart=cart, line_id=line.pk, quantity=3)
    assert not CartLine.objects.get().units_confirmed
    confirm_units(cart=cart, line_id=line.pk, quantity=2)
    before = version_of(cart)

    set_quantity(cart=cart, line_id=line.pk, quantity=2, user=None, now=NOW)
    assert (CartLine.objects.get().units_confirmed, version_of(cart)) == (True, before)

    set_quantity(cart=cart, line_id=line.pk, quantity=1, user=None, now=NOW)
    assert (CartLine.objects.get().units_confirmed, version_of(cart)) == (False, before + 1)


def test_more_of_an_entry_asks_for_the_micro_forms_again(form_entry):
    cart = make_cart(form_entry)
    confirm_units(cart=cart, line_id=cart.lines.get().pk, quantity=1)

    line = add_to_cart(cart=cart, entry=form_entry, quantity=2, user=None, now=NOW)

    assert (line.quantity, line.units_confirmed) == (3, False)


def test_only_the_unit_of_its_own_line_and_cart_is_confirmed(form_entry):
    mine, other = make_cart(form_entry), make_cart(form_entry)

    confirm_units(cart=mine, line_id=other.lines.get().pk, quantity=1)

    assert not CartLine.objects.filter(units_confirmed=True).exists()


def test_taking_a_line_out_twice_changes_once(probe_entry):
    cart, other = make_cart(probe_entry), make_cart(probe_entry)
    line, before = cart.lines.get(), version_of(cart)

    for _twice in range(2):
        remove_line(cart=cart, line_id=line.pk)
    remove_line(cart=cart, line_id=other.lines.get().pk)

    assert (cart.lines.count(), other.lines.count(), version_of(cart)) == (0, 1, before + 1)


def test_details_raise_no_version(probe_entry):
    cart, other = make_cart(probe_entry), make_cart(probe_entry)
    before = version_of(cart)

    save_details(cart=cart, details={"email": "a@example.org"})

    assert Cart.objects.values_list("details", "version").get(pk=cart.pk) == ({"email": "a@example.org"}, before)
    assert Cart.objects.get(pk=other.pk).details == {}


def test_answers_and_fields_are_kept_by_index_and_written_anew(form_entry):
    cart = make_cart(form_entry, quantity=3)
    line, before = cart.lines.get(), version_of(cart)

    save_units(cart=cart, line_id=line.pk, answers={0: {"name": "Ada"}, 3: {"name": "No"}}, fields={1: {"size": "M"}})
    save_units(cart=cart, line_id=line.pk, answers={0: {"name": "Eve"}, -1: {"name": "No"}})

    assert list(CartUnit.objects.order_by("index").values_list("index", "answers", "fields")) == [
        (0, {"name": "Eve"}, {}),
        (1, {}, {"size": "M"}),
    ]
    assert version_of(cart) == before + 2


def test_without_a_basis_nothing_counts_as_changed_meanwhile(form_entry):
    cart = make_cart(form_entry)
    answers = {0: {"name": "Ada"}}

    assert save_units(cart=cart, line_id=cart.lines.get().pk, answers=answers) == frozenset()


def test_unit_1_is_copied_into_the_units_asked_for_alone(form_entry):
    cart = make_cart(form_entry, quantity=4)
    line = cart.lines.get()
    copy_first_unit(cart=cart, line_id=line.pk, indexes=[1])
    assert not CartUnit.objects.exists()
    save_units(
        cart=cart, line_id=line.pk, answers={0: {"name": "Ada"}, 1: {"name": "Eve"}}, fields={0: {"size": "M"}}
    )  # fmt: skip

    copy_first_unit(cart=cart, line_id=line.pk, indexes=[0, 2])

    assert list(CartUnit.objects.order_by("index").values_list("index", "answers", "fields")) == [
        (0, {"name": "Ada"}, {"size": "M"}),
        (1, {"name": "Eve"}, {}),
        (2, {"name": "Ada"}, {"size": "M"}),
    ]


def test_what_is_posted_is_kept_within_bounds(form_entry):
    cart = make_cart(form_entry)
    posted = {f"n{number:02}": number for number in range(61)}
    posted |= {
        "n00": "a\0b" + "c" * 6_000,
        "n01": ["x\0"] * 61,
        "n02": True,
        "n03": 1.5,
        "n04": None,
        "n05": Decimal(7),
    }

    save_units(cart=cart, line_id=cart.lines.get().pk, answers={0: {"q" * 101: 1} | posted})

    kept = CartUnit.objects.get().answers
    assert len(kept) == 60
    assert ("q" * 100 in kept, "n58" in kept, "n59" in kept) == (True, True, False)
    assert (kept["n00"], kept["n01"]) == ("ab" + "c" * 4_998, ["x"] * 60)
    assert [kept[name] for name in ("n02", "n03", "n04", "n05", "n06")] == [True, 1.5, None, "7", 6]


def test_an_ordered_cart_takes_nothing_more(probe_entry):
    cart = make_cart(probe_entry)
    place(cart)
    line = CartLine.objects.filter(cart=cart).first()

    for change in (
        lambda: fill_cart(cart, probe_entry),
        lambda: save_details(cart=cart, details={}),
        lambda: remove_line(cart=cart, line_id=line.pk if line else 0),
    ):
        with pytest.raises(CartRefused, match=r"already been ordered|déjà"):
            change()


# --- Whose cart ---


def test_a_person_has_one_open_cart_found_by_no_token(probe_entry):
    user, other = UserFactory.create_batch(2)
    mine, others, nobodys = open_cart(token=None, user=user), open_cart(token=None, user=other), make_cart(probe_entry)

    assert open_cart(token=others.token, user=user) == mine
    assert find_cart(token=mine.token, user=None) is None
    assert find_cart(token=nobodys.token, user=None) == nobodys
    assert find_cart(token=None, user=None) is None
    assert open_cart(token=mine.token, user=None) not in (mine, others, nobodys)


def test_the_other_tabs_cart_is_found_where_both_made_one(monkeypatch):
    user, stranger = UserFactory.create_batch(2)
    mine, _others = open_cart(token=None, user=user), open_cart(token=None, user=stranger)
    # As if this tab had looked before the other one made the cart.
    monkeypatch.setattr(services, "find_cart", lambda **who: None)

    assert open_cart(token=None, user=user) == mine


def test_joining_raises_the_version_and_takes_the_visitors_cart_away(probe_entry):
    user = UserFactory()
    own, visitor = make_cart(probe_entry, user=user), make_cart(EntryFactory(), quantity=2)
    before = version_of(own)

    assert join_carts(user=user, token=visitor.token).cart == own

    assert version_of(own) == before + 1
    assert list(own.lines.order_by("pk").values_list("quantity", flat=True)) == [1, 2]
    assert not Cart.objects.filter(pk=visitor.pk).exists()


def test_an_ordered_cart_is_joined_with_nothing(probe_entry):
    user = UserFactory()
    ordered = make_cart(probe_entry, user=user)
    Cart.objects.filter(pk=ordered.pk).update(ordered_at=NOW - timedelta(days=1))
    visitor = make_cart(probe_entry)

    assert join_carts(user=user, token=visitor.token).cart == visitor

    assert Cart.objects.get(pk=visitor.pk).user == user
    assert ordered.lines.count() == 1
    assert join_carts(user=UserFactory(), token=None) is None
    assert join_carts(user=user, token="unknown").cart == visitor


def test_each_line_that_finds_no_room_waits_and_the_next_one_is_still_asked(monkeypatch):
    shared, *entries = EntryFactory.create_batch(4)
    user = UserFactory()
    own = make_cart(shared, user=user)
    fill_cart(own, entries[0], user=user)
    visitor = make_cart(entries[1])
    for entry, quantity in ((shared, 1), (entries[2], 1), (entries[0], 5)):
        fill_cart(visitor, entry, quantity=quantity)
    monkeypatch.setattr(services, "MAX_LINES", 2)

    join_carts(user=user, token=visitor.token)

    assert dict(own.lines.values_list("entry", "quantity")) == {shared.pk: 1, entries[0].pk: 5}
    assert set(visitor.lines.values_list("entry", flat=True)) >= {entries[1].pk, entries[2].pk}


# --- Prices ---


def test_a_cart_costs_the_sum_of_its_lines_and_its_fingerprint_changes_with_what_is_sold(probe_entry):
    cart = make_cart(probe_entry, quantity=2)
    fill_cart(cart, EntryFactory(tiers={1: "9.99"}))
    cart.refresh_from_db()

    priced = price_cart(cart, user=None, now=NOW)

    assert (priced.net, priced.tax, priced.gross, priced.currency) == (
        Decimal("209.99"), Decimal("42.00"), Decimal("251.99"), "EUR",
    )  # fmt: skip
    assert [line.free_units for line in priced.lines] == [0, 0]
    assert (priced.version, priced.has_problems) == (version_of(cart), False)
    shown = shown_now(cart, now=NOW)
    assert shown_now(cart, now=NOW) == shown
    probe_entry.name_fr = "Un autre nom"
    probe_entry.save()
    assert shown_now(cart, now=NOW).contents != shown.contents


def test_what_has_no_price_is_a_problem_and_gives_nothing_away():
    entry = EntryFactory()
    cart = make_cart(entry, quantity=2)
    entry.tiers.all().delete()

    [line] = price_cart(cart, user=None, now=NOW).lines

    assert (line.price, line.free_units, bool(line.problems)) == (None, 0, True)
    assert price_cart(cart, user=None, now=NOW).gross == 0


def test_a_quantity_is_changed_as_the_person_who_may_buy():
    entry, member = EntryFactory(audience="members"), UserFactory()
    cart = make_cart(entry, quantity=1, user=member)
    line = cart.lines.get()

    set_quantity(cart=cart, line_id=line.pk, quantity=3, user=member, now=NOW)
    with pytest.raises(EntryRefused):
        set_quantity(cart=cart, line_id=line.pk, quantity=4, user=None, now=NOW)

    assert cart.lines.get().quantity == 3


def test_a_line_below_a_smallest_quantity_raised_since_is_told():
    entry = EntryFactory()
    cart = make_cart(entry, quantity=2)
    type(entry).objects.filter(pk=entry.pk).update(min_quantity=5)

    [line] = price_cart(cart, user=None, now=NOW).lines

    assert len(line.problems) == 1
    assert "5" in line.problems[0]


def test_no_cart_is_found_by_no_token():
    Cart.objects.create(token="")

    assert find_cart(token="", user=None) is None
    assert find_cart(token=None, user=None) is None


def test_an_entry_without_a_handler_makes_one_of_each_unit():
    offer = offer_of(EntryFactory(handler=""))

    assert limits.units_beyond_limit([(offer, 100_000)]) == [""]
    assert limits.units_beyond_limit([(offer, 60_000), (offer, 40_001)])[1] != ""


def test_lines_shown_to_a_customer_are_not_sold_by_staff():
    entry = EntryFactory()
    lines = list(make_cart(entry).lines.all())
    Entry.objects.update(state="internal")

    [to_a_customer] = price_lines(lines, entries=entries_to_price, user=None, now=NOW).lines
    [by_staff] = price_lines(lines, entries=entries_to_price, user=None, now=NOW, by_staff=True).lines

    assert (bool(to_a_customer.problems), by_staff.problems) == (True, ())


def test_a_quantity_is_changed_as_of_its_moment():
    CourseFactory(short_name="FIRE", enrolment_closes_on=local_day(NOW))
    parameters = {"coursename": "FIRE", "autoenrolsupervisor": True, "supervisor": "teacher"}
    cart = make_cart(EntryFactory(handler="std_setuponecoursesession", parameters=parameters), now=NOW)
    line = cart.lines.get()

    set_quantity(cart=cart, line_id=line.pk, quantity=2, user=None, now=NOW)
    with pytest.raises(EntryRefused):
        set_quantity(cart=cart, line_id=line.pk, quantity=3, user=None, now=NOW + timedelta(days=1))

    line.refresh_from_db()
    assert line.quantity == 2


@pytest.mark.parametrize(
    ("typed", "found"),
    [({0: {"name": "Ada"}}, ["Ada", "Ada"]), ({1: {"name": "Eve"}}, ["Eve"])],
    ids=["unit 1 alone", "another alone"],
)
def test_unit_1_is_copied_once_it_was_typed_whatever_the_others_are(form_entry, typed, found):
    cart = make_cart(form_entry, quantity=2)
    line = cart.lines.get()
    save_units(cart=cart, line_id=line.pk, answers=typed)

    copy_first_unit(cart=cart, line_id=line.pk, indexes=[1])

    assert [unit.answers["name"] for unit in CartUnit.objects.order_by("index")] == found


@pytest.mark.parametrize(
    ("quantities", "places_per_unit", "missing"),
    [
        ([1, 4], 1, [False, False]),
        ([1, 5], 1, [False, True]),
        ([3, 3], 1, [False, True]),
        # Six are too many alone, which the line says by itself.
        ([1, 6], 1, [False, False]),
        ([1, 1], 2, [False, False]),
        ([2, 1], 2, [False, True]),
        ([5, 5], 0, [False, False]),
    ],
)
def test_lines_that_fit_alone_are_told_when_their_course_has_no_places_for_them_together(
    quantities, places_per_unit, missing
):
    course = CourseFactory(capacity=5)
    entry = EntryFactory(handler="std_setuponecoursesession", parameters={"coursename": course.short_name})
    [available] = availability_of([offer_of(entry)], now=NOW)
    available = replace(available, places_per_unit=places_per_unit)

    with override("en"):
        told = limits.places_missing((available, quantity) for quantity in quantities)

    assert [bool(text) for text in told] == missing
    assert all("Only 5 places are left" in text for text in told if text)
