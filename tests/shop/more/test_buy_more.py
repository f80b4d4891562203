"""More of the same: Alice buys for the account, Bob operates it, Olive owns it."""

import pytest

from catalog.models.entries import Entry, EntryState
from outbox.mails.models import Mail
from outbox.mails.rendering import render_mail
from shop.cart.models import CartLine
from shop.more.bought import Bought
from shop.more.services import NobodyBuys, ask_buyers
from tests.enrolments.given import NOW, given_pack, given_session
from tests.enrolments.learners import browser_of, text_of
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory
from tests.factories.shop import make_cart, pay, place

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return CustomerAccountFactory(name="Ateliers Martin")


@pytest.fixture
def alice(account):
    return member(account, "Alice", is_buyer=True)


@pytest.fixture
def bob(account):
    return member(account, "Bob", is_operator=True)


@pytest.fixture
def entry(account, alice, bob):
    """Return an entry of which the account has bought a unit."""
    made = EntryFactory(code="SAFETY", name_en="Fire safety", name_fr="Incendie")
    order = place(make_cart(made, user=alice), user=alice, account=account, operator=bob)
    pay(order)
    return made


def member(account, name, **roles):
    user = UserFactory(first_name=name, last_name="Roy", email=f"{name.lower()}@example.org")
    return MembershipFactory(account=account, user=user, **({"is_owner": False} | roles)).user


def url(account, code="SAFETY"):
    return f"/account/{account.pk}/more/{code}/"


def in_cart(user):
    return [
        (line.entry.code, line.quantity) for line in CartLine.objects.filter(cart__user=user, cart__ordered_at=None)
    ]


def mails():
    return list(Mail.objects.filter(kind="buy_more_asked").order_by("recipient"))


def ask(account, bob, *, words="", quantity=3, now=NOW):
    bought = Bought("SAFETY", {"en": "Fire safety", "fr": "Incendie"})
    return ask_buyers(
        account=account, bought=bought, quantity=quantity, words=words, operator=bob, language="en", now=now
    )


# Those who may buy


def test_the_button_fills_the_cart_and_opens_it(account, alice, entry):
    answer = browser_of(alice).post(url(account), {"quantity": "4"}, follow=True)

    assert answer.redirect_chain == [("/cart/", 302)]
    assert "“Fire safety” is in your cart." in answer.content.decode()
    assert in_cart(alice) == [("SAFETY", 4)]


def test_opening_the_mails_address_changes_nothing_and_shows_the_number_wanted(account, alice, entry):
    page = text_of(browser_of(alice), url(account) + "?quantity=7")

    assert 'value="7"' in page
    assert in_cart(alice) == []


def test_a_number_that_cannot_be_bought_is_refused_and_stays(account, alice, entry):
    answer = browser_of(alice).post(url(account), {"quantity": "12x"})

    assert answer.status_code == 422
    assert 'value="12x"' in answer.content.decode()
    assert in_cart(alice) == []


@pytest.mark.parametrize("state", [EntryState.SUSPENDED, EntryState.RETIRED])
def test_an_entry_off_sale_is_told_kindly_and_nothing_is_put_into_the_cart(account, alice, entry, state):
    Entry.objects.filter(pk=entry.pk).update(state=state)
    browser = browser_of(alice)

    answer = browser.post(url(account), {"quantity": "1"})

    assert answer.status_code == 422
    assert "What your account has of it stays as it is." in answer.content.decode()
    assert "Fire safety" in text_of(browser, url(account))
    assert in_cart(alice) == []


def test_an_account_without_the_entry_has_no_more_of_it(account, alice, entry):
    EntryFactory(code="OTHER")

    assert browser_of(alice).get(url(account, "OTHER")).status_code == 404
    assert browser_of(alice).post(url(account, "OTHER"), {"quantity": "1"}).status_code == 404
    assert browser_of(alice).get(url(account, "NONE")).status_code == 404


def test_seats_that_were_given_count_as_bought(alice):
    other = CustomerAccountFactory()
    MembershipFactory(account=other, user=alice)
    EntryFactory(code="SAFETY")
    given_pack(other)

    assert browser_of(alice).get(url(other)).status_code == 200


# An operator who may not


def test_the_button_leads_an_operator_to_the_form_with_the_number(account, bob, entry):
    answer = browser_of(bob).post(url(account), {"quantity": "4"}, follow=True)

    assert answer.redirect_chain == [(url(account) + "?quantity=4", 302)]
    assert "Ask those who buy" in answer.content.decode()
    assert 'value="4"' in answer.content.decode()
    assert (mails(), in_cart(bob)) == ([], [])


def test_owners_and_buyers_are_mailed_with_the_words_and_a_link_that_acts_on_nothing(account, alice, bob, entry):
    olive = member(account, "Olive", is_owner=True)
    member(account, "Ann", is_accountant=True)

    answer = browser_of(bob).post(
        url(account), {"ask": "1", "quantity": "3", "words": "See http://evil.example"}, follow=True
    )

    assert "A mail to those who buy for your account is on its way." in answer.content.decode()
    assert [mail.recipient for mail in mails()] == [alice.email, olive.email]
    text = render_mail(mails()[0], blank_secrets=False).text
    assert f"{url(account)}?quantity=3" in text
    assert "http: //evil. example" in text
    assert in_cart(alice) == []


def test_before_a_payment_the_mail_holds_nothing_typed(bob):
    account = CustomerAccountFactory(name="You won")
    bob = member(account, "Bert", is_operator=True)
    member(account, "Olga", is_owner=True)

    ask(account, bob, words="See there")

    text = render_mail(mails()[0], blank_secrets=False).text
    assert "You won" not in text
    assert "See there" not in text
    assert "Fire safety" in text or "Incendie" in text


def test_the_same_wish_is_mailed_once_a_day(account, alice, bob):
    for quantity in (3, 3, 4):
        ask(account, bob, quantity=quantity)

    assert len(mails()) == 2


def test_where_nobody_buys_the_operator_is_told(account, bob):
    with pytest.raises(NobodyBuys):
        ask(account, bob)


def test_whoever_lost_the_right_asks_nobody(account, alice):
    with pytest.raises(NobodyBuys):
        ask(account, UserFactory())


def test_wishes_are_limited(account, alice, bob, entry, settings):
    settings.RATE_LIMITS = {"wish to buy by person": "1/h/key"}
    browser = browser_of(bob)
    browser.post(url(account), {"ask": "1", "quantity": "1", "words": ""})

    answer = browser.post(url(account), {"ask": "1", "quantity": "2", "words": "Please"})

    assert answer.status_code == 422
    assert "Those who buy were asked often lately." in answer.content.decode()
    assert "Please" in answer.content.decode()
    assert len(mails()) == 1


def test_the_link_opens_for_members_with_the_right_alone(account, alice, entry):
    accountant = member(account, "Ann", is_accountant=True)

    assert browser_of(None).get(url(account))["Location"].endswith(f"?next={url(account)}")
    for person in (accountant, UserFactory()):
        assert browser_of(person).get(url(account)).status_code == 404
        assert browser_of(person).post(url(account), {"quantity": "1"}).status_code == 404


# Where the button stands


def test_seats_sessions_and_lines_lead_to_more(account, alice, bob, entry):
    [seat] = given_pack(account)
    session = given_session(CourseFactory(), account, blanks=1)
    order = account.orders.get()

    at_the_desk = [f"seats/{seat.pk}/", "seats/counts/", f"sessions/{session.group.pk}/"]
    for page in at_the_desk:
        assert url(account) in text_of(browser_of(bob), f"/account/{account.pk}/{page}"), page
    assert url(account) in text_of(browser_of(alice), f"/orders/{order.token}/")
