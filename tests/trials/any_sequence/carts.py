"""Carts of customers and visitors: filled, answered and placed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from accounts.people.models import User
from catalog.models.entries import Entry
from shop.cart.models import Cart, CartLine
from shop.cart.services import CartRefused, add_to_cart, find_cart, open_cart, remove_line, save_units, set_quantity
from shop.checkout.errors import CheckoutRefused
from shop.orders.models import Order
from tests.factories.shop import place, shown_now
from tests.trials.any_sequence import world
from tests.trials.any_sequence.choices import entry_index, one_of, person, quantity, seldom, some, typed, whoever
from tests.trials.any_sequence.frame import Frame

Status = Order.Status


class Carts(Frame):
    """Steps from the first line of a cart to its order."""

    def user_of(self, who: str) -> User | None:
        return self.world.users.get(who)

    def cart_of(self, who: str) -> Cart:
        user = self.user_of(who)
        cart = open_cart(token=self.visitor_carts.get(who), user=user)
        if user is None:
            self.visitor_carts[who] = cart.token
        return cart

    @rule(who=whoever, index=entry_index, number=st.integers(0, 4))
    def add(self, who: str, index: int, number: int) -> None:
        entry = Entry.objects.get(pk=self.world.entries[index].pk)
        cart = self.cart_of(who)
        self.arrange(lambda: None)
        with self.step("put into the cart", CartRefused):
            add_to_cart(cart=cart, entry=entry, quantity=number, user=cart.user, now=self.now)

    @precondition(lambda self: self.cart_lines)
    @rule(n=some, number=st.integers(0, 5))
    def change_quantity(self, n: int, number: int) -> None:
        line = one_of(self.cart_lines, n)
        with self.step("change the quantity", CartRefused):
            set_quantity(cart=line.cart, line_id=line.pk, quantity=number, user=line.cart.user, now=self.now)

    @precondition(lambda self: self.cart_lines)
    @rule(n=some)
    def remove(self, n: int) -> None:
        line = one_of(self.cart_lines, n)
        with self.step("take out of the cart"):
            remove_line(cart=line.cart, line_id=line.pk)

    @precondition(lambda self: self.asking())
    @rule(n=some, participants=typed)
    def answer_unit_forms(self, n: int, participants: Sequence[tuple[str, str]]) -> None:
        line = one_of(self.asking(), n)
        with self.step("answer the unit forms"):
            self._type(line, participants)

    def asking(self) -> list[CartLine]:
        return [line for line in self.cart_lines if line.entry_id in self.world.sessions]

    def _type(self, line: CartLine, participants: Sequence[tuple[str, str]]) -> None:
        answers = [world.participant(name, role) for name, role in participants]
        save_units(cart=line.cart, line_id=line.pk, answers=dict(enumerate(answers)))

    # Placing ---------------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.to_place())
    @rule(n=some, email=person, new_account=seldom, is_stale=seldom, bob_operates=seldom)
    def place(self, n: int, email: str, new_account: bool, is_stale: bool, bob_operates: bool) -> None:
        cart = one_of(self.to_place(), n)
        self.tried.add((cart.pk, cart.version))
        names = {user.pk: name for name, user in self.world.users.items()}
        carts = {token: name for name, token in self.visitor_carts.items()}
        who = names[cart.user_id] if cart.user_id else carts[cart.token]
        with self.step("place", CheckoutRefused):
            self._place(who, email=email, new_account=new_account, is_stale=is_stale, bob_operates=bob_operates)

    def to_place(self) -> list[Cart]:
        """Return the carts changed since they were last placed in vain."""
        carts = {line.cart_id: line.cart for line in self.cart_lines}
        return [cart for cart in carts.values() if (cart.pk, cart.version) not in self.tried]

    def _place(
        self, who: str, *, email: str, new_account: bool = False, is_stale: bool = False, bob_operates: bool = False
    ) -> Order:
        cart = self.cart_of(who)
        user = self.user_of(who)
        account = None if user is None or new_account else self.world.accounts[who]
        operator = self.world.users["bob"] if bob_operates and account is not None else None
        typed = {"user": user, "account": account, "operator": operator, "email": world.address(email), "now": self.now}
        shown = shown_now(cart, **typed)
        if is_stale:
            shown = replace(shown, version=shown.version - 1)
        order = place(cart, shown=shown, is_proved=False, **typed)
        self.ordered.append((cart.token, user, shown, order.pk))
        return order

    @rule(who=whoever, index=entry_index, number=quantity, participants=typed, email=person)
    def buy(self, who: str, index: int, number: int, participants: Sequence[tuple[str, str]], email: str) -> None:
        """Buy in one step, with a cart emptied first."""
        cart = self.cart_of(who)
        self.arrange(cart.lines.all().delete)
        with self.step("buy", CartRefused, CheckoutRefused), transaction.atomic():
            self._buy(who, index, number, participants, email)

    def _buy(self, who: str, index: int, number: int, participants: Sequence[tuple[str, str]], email: str) -> Order:
        cart = self.cart_of(who)
        entry = Entry.objects.get(pk=self.world.entries[index].pk)
        line = add_to_cart(cart=cart, entry=entry, quantity=number, user=cart.user, now=self.now)
        self._type(line, participants)
        return self._place(who, email=email)

    @precondition(lambda self: self.ordered)
    @rule()
    def place_again(self) -> None:
        """Place a cart that made an order: the same order is returned, and nothing is written."""
        token, user, shown, order_id = self.ordered.pop()
        with self.step("place the same cart again"):
            again = place(Cart.objects.get(token=token), user=user, shown=shown, now=self.now)
            assert again.pk == order_id
            assert self.rows_are_as(self.rows)
            assert find_cart(token=token, user=None) is None
