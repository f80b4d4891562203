"""An order whose mail was lost: whoever has proved its address finds it and claims it by a button."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.links.effects import link_url
from accounts.links.models import AddressLink
from enrolments.grounds.models import Ground
from outbox.mails.models import Mail
from outbox.mails.rendering import render_mail
from shop.orders.claim import claim_order
from shop.orders.ending import cancel_order
from shop.orders.models import Order
from shop.orders.unclaimed import orders_waiting_for
from tests.accounts.sign_in.test_sign_in import sign_in
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory
from tests.factories.shop import deliver, make_cart, pay, place
from tests.shop.steps import english_client, signed_in

pytestmark = pytest.mark.django_db

ADDRESS = "alice@example.org"
BUTTON = "This order is mine"


@pytest.fixture
def order(entry) -> Order:
    return place(make_cart(entry), email=ADDRESS)


@pytest.fixture
def alice():
    return UserFactory(email=ADDRESS)


def page(client: Client, order: Order) -> str:
    return client.get(f"/orders/{order.token}/").content.decode()


def claim(client: Client, order: Order, **posted: object):
    answer = client.post(f"/orders/{order.token}/claim/", posted)
    order.refresh_from_db()
    return answer


def form_in(html: str, order: Order) -> bool:
    return f'action="/orders/{order.token}/claim/"' in html


def test_whoever_proved_the_address_claims_by_the_button(order, alice):
    client = signed_in(alice)
    assert form_in(page(client, order), order)

    answer = claim(client, order)

    assert answer.url == f"/orders/{order.token}/"
    assert (order.buyer, order.operator, order.is_claimed) == (alice, alice, True)
    assert order.account.memberships.get().is_owner
    assert not form_in(page(client, order), order)
    assert order.number in client.get("/account/orders/", follow=True).content.decode()


def test_a_delivered_order_comes_with_what_it_delivered(alice):
    order = place(make_cart(EntryFactory(handler="std_generateseats", parameters={"packsize": 2})), email=ADDRESS)
    pay(order)
    deliver(order)
    client = signed_in(alice)

    claim(client, order)

    assert "Assign 2 seats" in page(client, order)


def test_straight_into_an_account_that_the_person_owns(order, alice):
    own = MembershipFactory(user=alice).account
    made_for_it = order.account
    client = signed_in(alice)
    assert f'<option value="{own.pk}">' in page(client, order)

    claim(client, order, account=own.pk)

    assert (order.account, order.buyer) == (own, alice)
    assert not type(own).objects.filter(pk=made_for_it.pk).exists()


@pytest.mark.parametrize("account", ["0", "x", "9" * 30])
def test_not_into_an_account_of_others(order, alice, account):
    others = MembershipFactory().account
    for posted in (account, others.pk):
        claim(signed_in(alice), order, account=posted)
        assert not order.is_claimed


@pytest.mark.parametrize("proved", [True, False])
def test_nobody_else_is_offered_the_order_or_gets_it(order, proved):
    others = UserFactory(email="bob@example.org") if proved else UserFactory(email=ADDRESS, is_address_proved=False)
    client = signed_in(others)
    assert not form_in(page(client, order), order)
    assert order.number not in client.get("/account/orders/").content.decode()
    assert order.number not in client.get("/account/").content.decode()

    claim(client, order)

    assert not order.is_claimed
    assert "another address" in page(client, order)


def test_a_visitor_signs_in_first_and_learns_nothing_of_the_address(order, entry):
    unknown = page(english_client(), order)
    UserFactory(email=ADDRESS)
    known = page(english_client(), order)
    assert without_token(known) == without_token(unknown)
    assert f"/auth/login/code/?next=/orders/{order.token}/" in known
    assert claim(english_client(), order).url.startswith("/auth/login/?next=")
    assert not order.is_claimed


def without_token(html: str) -> list[str]:
    return [line for line in html.splitlines() if "csrfmiddlewaretoken" not in line]


def test_a_get_of_the_button_leads_to_the_order(order, alice):
    assert signed_in(alice).get(f"/orders/{order.token}/claim/").url == f"/orders/{order.token}/"
    order.refresh_from_db()
    assert not order.is_claimed


def test_orders_that_wait_stand_in_the_account_of_a_person_without_one(order, alice):
    client = signed_in(alice)
    for address in ("/account/", "/account/orders/"):
        html = client.get(address, follow=True).content.decode()
        assert "Orders that wait for you" in html
        assert form_in(html, order)
    claim(client, order)
    for address in ("/account/", "/account/orders/"):
        assert "Orders that wait for you" not in client.get(address).content.decode()


def test_signing_in_tells_of_an_order_bought_signed_out(order, alice):
    client = english_client()

    answer = sign_in(client, ADDRESS)

    assert (
        "An order that was placed with your address waits for you." in client.get(answer["Location"]).content.decode()
    )


def test_signing_in_says_nothing_of_orders_where_none_waits(order):
    UserFactory(email="bob@example.org")
    client = english_client()

    answer = sign_in(client, "bob@example.org")

    assert "waits for you" not in client.get(answer["Location"]).content.decode()


def test_an_order_that_ended_unpaid_waits_for_nobody_unless_money_came(order, alice):
    cancel_order(order_id=order.pk, actor=None, now=timezone.now())
    assert list(orders_waiting_for(alice)) == []
    assert not form_in(page(signed_in(alice), order), order)

    pay(order, amount=order.gross + 1)

    assert list(orders_waiting_for(alice)) == [order]
    assert form_in(page(signed_in(alice), order), order)


def test_the_list_takes_as_many_queries_for_many_orders(entry, alice, django_assert_max_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for number in (1, 4):
        for _ in range(number):
            place(make_cart(entry), email=ADDRESS)
        client = signed_in(alice)
        with CaptureQueriesContext(connection) as queries:
            client.get("/account/")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_link_used_after_the_button_leads_to_the_order(order, alice):
    client = signed_in(alice)
    path = "/" + link_url(AddressLink.objects.get(purpose="claim")).split("/", 3)[3]
    claim(client, order)

    answer = client.post(path)

    assert answer.url == f"/orders/{order.token}/"
    assert order.events.filter(what="claimed").count() == 1


def test_the_button_pressed_in_two_tabs_is_no_error(order, alice):
    client = signed_in(alice)
    claim(client, order)

    answer = client.post(f"/orders/{order.token}/claim/", follow=True)

    assert "notice-bad" not in answer.content.decode()


# The mail, once more


def test_the_mail_goes_to_the_orders_address_alone_with_a_living_link(order):
    AddressLink.objects.update(created_at=timezone.now() - timedelta(days=90), expires_at=timezone.now())

    english_client().post(f"/orders/{order.token}/mail/", {"email": "eve@example.org"})

    mail = Mail.objects.get(kind="order_again")
    assert mail.recipient == ADDRESS
    link = AddressLink.objects.usable_at(timezone.now()).get()
    assert link_url(link) in render_mail(mail, blank_secrets=False).text
    assert order.token in render_mail(mail, blank_secrets=False).text


def test_the_answer_is_one_however_often_it_is_asked(order, settings, alice):
    settings.RATE_LIMITS = {"mail of a link": "2/h/key"}
    visitor = english_client()

    answers = {
        visitor.post(f"/orders/{order.token}/mail/", follow=True).content.decode().count("on its way") for _ in "123"
    }

    assert answers == {1}
    assert Mail.objects.filter(kind="order_again").count() <= 2


def test_no_mail_goes_out_for_a_claimed_order(order, alice):
    claim_order(order_id=order.pk, user=alice, now=timezone.now())
    signed_in(alice).post(f"/orders/{order.token}/mail/")
    assert not Mail.objects.filter(kind="order_again").exists()


def test_every_mail_of_an_unclaimed_order_carries_its_link(order):
    client = english_client()
    client.post(f"/orders/{order.token}/pay/", {"method": "transfer"})
    pay(order)
    deliver(order)
    other = place(make_cart(order.lines.get().entry), email=ADDRESS)
    cancel_order(order_id=other.pk, actor=None, now=timezone.now())

    mails = Mail.objects.filter(recipient=ADDRESS)

    assert {mail.kind for mail in mails} >= {"order_placed", "payment_instructions", "payment_received", "order_ended"}
    for mail in mails:
        rendered = render_mail(mail, blank_secrets=False)
        assert "/accounts/link/" in rendered.text, mail.kind
        assert "/accounts/link/" in rendered.html, mail.kind


# Somebody who bought a course for themself


@pytest.fixture
def own_course():
    course = CourseFactory(short_name="SEC-01")
    return EntryFactory(handler="std_enroloncourse", parameters={"coursename": course.short_name})


def test_the_buyer_of_a_course_is_led_into_it(own_course):
    member = MembershipFactory(user__first_name="", user__last_name="")
    order = place(make_cart(own_course, user=member.user), user=member.user, account=member.account)
    pay(order)
    deliver(order)

    html = page(signed_in(member.user), order)

    assert 'href="/learn/SEC-01/"' in html
    assert "Go to my course" in html
    assert "Places people into the training" not in html
    delivered = render_mail(Mail.objects.get(kind="delivered"), blank_secrets=False)
    assert "/learn/SEC-01/" in delivered.text
    assert "/learn/SEC-01/" in delivered.html
    member.user.refresh_from_db()
    assert (member.user.first_name, member.user.last_name) == ("Camille", "Roy")


def test_a_colleague_of_the_buyer_is_not_led_into_the_course(own_course):
    member = MembershipFactory()
    colleague = MembershipFactory(account=member.account)
    order = place(make_cart(own_course, user=member.user), user=member.user, account=member.account)
    pay(order)
    deliver(order)
    assert "Go to my course" not in page(signed_in(colleague.user), order)


def test_a_visitor_who_bought_a_course_reads_words_for_one_person_and_gets_there_after_the_claim(own_course):
    order = place(make_cart(own_course), email=ADDRESS, contact_name="Zoé  de la Tour", is_organisation=False)
    pay(order)
    deliver(order)
    html = page(english_client(), order)
    assert "then go to your course" in html
    for mail in Mail.objects.filter(recipient=ADDRESS):
        assert "seats" not in render_mail(mail, blank_secrets=False).text, mail.kind
    learner = Ground.objects.get(kind="line").enrolment.user
    assert (learner.email, learner.first_name, learner.last_name) == (ADDRESS, "Zoé", "de la Tour")

    claim_order(order_id=order.pk, user=learner, now=timezone.now())

    assert 'href="/learn/SEC-01/"' in page(signed_in(learner), order)


def test_a_name_that_a_person_has_is_not_overwritten(order):
    ada = UserFactory(email=ADDRESS, first_name="Ada", last_name="")
    claim_order(order_id=order.pk, user=ada, now=timezone.now())
    ada.refresh_from_db()
    assert (ada.first_name, ada.last_name) == ("Ada", "")


def test_an_address_typed_for_a_name_is_none(own_course):
    member = MembershipFactory(user__first_name="", user__last_name="")
    place(
        make_cart(own_course, user=member.user), user=member.user, account=member.account, contact_name="me@example.org"
    )
    member.user.refresh_from_db()
    assert member.user.last_name == ""
    details = signed_in(member.user)
    details.post(f"/e/{own_course.code}/", {"quantity": 1})
    assert details.get("/checkout/details/").context["form"]["contact_name"].value() in (None, "")
