"""Links from mails: bound to their address, used up by a button and not by opening, over after a while."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.links.effects import EFFECTS, link_url
from accounts.links.models import AddressLink
from accounts.links.services import LinkGone, NewLink, NotYourLink, create_links, use_link
from accounts.members.models import CustomerAccount
from accounts.people.models import User
from accounts.people.proof import prove_by_link
from accounts.people.services import invite_people
from common.refusals import Refused
from outbox.mails.models import Mail
from outbox.mails.rendering import render_mail
from tests.accounts.sign_in.test_sign_in import sign_in, signed_in_as
from tests.factories.accounts import PASSWORD, CustomerAccountFactory, UserFactory
from tests.rivals.processes import errors_among, race, values_among

pytestmark = pytest.mark.django_db

ADDRESS = "alice@example.org"


def make_link(purpose="invitation", email=ADDRESS, **ages):
    now = ages.pop("now", timezone.now())
    [link] = create_links(links=[NewLink(purpose=purpose, email=email, **ages)], now=now)
    return link


@pytest.fixture
def claims():
    """Collect the claims that took effect: (order, e-mail of the user)."""
    seen = []

    def claim(link, user, request, now):
        assert request.user == user
        seen.append((link.order_id, user.email))
        return "/claimed/"

    with EFFECTS.temporarily("claim", claim):
        yield seen


@pytest.fixture
def person():
    return UserFactory(email=ADDRESS, password=None, is_address_proved=False)


def test_opening_a_link_changes_nothing(visitor, person, path_of):
    link = make_link()

    first, second = visitor.get(path_of(link)), visitor.get(path_of(link))

    assert (first.status_code, second.status_code) == (200, 200)
    link.refresh_from_db()
    assert link.used_at is None
    assert EmailAddress.objects.get().verified is False
    assert signed_in_as(visitor) is None


def test_the_button_proves_the_address_and_signs_in_who_has_no_password(visitor, person, path_of):
    link = make_link()

    response = visitor.post(path_of(link))

    assert response["Location"] == reverse("accounts-welcome")
    assert signed_in_as(visitor) == ADDRESS
    assert EmailAddress.objects.get().verified is True
    link.refresh_from_db()
    assert link.used_at is not None
    page = visitor.get(response["Location"]).content.decode()
    assert reverse("account_set_password") in page
    assert reverse("account-home") in page


def test_after_an_invitation_a_password_may_be_set(visitor, person, path_of):
    visitor.post(path_of(make_link()))

    visitor.post(reverse("account_set_password"), {"password1": PASSWORD, "password2": PASSWORD})

    person.refresh_from_db()
    assert person.check_password(PASSWORD)
    assert signed_in_as(visitor) == ADDRESS


def test_a_link_is_used_once(visitor, attacker, person, path_of):
    link = make_link()
    visitor.post(path_of(link))

    again = visitor.post(path_of(link))
    elsewhere = attacker.post(path_of(link))

    assert (again.status_code, elsewhere.status_code) == (404, 404)
    assert signed_in_as(attacker) is None


def test_unknown_used_and_expired_links_show_the_same_page(person, path_of):
    used, expired = make_link(), make_link(now=timezone.now() - timedelta(days=31))
    Client().post(path_of(used))
    paths = [path_of(used), path_of(expired), reverse("address-link", args=["never-was"])]

    opened = {plain(Client().get(path)) for path in paths}
    pressed = {plain(Client().post(path)) for path in paths}

    assert (len(opened), len(pressed)) == (1, 1)
    assert reverse("account_request_login_code") in opened.pop()
    expired.refresh_from_db()
    assert expired.used_at is None


def plain(response) -> str:
    text = re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", response.content.decode())
    return re.sub(r'(name="next" value|href)="[^"]*(link/|next=)[^"]*"', "", text)


def test_a_link_lasts_thirty_days(person, path_of):
    almost = make_link(now=timezone.now() - timedelta(days=29, hours=23))

    assert Client().get(path_of(almost)).status_code == 200


def test_who_has_a_password_signs_in_as_usual_first(visitor, claims, path_of):
    UserFactory(email=ADDRESS)
    link = make_link("claim", order_id=7)

    response = visitor.post(path_of(link))

    assert response["Location"].startswith(reverse("account_login"))
    assert signed_in_as(visitor) is None
    assert claims == []
    link.refresh_from_db()
    assert link.used_at is None

    response = sign_in(visitor, ADDRESS)

    assert response["Location"] == "/claimed/"
    assert claims == [(7, ADDRESS)]
    link.refresh_from_db()
    assert link.used_at is not None


def test_who_has_a_second_factor_signs_in_as_usual_first(visitor, claims, path_of):
    user = UserFactory(email=ADDRESS, password=None)
    TOTP.activate(user, generate_totp_secret())

    response = visitor.post(path_of(make_link("claim", order_id=7)))

    assert response["Location"].startswith(reverse("account_login"))
    assert signed_in_as(visitor) is None
    assert claims == []


def test_a_sign_in_by_code_lets_the_link_take_effect_too(visitor, claims, path_of, code_for):
    UserFactory(email=ADDRESS)
    visitor.post(path_of(make_link("claim", order_id=7)))
    visitor.post(reverse("account_request_login_code"), {"email": ADDRESS})

    visitor.post(reverse("account_confirm_login_code"), {"code": code_for(ADDRESS)})

    assert claims == [(7, ADDRESS)]


def test_the_link_takes_effect_for_nobody_else(visitor, claims, path_of):
    UserFactory(email=ADDRESS)
    UserFactory(email="bob@example.org")
    link = make_link("claim", order_id=7)
    visitor.post(path_of(link))

    sign_in(visitor, "bob@example.org")

    assert signed_in_as(visitor) == "bob@example.org"
    assert claims == []
    link.refresh_from_db()
    assert link.used_at is None


def test_somebody_else_who_is_signed_in_cannot_use_it(visitor, claims, path_of):
    UserFactory(email="bob@example.org")
    sign_in(visitor, "bob@example.org")
    link = make_link("claim", order_id=7)

    responses = visitor.get(path_of(link)), visitor.post(path_of(link))

    assert [response.status_code for response in responses] == [403, 403]
    assert ADDRESS not in responses[0].content.decode()
    assert claims == []
    assert not User.objects.filter(email=ADDRESS).exists()


def test_the_owner_who_is_signed_in_uses_it_at_once(visitor, claims, path_of):
    UserFactory(email=ADDRESS)
    sign_in(visitor, ADDRESS)

    response = visitor.post(path_of(make_link("claim", order_id=7)))

    assert response["Location"] == "/claimed/"
    assert claims == [(7, ADDRESS)]


def test_a_claim_makes_the_person_if_nobody_has_the_address(visitor, claims, path_of):
    response = visitor.post(path_of(make_link("claim", order_id=7, language="fr")))

    assert response["Location"] == "/claimed/"
    user = User.objects.get(email=ADDRESS)
    assert user.language == "fr"
    assert user.has_usable_password() is False
    assert EmailAddress.objects.get().verified is True
    assert signed_in_as(visitor) == ADDRESS


def test_an_invitation_to_an_address_since_left_is_gone(visitor, person, path_of):
    link = make_link(user=person)
    User.objects.update(email="new@example.org")
    EmailAddress.objects.update(email="new@example.org")

    response = visitor.post(path_of(link))

    assert response.status_code == 404
    assert signed_in_as(visitor) is None
    assert EmailAddress.objects.get().verified is False


def test_a_link_lets_no_closed_person_in(visitor, path_of):
    UserFactory(email=ADDRESS, is_active=False, password=None, is_address_proved=False)

    response = visitor.post(path_of(make_link()))

    assert response.status_code == 404
    assert signed_in_as(visitor) is None
    assert EmailAddress.objects.get().verified is False


@pytest.mark.parametrize("purpose", ["invitation", "membership", "claim"])
def test_a_link_to_somebody_closed_since_is_gone_and_does_nothing(claims, purpose):
    closed = UserFactory(email=ADDRESS, is_active=False)
    link = make_link(purpose)

    with pytest.raises(LinkGone):
        prove_by_link(link=link, now=timezone.now())
    with pytest.raises(NotYourLink):
        use_link(link_id=link.pk, user=closed, now=timezone.now(), effect=lambda link: pytest.fail("took effect"))

    link.refresh_from_db()
    assert link.used_at is None


def test_what_a_closed_person_typed_is_not_proved_by_a_link():
    closed = UserFactory(email=ADDRESS, is_active=False, is_address_proved=False, password="typed before")
    password = closed.password

    with pytest.raises(LinkGone):
        prove_by_link(link=make_link("membership"), now=timezone.now())

    closed.refresh_from_db()
    assert closed.password == password
    assert EmailAddress.objects.get().verified is False


def test_an_effect_that_fails_leaves_the_link_unused(visitor, path_of):
    def fail(link, user, request, now):
        User.objects.filter(pk=user.pk).update(first_name="Changed")
        raise RuntimeError

    UserFactory(email=ADDRESS, first_name="Alice")
    sign_in(visitor, ADDRESS)
    link = make_link("claim", order_id=7)

    with EFFECTS.temporarily("claim", fail), pytest.raises(RuntimeError):
        visitor.post(path_of(link))

    link.refresh_from_db()
    assert link.used_at is None
    assert User.objects.get().first_name == "Alice"


@pytest.mark.parametrize("signed_in", [True, False])
def test_an_effect_that_refuses_says_why_and_leaves_the_link_unused(visitor, path_of, signed_in):
    def refuse(link, user, request, now):
        User.objects.filter(pk=user.pk).update(first_name="Changed")
        raise Refused("This order is somebody's already.")

    UserFactory(email=ADDRESS, first_name="Alice")
    link = make_link("claim", order_id=7)
    with EFFECTS.temporarily("claim", refuse):
        if signed_in:
            sign_in(visitor, ADDRESS)
            response = visitor.post(path_of(link), follow=True)
        else:
            visitor.post(path_of(link))
            response = visitor.post(reverse("account_login"), {"login": ADDRESS, "password": PASSWORD}, follow=True)

    assert "This order is somebody&#x27;s already." in response.content.decode()
    assert signed_in_as(visitor) == ADDRESS
    link.refresh_from_db()
    assert link.used_at is None
    assert User.objects.get().first_name == "Alice"


@pytest.mark.django_db(transaction=True)
def test_two_buttons_at_once_take_effect_once():
    user = UserFactory(email=ADDRESS)
    link = make_link("claim", order_id=7)

    def effect(link):
        CustomerAccountFactory(name=f"effect of {link.order_id}")
        return "/done/"

    def use():
        return use_link(link_id=link.pk, user=user, now=timezone.now(), effect=effect)

    answers = race(use, use, use)

    assert errors_among(answers) == ["LinkGone", "LinkGone"]
    assert values_among(answers) == ["/done/"]
    assert CustomerAccount.objects.get().name == "effect of 7"


def test_two_effects_for_one_purpose_are_refused():
    with pytest.raises(ValueError, match="Two want to be the effect of links"):
        EFFECTS.register("invitation", lambda link, user, request, now: "/")


def test_links_are_made_in_the_same_number_of_statements(django_assert_num_queries):
    def new(count):
        return [NewLink(purpose="invitation", email=f"p{n}@example.org") for n in range(count)]

    for count in (10, 100):
        with django_assert_num_queries(2):
            create_links(links=new(count), now=timezone.now())

    assert AddressLink.objects.values("token_hash").distinct().count() == 110


def test_the_database_holds_nothing_that_opens_a_link(path_of):
    link = make_link()
    token = path_of(link).split("/")[-2]

    assert len(token) >= 43
    assert token not in (link.token_hash, link.nonce)


def test_the_invitation_mail_carries_the_link_and_hides_it_when_shown(person):
    account = CustomerAccountFactory(name="Ateliers <Martin>", credit_limit=1)
    invite_people(users=[person], account=account, reason_key="seat:1", language="fr", now=timezone.now())
    mail = Mail.objects.get(kind="invitation")
    url = link_url(AddressLink.objects.get())

    sent, shown = render_mail(mail, blank_secrets=False), render_mail(mail, blank_secrets=True)

    assert url in sent.text
    assert url in sent.html
    assert url not in shown.text + shown.html
    assert "Ateliers <Martin>" in sent.text
    assert "Ateliers &lt;Martin&gt;" in sent.html
    assert mail.language == "en"
