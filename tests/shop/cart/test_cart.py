"""Changing a cart loses nothing that was typed."""

import pytest
from django.utils import timezone

from shop.cart import services as cart_services
from shop.cart.models import Cart, CartLine, CartUnit
from shop.cart.pricing import price_cart
from shop.cart.services import (
    CartRefused,
    EntryRefused,
    QuantityRefused,
    confirm_units,
    copy_first_unit,
    find_cart,
    join_carts,
    open_cart,
    remove_line,
    save_units,
    set_quantity,
)
from tests.factories.accounts import UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.shop import fill_cart, make_cart, place

pytestmark = pytest.mark.django_db


@pytest.fixture
def form_cart(diary) -> Cart:
    return make_cart(EntryFactory(handler="std_formprobe"), quantity=3, units=[{"name": "Ada"}, {"name": ""}])


def change(cart: Cart, quantity: int) -> None:
    set_quantity(cart=cart, line_id=cart.lines.get().pk, quantity=quantity, user=None, now=timezone.now())


def change_line(cart: Cart, line: CartLine, quantity: int) -> None:
    set_quantity(cart=cart, line_id=line.pk, quantity=quantity, user=None, now=timezone.now())


@pytest.mark.parametrize("quantity", [0, -1, 100_001, 10**12])
def test_a_hostile_quantity_is_refused(probe_entry, quantity):
    cart = make_cart(probe_entry)
    with pytest.raises(QuantityRefused):
        change(cart, quantity)
    with pytest.raises(QuantityRefused):
        fill_cart(cart, probe_entry, quantity=quantity)
    assert cart.lines.get().quantity == 1


def test_more_than_five_hundred_units_with_forms_are_refused(diary):
    entry = EntryFactory(handler="std_formprobe")
    with pytest.raises(QuantityRefused):
        make_cart(entry, quantity=501)


class TestWhatOneCartHolds:
    def test_five_hundred_units_with_forms_are_those_of_all_lines(self, diary):
        cart = make_cart(EntryFactory(handler="std_formprobe"), quantity=300)
        with pytest.raises(QuantityRefused, match="500"):
            fill_cart(cart, EntryFactory(handler="std_formprobe"), quantity=201)
        fill_cart(cart, EntryFactory(handler="std_formprobe"), quantity=200)
        with pytest.raises(QuantityRefused):
            change_line(cart, cart.lines.first(), 301)
        change_line(cart, cart.lines.first(), 299)

    def test_a_hundred_thousand_seats_are_those_of_all_lines(self, db):
        packs = [EntryFactory(handler="std_generateseats", parameters={"packsize": 1_000}) for _line in range(2)]
        cart = make_cart(packs[0], quantity=60)
        with pytest.raises(QuantityRefused, match="100000"):
            fill_cart(cart, packs[1], quantity=41)
        fill_cart(cart, packs[1], quantity=40)
        with pytest.raises(QuantityRefused):
            fill_cart(cart, EntryFactory())

    def test_a_line_too_many_is_refused_and_more_of_a_line_that_is_there_is_not(self, probe_entry, monkeypatch):
        monkeypatch.setattr(cart_services, "MAX_LINES", 2)
        cart = make_cart(probe_entry)
        fill_cart(cart, EntryFactory())

        with pytest.raises(EntryRefused):
            fill_cart(cart, EntryFactory())
        fill_cart(cart, probe_entry, quantity=2)

        assert [line.quantity for line in cart.lines.order_by("pk")] == [3, 1]

    def test_what_came_together_by_signing_in_is_a_problem_of_the_later_line(self, diary):
        alice = UserFactory()
        visitor = make_cart(EntryFactory(handler="std_formprobe"), quantity=300)
        own = make_cart(EntryFactory(handler="std_formprobe"), quantity=300, user=alice)
        join_carts(user=alice, token=visitor.token)
        problems = [line.problems for line in price_cart(own, user=alice, now=timezone.now()).lines]
        assert sorted(len(each) for each in problems) == [0, 1]


def test_an_entry_not_on_sale_is_refused(db):
    for state in ("draft", "internal", "suspended", "retired"):
        with pytest.raises(EntryRefused):
            make_cart(EntryFactory(state=state))
    with pytest.raises(EntryRefused):
        make_cart(EntryFactory(audience="members"))


def test_each_change_raises_the_version(probe_entry):
    cart = make_cart(probe_entry)
    change(cart, 2)
    change(cart, 2)
    cart.refresh_from_db()
    assert cart.version == 2


def test_a_lower_tier_applies_to_the_whole_line(db):
    cart = make_cart(EntryFactory(tiers={1: "100.00", 10: "80.00"}), quantity=10)
    assert price_cart(cart, user=None, now=timezone.now()).net == 800


class TestUnits:
    def test_valid_ones_are_kept_while_another_is_wrong(self, form_cart):
        (line,) = price_cart(form_cart, user=None, now=timezone.now()).lines
        assert sorted(line.units.invalid) == [1, 2]
        assert line.units.forms[0].answers == {"name": "Ada"}

    def test_answers_beyond_the_quantity_come_back_with_it(self, form_cart):
        change(form_cart, 1)
        assert len(price_cart(form_cart, user=None, now=timezone.now()).lines[0].units.forms) == 1
        save_units(cart=form_cart, line_id=form_cart.lines.get().pk, answers={0: {"name": "Grace"}})
        change(form_cart, 3)
        forms = price_cart(form_cart, user=None, now=timezone.now()).lines[0].units.forms
        assert [form.own.data.get("name") for form in forms] == ["Grace", "", None]

    def test_answers_for_units_that_are_not_bought_are_ignored(self, form_cart):
        save_units(
            cart=form_cart, line_id=form_cart.lines.get().pk, answers={-1: {"name": "a"}, 3: {"name": "b"}, 9: {}}
        )
        assert sorted(CartUnit.objects.values_list("index", flat=True)) == [0, 1]

    def test_the_first_is_copied_into_the_others(self, form_cart):
        copy_first_unit(cart=form_cart, line_id=form_cart.lines.get().pk, indexes=[0, 1, 2, 7])
        assert [unit.answers["name"] for unit in CartUnit.objects.order_by("index")] == ["Ada"] * 3

    def test_going_through_them_is_noted_until_the_quantity_changes(self, form_cart):
        confirm_units(cart=form_cart, line_id=form_cart.lines.get().pk, quantity=3)
        assert form_cart.lines.get().units_confirmed
        change(form_cart, 4)
        assert not form_cart.lines.get().units_confirmed

    def test_huge_answers_are_bounded(self, form_cart):
        answers = {f"field{n}": "x" * 10_000 for n in range(100)} | {"nul": "a\0b"}
        save_units(cart=form_cart, line_id=form_cart.lines.get().pk, answers={0: answers})
        kept = CartUnit.objects.get(index=0).answers
        assert len(kept) == 60
        assert max(len(value) for value in kept.values()) == 5_000


class TestWhose:
    def test_a_visitors_cart_is_found_by_its_token_alone(self, probe_entry):
        cart = make_cart(probe_entry)
        assert find_cart(token=cart.token, user=None) == cart
        assert find_cart(token="guess", user=None) is None
        assert find_cart(token=None, user=None) is None

    def test_a_persons_cart_is_never_found_by_its_token(self, probe_entry):
        cart = make_cart(probe_entry, user=UserFactory())
        assert find_cart(token=cart.token, user=None) is None
        assert find_cart(token=cart.token, user=UserFactory()) is None

    def test_an_ordered_cart_is_open_no_more(self, probe_entry):
        cart = make_cart(probe_entry)
        place(cart)
        assert find_cart(token=cart.token, user=None) is None
        with pytest.raises(CartRefused):
            change(cart, 2)

    def test_a_line_of_another_cart_is_not_there(self, probe_entry):
        mine, other = make_cart(probe_entry), make_cart(probe_entry)
        line = other.lines.get()
        with pytest.raises(CartRefused):
            set_quantity(cart=mine, line_id=line.pk, quantity=5, user=None, now=timezone.now())
        remove_line(cart=mine, line_id=line.pk)
        assert other.lines.get().quantity == 1


class TestSignIn:
    def test_the_visitors_cart_becomes_the_persons(self, form_cart):
        alice = UserFactory()
        joined = join_carts(user=alice, token=form_cart.token)
        assert (joined.cart, joined.cart.user) == (form_cart, alice)
        assert open_cart(token=None, user=alice) == form_cart

    def test_lines_join_the_cart_they_have_with_their_answers(self, form_cart, probe_entry):
        alice = UserFactory()
        own = make_cart(probe_entry, quantity=2, user=alice)
        joined = join_carts(user=alice, token=form_cart.token)
        assert joined.cart == own
        assert [line.quantity for line in own.lines.order_by("pk")] == [3, 2] or own.lines.count() == 2
        assert CartUnit.objects.get(line__cart=own, index=0).answers == {"name": "Ada"}
        assert not Cart.objects.filter(pk=form_cart.pk).exists()

    def test_of_an_entry_in_both_the_larger_line_stays(self, probe_entry):
        alice = UserFactory()
        own = make_cart(probe_entry, quantity=2, user=alice)
        visitor = make_cart(probe_entry, quantity=5)
        join_carts(user=alice, token=visitor.token)
        assert own.lines.get().quantity == 5

    def test_lines_beyond_the_limit_wait_in_the_visitors_cart(self, probe_entry, diary, monkeypatch):
        monkeypatch.setattr(cart_services, "MAX_LINES", 2)
        alice = UserFactory()
        own = make_cart(probe_entry, user=alice)
        visitor = make_cart(EntryFactory(code="SECOND"))
        fill_cart(visitor, EntryFactory(code="THIRD", handler="std_formprobe"), units=[{"name": "Ada"}])

        assert join_carts(user=alice, token=visitor.token).cart == own

        assert {line.entry.code for line in own.lines.all()} == {probe_entry.code, "SECOND"}
        [waiting] = visitor.lines.all()
        assert (waiting.entry.code, waiting.units.get().answers) == ("THIRD", {"name": "Ada"})

    def test_a_cart_beyond_the_units_of_an_order_takes_no_more_lines(self, diary):
        alice = UserFactory()
        own = make_cart(EntryFactory(handler="std_formprobe"), quantity=400, user=alice)
        for _evening in range(2):
            visitor = make_cart(EntryFactory(handler="std_formprobe"), quantity=300)
            fill_cart(visitor, EntryFactory(handler="std_formprobe"), quantity=200)
            join_carts(user=alice, token=visitor.token)

        assert sorted(own.lines.values_list("quantity", flat=True)) == [300, 400]
        assert sorted(visitor.lines.values_list("quantity", flat=True)) == [200, 300]

    def test_a_larger_line_of_an_entry_in_both_takes_no_more_room(self, probe_entry, monkeypatch):
        monkeypatch.setattr(cart_services, "MAX_LINES", 1)
        alice = UserFactory()
        own = make_cart(probe_entry, quantity=2, user=alice)
        visitor = make_cart(probe_entry, quantity=5)
        join_carts(user=alice, token=visitor.token)
        assert own.lines.get().quantity == 5
        assert not Cart.objects.filter(pk=visitor.pk).exists()

    def test_another_persons_cart_is_not_taken(self, probe_entry):
        bobs = make_cart(probe_entry, user=UserFactory())
        assert join_carts(user=UserFactory(), token=bobs.token) is None
        assert bobs.lines.count() == 1


def test_pricing_takes_the_same_number_of_queries_for_one_line_and_for_twenty(db, django_assert_num_queries):
    small, large = make_cart(EntryFactory()), make_cart(EntryFactory())
    for _index in range(19):
        fill_cart(large, EntryFactory())
    with django_assert_num_queries(4):
        price_cart(small, user=None, now=timezone.now())
    with django_assert_num_queries(4):
        price_cart(large, user=None, now=timezone.now())


def test_the_units_of_all_lines_that_ask_take_one_query_more(diary, django_assert_num_queries):
    cart = make_cart(EntryFactory())
    for _index in range(2):
        fill_cart(cart, EntryFactory(handler="std_formprobe"))
    with django_assert_num_queries(5):
        price_cart(cart, user=None, now=timezone.now())


def test_the_lines_asked_for_by_every_page_are_those_of_the_cart_that_is_found(probe_entry):
    person, other = UserFactory(), UserFactory()
    persons, visitors = make_cart(probe_entry, user=person), make_cart(probe_entry)
    for token in (None, persons.token, visitors.token, "guess"):
        for user in (None, person, other):
            found = find_cart(token=token, user=user)
            lines = CartLine.objects.in_open_cart(token=token, user=user)
            assert [line.cart_id for line in lines] == ([found.pk] if found else [])
            assert CartLine.objects.count_in_open_cart(token=token, user=user) == len(lines)
