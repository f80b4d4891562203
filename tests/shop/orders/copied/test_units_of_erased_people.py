"""Answers of micro-forms about a learner who is erased: blanked once nothing is delivered from them."""

from __future__ import annotations

import pytest
from django.utils import timezone

from common.personal_data import HOLDINGS, Person
from common.tidying import tidy
from shop.cart.models import Cart, CartUnit
from shop.orders.copied.people import blank_units_of
from shop.orders.lines.models import OrderUnit
from tests.factories.accounts import UserFactory
from tests.factories.enrolments import CourseFactory
from tests.factories.shop import deliver, make_cart, pay, place
from tests.rivals.given import participant, session_entry
from tests.shop.orders.copied.given import EMAIL

pytestmark = pytest.mark.django_db

NOW = timezone.now()
LEARNER = Person(key=0, emails=frozenset({"paul@example.org"}), names=frozenset({("Paul", "Petit")}))


@pytest.fixture
def entry():
    return session_entry(CourseFactory())


def cart_of(entry, **options):
    others = [participant("ada@example.org") | {"first_name": "Ada", "last_name": "Brun"}]
    return make_cart(entry, quantity=2, units=[participant("paul@example.org"), *others], **options)


def answers(order) -> list[str]:
    return [unit.answers.get("email", "") for unit in OrderUnit.objects.filter(line__order=order).order_by("index")]


def test_answers_about_a_learner_are_blanked_and_those_about_others_stay(entry):
    order = place(cart_of(entry))
    pay(order)
    deliver(order)

    assert blank_units_of(LEARNER, NOW, 10) == 1
    assert blank_units_of(LEARNER, NOW, 10) == 0

    assert answers(order) == ["", "ada@example.org"]


def test_what_is_not_delivered_yet_is_blanked_afterwards(entry):
    order = place(cart_of(entry))
    holding = HOLDINGS.get("order_units")
    assert [each.count for each in holding.keeps(LEARNER, NOW)] == [1]

    assert blank_units_of(LEARNER, NOW, 10) == 1
    assert blank_units_of(LEARNER, NOW, 10) == 0
    assert tidy("erased_units", now=NOW) == 0
    assert answers(order) == ["paul@example.org", "ada@example.org"]
    pay(order)
    deliver(order)
    assert tidy("erased_units", now=NOW) == 1
    assert answers(order) == ["", "ada@example.org"]
    assert not OrderUnit.objects.filter(blank_when_done=True).exists()


def test_a_name_within_another_word_is_nobody(entry):
    order = place(cart_of(entry))
    pay(order)
    deliver(order)
    lookalike = Person(key=0, emails=frozenset({"aul@example.org"}), names=frozenset({("Pau", "Peti")}))

    assert blank_units_of(lookalike, NOW, 10) == 0
    assert answers(order)[0] == "paul@example.org"


def test_carts_of_others_lose_what_was_typed_about_the_learner(entry):
    buyer = UserFactory()
    cart = cart_of(entry, user=buyer)
    Cart.objects.update(version=7)
    cart.lines.update(units_confirmed=True)
    own = make_cart(entry, user=UserFactory(email=EMAIL))
    carts = HOLDINGS.get("carts")
    assert len(list(carts.describe(LEARNER))) == 1

    assert carts.blank(LEARNER, NOW, 10) == 1
    assert carts.blank(LEARNER, NOW, 10) == 0

    assert CartUnit.objects.get().answers["email"] == "ada@example.org"
    cart.refresh_from_db()
    assert (cart.version, cart.lines.get().units_confirmed) == (8, False)
    assert Cart.objects.filter(pk=own.pk).exists()


def test_the_persons_own_cart_and_a_visitors_with_their_details_are_deleted(entry):
    person = UserFactory(email="paul@example.org")
    make_cart(entry, user=person)
    visitors = make_cart(entry)
    Cart.objects.filter(pk=visitors.pk).update(details={"email": "Paul@example.org"})
    carts = HOLDINGS.get("carts")
    erased = Person(key=person.pk, emails=LEARNER.emails)

    assert carts.blank(erased, NOW, 1) == 1
    assert carts.blank(erased, NOW, 10) == 1
    assert not Cart.objects.exists()
