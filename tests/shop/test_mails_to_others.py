"""Mails to people who did not ask for them: every kind says who reads it, and carries no stranger's message."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.members.models import CustomerAccount
from accounts.members.trust import HAVE_PAID, may_mail_strangers
from accounts.people.models import User
from common.defused import defused, holds_web_address
from common.registry import qualified_name
from outbox.mails.kinds import MAIL_KINDS, Receiver
from outbox.mails.models import Mail
from outbox.mails.rendering import render_mail
from shop.cart.models import Cart
from shop.orders.models import Order
from shop.payments.services import choose_method
from shop.wiring import has_paid_money
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory
from tests.factories.shop import make_cart, pay, place
from tests.shop.every_mail import every_mail
from tests.shop.steps import (
    cart_of,
    english_client,
    press_order,
    put_in_cart,
    signed_in,
    type_details,
    units_shown,
)

pytestmark = pytest.mark.django_db

LURE = "You won"
TYPED = f"{LURE} http://evil.example/prize or www.evil.example or write to jd@evil.example"
# As mail programs find them: a scheme, or a name with a dot and a top-level domain.
LINK = re.compile(r"evil[.\u3002\uff0e\uff61]example|://\S*evil|jd@")


@pytest.fixture
def mails(probe_entry: Any, diary: Any) -> dict[str, Mail]:
    """Return a mail of every kind, of customers who typed a lure wherever they could."""
    every_mail(probe_entry, diary)
    CustomerAccount.objects.update(name=TYPED)
    Order.objects.update(
        billing_name=TYPED, contact_name=TYPED, purchase_reference=TYPED[:60], billing_street=TYPED, billing_city=LURE
    )
    User.objects.update(first_name=TYPED, last_name=TYPED)
    for mail in Mail.objects.all():
        stored = {key: TYPED if key in ("account_name", "invited_by") else value for key, value in mail.context.items()}
        Mail.objects.filter(pk=mail.pk).update(context=stored)
    return {mail.kind: mail for mail in Mail.objects.order_by("pk")}


def paid(has_paid: bool):
    """Have every account paid, or none, whatever their orders."""
    return HAVE_PAID.temporarily(qualified_name(has_paid_money), lambda _account: has_paid)


def to_others() -> list[str]:
    return [name for name in MAIL_KINDS.names() if MAIL_KINDS.get(name).is_to_others]


def test_every_kind_says_who_reads_it():
    assert [name for name in MAIL_KINDS.names() if MAIL_KINDS.get(name).receiver is None] == []


def test_the_kinds_to_people_whom_somebody_named():
    named = [name for name in MAIL_KINDS.names() if MAIL_KINDS.get(name).receiver in (Receiver.NAMED, Receiver.PAYER)]
    assert sorted(named) == [
        "access_extended", "buy_more_asked", "course_request_answered", "course_requested", "entry_reminder",
        "invitation", "member_invitation",
        "payer_instructions", "payer_nothing_due", "payer_order_ended", "payer_part_due", "payer_received",
        "place_lost", "seat_assigned", "seats_lapsed", "sign_in_reminder",
    ]  # fmt: skip


@pytest.mark.parametrize("has_paid", [True, False])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_nothing_typed_stands_in_a_subject_and_no_address_typed_is_a_link(mails, has_paid, language):
    with paid(has_paid):
        for kind in to_others():
            Mail.objects.filter(pk=mails[kind].pk).update(language=language)
            rendered = render_mail(Mail.objects.get(pk=mails[kind].pk), blank_secrets=False)
            assert LURE not in rendered.subject, kind
            for part in (rendered.text, rendered.html):
                assert not LINK.search(part), kind


def test_before_a_payment_strangers_read_fixed_words_alone(mails):
    with paid(False):
        for kind in to_others():
            if MAIL_KINDS.get(kind).receiver != Receiver.CUSTOMER:
                rendered = render_mail(mails[kind], blank_secrets=False)
                assert LURE not in rendered.text + rendered.html, kind
    with paid(True):
        rendered = render_mail(mails["member_invitation"], blank_secrets=False)
        assert LURE in rendered.text
        assert LURE in rendered.html


@pytest.mark.parametrize(
    ("typed", "harmless"),
    [
        ("http://evil.example/x", "http: //evil. example/x"),
        ("www.evil.example", "www. evil. example"),
        ("evil\u3002example", "evil\u3002 example"),
        ("jd@evil.example", "jd @ evil. example"),
        ("S.A.R.L. Dupont & Fils", "S.A.R.L. Dupont & Fils"),
        ("2026-11-30T08:15:00.123456+00:00", "2026-11-30T08:15:00.123456+00:00"),
    ],
)
def test_defusing_breaks_addresses_and_nothing_else(typed, harmless):
    assert defused(typed) == defused(harmless) == harmless


def test_a_name_holds_no_web_address():
    assert [holds_web_address(name) for name in ("Booking.com SAS", "http://evil.example", "WWW.evil.example")] == [
        False,
        True,
        True,
    ]


@pytest.mark.parametrize("field", ["contact_name", "billing_name"])
def test_a_name_with_a_web_address_is_refused_at_its_field(visitor, entry, field):
    put_in_cart(visitor, entry)
    for name, fine in (("You won http://evil.example", False), ("x" * 101, False), ("Booking.com SAS", True)):
        answer = type_details(visitor, **{field: name})
        assert (answer.status_code == 302) == fine
        if not fine:
            assert list(answer.context["form"].errors) == [field]


# --- Who may, and how often ---


def test_an_account_speaks_to_strangers_once_money_has_come_or_the_merchant_trusts_it():
    member = MembershipFactory()
    free = EntryFactory(tiers={1: "0.00"})
    place(make_cart(free, user=member.user), user=member.user, account=member.account)
    assert not may_mail_strangers(member.account.pk)
    order = place(make_cart(EntryFactory(), user=member.user), user=member.user, account=member.account)
    assert not may_mail_strangers(member.account.pk)
    pay(order)
    assert may_mail_strangers(member.account.pk)
    assert may_mail_strangers(CustomerAccountFactory(credit_limit=100).pk)


def invite(owner: User, account: CustomerAccount, email: str) -> int:
    url = reverse("account-members", args=[account.pk])
    return signed_in(owner).post(url, {"email": email, "roles": ["is_buyer"]}).status_code


@pytest.fixture
def limits(settings):
    """Put the shop's own limits in force, which other tests lift."""
    from project.settings.rate_limits import RATE_LIMITS

    settings.RATE_LIMITS = RATE_LIMITS


def test_an_owner_who_never_paid_invites_three_people_a_day_over_all_their_accounts(limits):
    owner = UserFactory()
    accounts = [MembershipFactory(user=owner).account for _number in range(4)]

    answers = [invite(owner, account, f"p{n}@example.org") for n, account in enumerate(accounts)]

    assert answers == [302, 302, 302, 429]
    assert Mail.objects.filter(kind="member_invitation").count() == 3


def test_the_refusal_says_when_more_can_be_invited(limits):
    owner = UserFactory()
    account = MembershipFactory(user=owner).account
    for number in range(3):
        invite(owner, account, f"p{number}@example.org")
    answer = signed_in(owner).post(
        reverse("account-members", args=[account.pk]), {"email": "p4@example.org", "roles": ["is_buyer"]}
    )
    assert "More can be invited once an order is paid, or tomorrow." in answer.content.decode()
    assert "p4@example.org" in answer.content.decode()


def test_several_owners_behind_one_network_share_a_count_before_payment(limits):
    answers = []
    for number in range(11):
        membership = MembershipFactory()
        answers.append(invite(membership.user, membership.account, f"p{number}@example.org"))
    assert answers == [302] * 10 + [429]


def test_one_address_is_invited_few_times_whoever_invites_it(limits):
    answers = []
    for _number in range(6):
        membership = MembershipFactory(account=CustomerAccountFactory(credit_limit=1))
        answers.append(invite(membership.user, membership.account, "victim@example.org"))
    assert answers == [302] * 5 + [429]


@pytest.fixture
def free_session() -> Any:
    return EntryFactory(
        handler="std_setuponecoursesession", parameters={"coursename": CourseFactory().short_name}, tiers={1: "0.00"}
    )


def order_naming(client: Client, entry: Any, *people: str, **details: Any) -> Any:
    """Place an order of units with these people, from the cart to the answer of the last button."""
    put_in_cart(client, entry, len(people))
    line = cart_of(client).lines.get()
    answers = [{"role": "student", "email": email, "first_name": "Paul", "last_name": "Petit"} for email in people]
    typed = {
        f"unit-{line.pk}-{index}-{name}": value for index, each in enumerate(answers) for name, value in each.items()
    }
    client.post("/checkout/units/", units_shown(line, range(len(people))) | typed | {"next": "1"})
    type_details(client, **details)
    return press_order(client)


def test_people_named_in_orders_that_cost_nothing_are_counted_like_other_strangers(limits, free_session):
    member = UserFactory(email="alice@example.org")
    first = order_naming(signed_in(member), free_session, "alice@example.org", "p1@example.org", "p2@example.org")
    second = order_naming(signed_in(member), free_session, "p3@example.org", "p4@example.org")

    assert (first.status_code, second.status_code) == (302, 429)
    assert "Before its first paid order an account can invite only a few people a day." in second.content.decode()
    assert not Mail.objects.filter(recipient__in=["p3@example.org", "p4@example.org"]).exists()


def test_an_order_refused_for_its_people_uses_up_nothing(limits, free_session):
    member = UserFactory(email="alice@example.org")
    order_naming(signed_in(member), free_session, "p1@example.org", "p2@example.org")

    refused = order_naming(signed_in(member), free_session, "p3@example.org", "p4@example.org")
    Cart.objects.filter(user=member, ordered_at=None).delete()
    smaller = order_naming(signed_in(member), free_session, "p3@example.org")

    assert (refused.status_code, smaller.status_code) == (429, 302)


def test_of_visitors_they_are_counted_by_the_network(limits, free_session):
    people = [f"p{number}@example.org" for number in range(11)]

    assert order_naming(english_client(), free_session, *people[:10]).status_code == 302
    assert order_naming(english_client(), free_session, people[10], email="bob@example.org").status_code == 429


def test_people_of_an_order_that_costs_something_are_not(limits, free_session):
    free_session.tiers.update(unit_net="100.00")
    people = [f"p{number}@example.org" for number in range(11)]

    assert order_naming(english_client(), free_session, *people).status_code == 302


def test_a_payer_hears_once_of_an_order_whatever_is_chosen_how_often():
    order = place(make_cart(EntryFactory()), payer_email="payer@example.org")
    for method in ("transfer", "sandbox", "transfer", "sandbox", "transfer"):
        choose_method(order_id=order.pk, method=method, actor=None, now=timezone.now())
    assert Mail.objects.filter(recipient="payer@example.org").count() == 1
