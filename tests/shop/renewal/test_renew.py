"""The button that puts extensions into the cart for those ticked."""

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import timezone

from common.moments import days_later
from enrolments.grounds.models import Enrolment, Ground
from enrolments.values import Terms
from handlers.testing import make_person
from shop.cart.models import CartLine, CartUnit
from shop.orders.models import Order
from tests.enrolments.given import given_session
from tests.factories.accounts import MembershipFactory
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory
from tests.factories.shop import deliver, pay
from tests.shop.steps import press_order, signed_in, type_details, units_shown

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner():
    return MembershipFactory(is_owner=True)


@pytest.fixture
def entry():
    return EntryFactory(
        code="MORE", name_en="90 more days", handler="std_extendenrolperiod", parameters={"extension": 90}
    )


@pytest.fixture
def client(owner):
    return signed_in(owner.user)


def in_courses(account, count=1):
    """Return the grounds of people whose access ends in five days."""
    now = timezone.now()
    people = tuple(make_person() for _ in range(count))
    made = given_session(CourseFactory(), account, learners=people, terms=Terms(ends_at=days_later(now, 5)), now=now)
    return list(Ground.objects.filter(line_id=made.batch.line_id, kind="seat").order_by("pk"))


def renew(client, account, *grounds, entry="MORE"):
    picked = [f"ground-{ground.pk}" for ground in grounds]
    return client.post(reverse("account-renew", args=[account.pk]), {"target": picked, "entry": entry})


def said(answer):
    return [str(message) for message in get_messages(answer.wsgi_request)]


def test_the_page_offers_the_button_with_the_entries_that_extend(client, owner, entry):
    [ground] = in_courses(owner.account)

    shown = client.get(reverse("account-endings", args=[owner.account.pk])).content.decode()

    assert "90 more days" in shown
    assert f'value="ground-{ground.pk}"' in shown


def test_without_an_entry_that_extends_there_is_no_button(client, owner):
    in_courses(owner.account)

    shown = client.get(reverse("account-endings", args=[owner.account.pk])).content.decode()

    assert 'name="target"' not in shown


def test_those_ticked_are_in_the_cart_with_their_forms_filled(client, owner, entry):
    first, second, _third = in_courses(owner.account, 3)

    answer = renew(client, owner.account, second, first)

    assert answer.url == reverse("cart")
    assert said(answer) == ["2 extensions are in your cart, with their forms filled in."]
    units = CartUnit.objects.order_by("index").values_list("index", "answers")
    assert list(units) == [(0, {"target": f"ground-{second.pk}"}), (1, {"target": f"ground-{first.pk}"})]


def test_pressed_again_it_adds_those_that_are_missing(client, owner, entry):
    first, second = in_courses(owner.account, 2)
    renew(client, owner.account, first)

    assert said(renew(client, owner.account, first, second))[-1].startswith("1 extension is in your cart")
    assert said(renew(client, owner.account, first, second))[-1] == "All of them are in your cart already."
    assert CartUnit.objects.count() == 2


def test_from_the_tick_to_the_longer_access(client, owner, entry):
    [ground] = in_courses(owner.account)
    renew(client, owner.account, ground)
    line = CartLine.objects.get()
    target = {f"unit-{line.pk}-0-target": f"ground-{ground.pk}"}
    client.post("/checkout/units/", {**units_shown(line, range(1)), **target, "next": "1"})
    type_details(client, account=owner.account.pk, operator=owner.user.pk)
    press_order(client)

    order = Order.objects.get()
    pay(order)
    assert deliver(order).status == "completed"
    assert Enrolment.objects.get(pk=ground.enrolment_id).ends_at == days_later(ground.ends_at, 90)


def test_what_another_account_owns_is_left_out(client, owner, entry):
    in_courses(owner.account)
    [foreign] = in_courses(MembershipFactory(is_owner=True).account)

    renew(client, owner.account, foreign)

    assert not CartUnit.objects.exists()


def test_nothing_ticked_and_nothing_on_sale_are_told(client, owner, entry):
    [ground] = in_courses(owner.account)

    assert said(renew(client, owner.account)) == ["Nobody is ticked. Tick those whose access is to be extended."]
    assert said(renew(client, owner.account, ground, entry="OTHER"))[-1] == (
        "This extension is not on sale at the moment."
    )


@pytest.mark.parametrize("role", ["is_buyer", "is_operator", "is_accountant"])
def test_who_does_not_both_buy_and_place_people_has_no_such_button(owner, entry, role):
    [ground] = in_courses(owner.account)
    member = MembershipFactory(account=owner.account, is_owner=False, **{role: True})

    assert renew(signed_in(member.user), owner.account, ground).status_code == 404
