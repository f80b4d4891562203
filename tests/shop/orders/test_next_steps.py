"""Next step at each line of an order's page, for each reader."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from enrolments.courses.models import Course
from handlers.testing import parameters
from outbox.mails.models import Mail
from outbox.mails.rendering import render_mail
from shop.orders.models import Order
from shop.payments.providers.sandbox.provider import provider as sandbox
from shop.payments.services import begin_payment, choose_method
from tests.factories.accounts import MembershipFactory
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory
from tests.factories.shop import deliver, make_cart, pay, place
from tests.shop.steps import english_client, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner():
    return MembershipFactory()


@pytest.fixture
def session():
    CourseFactory(short_name="SEC-01")
    return EntryFactory(
        handler="std_setuponecoursesession",
        parameters=parameters("std_setuponecoursesession", coursename="SEC-01"),
        tiers={1: "10"},
    )


def bought(entry, member, *, quantity: int = 1, units=(), **details) -> Order:
    cart = make_cart(entry, quantity=quantity, units=units, user=member.user)
    return place(cart, user=member.user, account=member.account, **details)


def delivered(order: Order) -> Order:
    pay(order)
    return deliver(order)


def steps(client, order) -> list[tuple[str, str]]:
    """Return text and address of the steps at the order's only line."""
    [(_line, _units, shown)] = client.get(f"/orders/{order.token}/").context["lines"]
    return [(step.text, step.url) for step in shown]


def learner(member, email="") -> dict[str, str]:
    return {"role": "student", "email": email or member.user.email, "first_name": "Ada", "last_name": "Byron"}


def test_blank_seats_of_a_session_are_to_be_filled_in_and_the_operator_goes_to_the_own_course(session, owner):
    order = delivered(bought(session, owner, quantity=3, units=[learner(owner)]))
    client = signed_in(owner.user)

    (go, to_course), (fill, to_session) = steps(client, order)

    assert (go, to_course) == ("Go to my course", "/learn/SEC-01/")
    assert fill == "Fill in 2 participants"
    assert client.get(to_course).status_code == client.get(to_session).status_code == 200
    mail = render_mail(Mail.objects.get(kind="delivered"), blank_secrets=False)
    for body in (mail.text, mail.html):
        assert f"http://testserver{to_session}" in body
        assert f"http://testserver{to_course}" in body
        assert order.token in body


def test_seats_of_a_session_whose_course_is_over_are_not_to_be_filled(session, owner):
    order = delivered(bought(session, owner, quantity=2))
    Course.objects.update(last_day=timezone.localdate() - timedelta(days=2))
    assert steps(signed_in(owner.user), order) == []


def test_free_seats_of_a_pack_are_to_be_assigned_by_those_who_may(owner):
    pack = EntryFactory(handler="std_generateseats", parameters={"packsize": 3})
    order = delivered(bought(pack, owner))
    client = signed_in(owner.user)
    [(assign, address)] = steps(client, order)
    assert assign == "Assign 3 seats"
    assert len(client.get(address).context["rows"]) == 3

    accountant = MembershipFactory(account=owner.account, is_owner=False, is_accountant=True)
    assert steps(signed_in(accountant.user), order) == [("3 seats wait for their people.", "")]


def test_before_payment_each_line_says_what_it_waits_for(entry, owner):
    client = signed_in(owner.user)
    order = bought(entry, owner)
    assert steps(client, order) == [("Pay first", "#state")]
    choose_method(order_id=order.pk, method="transfer", actor=owner.user, now=timezone.now())
    assert steps(client, order) == [("Comes once your payment has arrived.", "")]
    charged = bought(entry, owner)
    begin_payment(order_id=charged.pk, provider=sandbox, reference="r", now=timezone.now())
    assert steps(client, charged) == [("Comes once the bank has answered.", "")]


def test_what_was_given_back_or_needs_no_delivery_has_no_step(entry, owner):
    order = delivered(bought(entry, owner))
    assert steps(signed_in(owner.user), order) == []


def test_a_stranger_with_the_page_of_an_unclaimed_order_learns_of_no_person(session):
    order = place(make_cart(session, quantity=2), email="alice@example.org")
    delivered(order)
    assert steps(english_client(), order) == [
        ("Confirm that the order is yours, then manage what it delivered", "#claim")
    ]


def test_takes_as_many_queries_for_many_lines_and_units(session, owner):
    counts = []
    for quantity in (1, 6):
        order = delivered(bought(session, owner, quantity=quantity))
        client = signed_in(owner.user)
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/orders/{order.token}/")
        counts.append(len(queries))
    assert counts[0] == counts[1]
