"""A cart changed elsewhere while its page was open, told and not overwritten; and a cart that is gone."""

import pytest
from django.utils import timezone

from shop.cart.models import CartUnit
from shop.cart.services import CartRefused, QuantityChanged, remove_line, set_quantity
from tests.factories.accounts import PASSWORD, UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.shop import make_cart
from tests.shop.steps import cart_of, english_client, put_in_cart, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def buyer(visitor, entry):
    """Return a visitor's browser with three chairs in the cart."""
    put_in_cart(visitor, entry, 3)
    return visitor


def page(client, typed: int | str | None = None, **pressed: str) -> dict[str, object]:
    """Return what the cart's page, opened now, sends with a quantity typed."""
    line = cart_of(client).lines.first()
    quantity = line.quantity if typed is None else typed
    return {f"seen-{line.pk}": line.quantity, f"quantity-{line.pk}": quantity, **pressed}


def elsewhere(client, quantity: int) -> None:
    cart = cart_of(client)
    set_quantity(cart=cart, line_id=cart.lines.first().pk, quantity=quantity, user=None, now=timezone.now())


def quantity(client) -> int:
    return cart_of(client).lines.get().quantity


def test_a_quantity_changed_on_both_sides_shows_both(buyer):
    sent = page(buyer, 7, **{"continue": "1"})
    elsewhere(buyer, 5)

    answer = buyer.post("/cart/", sent)

    [row] = answer.context["rows"]
    assert (row.typed, quantity(buyer)) == ("7", 5)
    assert "Chair: the quantity was changed elsewhere, to 5." in row.error
    assert buyer.post("/cart/", page(buyer, 7, **{"continue": "1"})).url == "/checkout/details/"
    assert quantity(buyer) == 7


def test_a_quantity_changed_elsewhere_is_told_and_stays(buyer):
    sent = page(buyer, **{"continue": "1"})
    elsewhere(buyer, 5)

    assert buyer.post("/cart/", sent).url == "/cart/"

    assert quantity(buyer) == 5
    assert "Chair: the quantity was changed elsewhere, to 5." in buyer.get("/cart/").content.decode()


def test_the_same_change_on_both_sides_is_none(buyer):
    sent = page(buyer, 5, **{"continue": "1"})
    elsewhere(buyer, 5)
    assert buyer.post("/cart/", sent).url == "/checkout/details/"


def test_a_line_whose_quantity_was_changed_elsewhere_is_not_removed(buyer):
    sent = page(buyer, remove=str(cart_of(buyer).lines.get().pk))
    elsewhere(buyer, 5)

    assert buyer.post("/cart/", sent).url == "/cart/"

    assert quantity(buyer) == 5
    assert "was changed elsewhere, to 5." in buyer.get("/cart/").content.decode()


def test_a_line_removed_elsewhere_is_told(buyer):
    put_in_cart(buyer, EntryFactory(), 1)
    sent = page(buyer, 4, **{"continue": "1"})
    remove_line(cart=cart_of(buyer), line_id=cart_of(buyer).lines.first().pk)

    assert buyer.post("/cart/", sent).url == "/cart/"

    assert "it was removed elsewhere" in buyer.get("/cart/").content.decode()


def test_quantities_of_several_lines_change_at_once(buyer):
    put_in_cart(buyer, EntryFactory(), 1)
    put_in_cart(buyer, EntryFactory(), 1)
    buyer.post("/cart/", {f"quantity-{line.pk}": 2 for line in cart_of(buyer).lines.all()})
    assert [line.quantity for line in cart_of(buyer).lines.all()] == [2, 2, 2]


def test_the_service_refuses_what_was_seen_otherwise(entry):
    cart = make_cart(entry, quantity=3)
    line = cart.lines.get()
    for change in (
        lambda: set_quantity(cart=cart, line_id=line.pk, quantity=4, user=None, now=timezone.now(), seen=2),
        lambda: remove_line(cart=cart, line_id=line.pk, seen=2),
    ):
        with pytest.raises(QuantityChanged) as refused:
            change()
        assert (refused.value.now, isinstance(refused.value, CartRefused)) == (3, True)


class TestAnswerToTheScript:
    """The page's script puts parts of the answer into the page."""

    SCRIPT = {"HX-Request": "true"}

    def test_only_figures_are_replaced(self, buyer):
        answer = buyer.post("/cart/", page(buyer, 10), headers=self.SCRIPT)
        text = answer.content.decode()
        replaced = [part for part in text.split("<") if "hx-swap-oob" in part]
        line = cart_of(buyer).lines.get()
        assert [part.split('id="')[1].split('"')[0] for part in replaced] == [
            "cart-status", "cart-told", f"notes-{line.pk}", f"seen-{line.pk}", f"unit-net-{line.pk}", f"net-{line.pk}",
            "totals",
        ]  # fmt: skip
        assert line.quantity == 10

    def test_a_refused_quantity_comes_with_its_control_and_leaves_with_it(self, buyer):
        line = cart_of(buyer).lines.get()
        for typed, was_invalid in (("-5", {}), ("4", {f"invalid-{line.pk}": "1"})):
            answer = buyer.post("/cart/", page(buyer, typed) | was_invalid, headers=self.SCRIPT)
            assert f'id="cell-{line.pk}" hx-swap-oob="true"' in answer.content.decode()
        assert line.cart.lines.get().quantity == 4

    def test_a_button_that_has_the_focus_was_not_pressed(self, buyer):
        sent = page(buyer, 4, remove=str(cart_of(buyer).lines.get().pk))
        buyer.post("/cart/", sent, headers=self.SCRIPT)
        assert quantity(buyer) == 4

    def test_other_lines_than_those_shown_are_a_new_page(self, buyer):
        sent = page(buyer, 4)
        put_in_cart(buyer, EntryFactory(), 1)
        answer = buyer.post("/cart/", sent, headers=self.SCRIPT)
        assert (answer["HX-Retarget"], answer["HX-Reselect"]) == ("#cart", "#cart")
        assert "hx-swap-oob" not in answer.content.decode()


def test_a_cart_with_a_problem_leads_back_with_a_word(buyer, entry):
    entry.state = "suspended"
    entry.save()
    assert buyer.post("/cart/", page(buyer, **{"continue": "1"})).url == "/cart/"
    assert "First the cart needs your attention" in buyer.get("/cart/").content.decode()


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("100001", "Quantity: at most 1,000."),
        ("9" * 25, "Quantity: at most 1,000."),
        ("5000", "The largest quantity is 1000."),
        ("0", "“0” is not a quantity. Type a whole number, 1 or more."),
    ],
)
def test_a_quantity_beyond_a_limit_names_it(buyer, typed, told):
    [row] = buyer.post("/cart/", page(buyer, typed)).context["rows"]
    assert row.error == told


class TestTierWithinReach:
    def nudge(self, client) -> str:
        [row] = client.get("/cart/").context["rows"]
        return str(row.nudge or "")

    @pytest.mark.parametrize(
        ("have", "told"),
        [
            (8, "2 more and each costs €80.00 excl. tax."),
            (9, "One more and each costs €80.00 excl. tax."),
            (10, ""),
        ],
    )
    def test_the_next_tier_is_told(self, visitor, entry, have, told):
        put_in_cart(visitor, entry, have)
        assert self.nudge(visitor) == told
        assert told in visitor.get("/cart/").content.decode()

    def test_in_french(self, visitor, entry):
        put_in_cart(visitor, entry, 8)
        text = visitor.get("/cart/", headers={"accept-language": "fr"}).content.decode().replace("\xa0", " ")
        assert "Encore 2 et chaque unité coûte 80,00 € HT." in text.replace("\u202f", " ")

    def test_a_dearer_tier_is_not(self, visitor):
        put_in_cart(visitor, EntryFactory(tiers={1: "100.00", 5: "110.00", 10: "100.00"}), 4)
        assert self.nudge(visitor) == ""

    def test_nor_one_beyond_the_largest_quantity(self, visitor):
        put_in_cart(visitor, EntryFactory(tiers={1: "100.00", 10: "80.00"}, max_quantity=9), 8)
        assert self.nudge(visitor) == ""

    def test_nor_one_beyond_the_forms_of_an_order(self, visitor, diary):
        put_in_cart(visitor, EntryFactory(handler="std_formprobe", tiers={1: "100.00", 501: "80.00"}), 499)
        assert self.nudge(visitor) == ""


class TestCartThatIsGone:
    def test_a_session_that_is_unknown_is_told_once_on_any_page(self, buyer):
        buyer.cookies["sessionid"] = "gone" * 8
        assert "Your last visit has ended" in buyer.get("/").content.decode()
        assert "Your last visit has ended" not in buyer.get("/").content.decode()

    def test_on_the_cart_with_a_way_to_sign_in(self, buyer):
        buyer.cookies["sessionid"] = "gone" * 8
        text = buyer.get("/cart/").content.decode()
        assert text.count("Your last visit has ended") == 1
        assert 'href="/auth/login/?next=/cart/"' in text

    def test_a_posted_quantity_is_told(self, buyer):
        sent = page(buyer, 5)
        buyer.cookies["sessionid"] = "gone" * 8
        assert buyer.post("/cart/", sent).url == "/cart/"
        assert "Your last visit has ended" in buyer.get("/cart/").content.decode()

    def test_a_cart_that_became_a_persons_is_not_shown_and_nobody_is_named(self, buyer):
        alice = UserFactory()
        cart = cart_of(buyer)
        cart.user = alice
        cart.save()
        text = buyer.get("/cart/").content.decode()
        assert "The cart of this browser is no longer here." in text
        assert alice.email not in text

    def test_nothing_is_told_to_who_never_had_one_or_ordered_it_or_signed_out(self, buyer, visitor):
        words = ("has ended", "no longer here")
        assert not any(word in english_client().get("/cart/").content.decode() for word in words)
        cart = cart_of(buyer)
        cart.ordered_at = cart.created_at
        cart.save()
        assert not any(word in buyer.get("/cart/").content.decode() for word in words)
        alice = signed_in(UserFactory())
        alice.post("/auth/logout/")
        assert not any(word in alice.get("/cart/").content.decode() for word in words)


class TestSignIn:
    """The old cart of the account holds the session ×3 with blank forms; the visitor fills in two."""

    def join(self, visitor, entry, *, own: list[str], own_quantity: int, typed: list[str]):
        alice = UserFactory()
        make_cart(entry, quantity=own_quantity, units=[{"name": name} for name in own], user=alice)
        put_in_cart(visitor, entry, max(len(typed), 1))
        line = cart_of(visitor).lines.get()
        visitor.post("/checkout/units/", {f"unit-{line.pk}-{n}-name": name for n, name in enumerate(typed)})
        visitor.post("/auth/login/", {"login": alice.email, "password": PASSWORD})
        line = alice.carts.get().lines.get()
        names = [unit.answers["name"] for unit in CartUnit.objects.filter(line=line) if unit.answers["name"]]
        return line.quantity, names, visitor.get("/cart/").content.decode()

    def test_those_typed_a_minute_ago_win_over_blanks(self, visitor, entry_with_forms):
        found = self.join(visitor, entry_with_forms, own=["", "", ""], own_quantity=3, typed=["Ann", "Bob"])
        assert found[:2] == (3, ["Ann", "Bob"])
        assert "Your account had a cart already" in found[2]
        assert "In both carts: Session, whose quantity is now 3. All 2 forms filled in are kept." in found[2]

    def test_those_typed_before_fill_the_blank_ones(self, visitor, entry_with_forms):
        found = self.join(visitor, entry_with_forms, own=["Cleo"], own_quantity=2, typed=["Ann", ""])
        assert found[:2] == (2, ["Ann", "Cleo"])

    def test_both_are_kept_and_the_quantity_rises_as_far_as_needed(self, visitor, entry_with_forms):
        found = self.join(
            visitor, entry_with_forms, own=["Cleo", "Ann", ""], own_quantity=3, typed=["Ann", "Bob", "Dan"]
        )
        assert found[:2] == (4, ["Ann", "Bob", "Dan", "Cleo"])

    def test_beyond_the_limit_they_wait(self, visitor, entry_with_forms):
        entry_with_forms.max_quantity = 3
        entry_with_forms.save()
        found = self.join(visitor, entry_with_forms, own=["Cleo", "Dora"], own_quantity=2, typed=["Ann", "Bob"])
        assert found[:2] == (3, ["Ann", "Bob", "Cleo", "Dora"])
        assert "One of them waits until the quantity is raised." in found[2]

    def test_what_waited_beyond_a_quantity_raises_none(self, visitor, entry_with_forms):
        alice = UserFactory()
        own = make_cart(entry_with_forms, quantity=3, units=[{"name": n} for n in ("Cleo", "Dora", "Emil")], user=alice)
        set_quantity(cart=own, line_id=own.lines.get().pk, quantity=1, user=alice, now=timezone.now())
        put_in_cart(visitor, entry_with_forms, 2)
        line = cart_of(visitor).lines.get()
        visitor.post("/checkout/units/", {f"unit-{line.pk}-0-name": "Ann"})
        visitor.post("/auth/login/", {"login": alice.email, "password": PASSWORD})
        line = own.lines.get()
        assert line.quantity == 2
        assert [unit.answers["name"] for unit in line.units.all()] == ["Ann", "Cleo", "Dora", "Emil"]

    def test_a_line_that_only_the_visitor_had_is_named(self, visitor, entry, entry_with_forms):
        alice = UserFactory()
        make_cart(entry_with_forms, user=alice)
        put_in_cart(visitor, entry, 2)
        visitor.post("/auth/login/", {"login": alice.email, "password": PASSWORD})
        assert "Added: Chair, quantity 2." in visitor.get("/cart/").content.decode()
