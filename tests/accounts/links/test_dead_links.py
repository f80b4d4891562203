"""A link that is used, too old or unknown: its page mails a new one, to the link's own address alone."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.links.effects import EFFECTS
from accounts.links.models import AddressLink
from accounts.links.renewal import RENEWALS
from accounts.links.services import NewLink, create_links
from accounts.members.models import MemberInvitation
from accounts.members.services import invite_member, withdraw_invitation
from accounts.people.models import User
from accounts.people.services import invite_people
from outbox.mails.models import Mail
from outbox.mails.rendering import render_mail
from shop.orders.claim import claim_order
from shop.orders.models import Order
from tests.accounts.links.test_links import plain
from tests.accounts.sign_in.test_sign_in import signed_in_as
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.shop import make_cart, place

pytestmark = pytest.mark.django_db

ADDRESS = "alice@example.org"
Purpose = AddressLink.Purpose


def invitation():
    user = UserFactory(email=ADDRESS, password=None, is_address_proved=False)
    invite_people(users=[user], account=None, reason_key="test", language="en", now=timezone.now())


def membership():
    owner = MembershipFactory()
    invite_member(
        account=owner.account, invited_by=owner.user, email=ADDRESS, roles={"is_buyer"}, language="en",
        now=timezone.now(),
    )  # fmt: skip


def claim():
    place(make_cart(EntryFactory()), email=ADDRESS)


MAILED = {Purpose.INVITATION: invitation, Purpose.MEMBERSHIP: membership, Purpose.CLAIM: claim}


def expired(purpose) -> AddressLink:
    """Have a link of a purpose mailed, and let its time pass."""
    MAILED[purpose]()
    long_ago = timezone.now() - timedelta(days=400)
    AddressLink.objects.update(created_at=long_ago, expires_at=long_ago + timedelta(days=30))
    return AddressLink.objects.get(purpose=purpose)


def press(client: Client, path: str) -> str:
    """Press the button of a dead link's page, and return the page that answers."""
    page = client.get(path)
    assert page.status_code == 404
    assert ADDRESS not in page.content.decode()
    assert 'action="again/"' in page.content.decode()
    answer = client.post(path + "again/")
    assert (answer.status_code, answer["Location"]) == (302, path)
    return plain(client.get(path))


def path_in(mail: Mail) -> str:
    (path,) = re.findall(r"http://testserver(/accounts/link/\S+)", render_mail(mail, blank_secrets=False).text)
    return path


def test_every_purpose_has_an_effect_and_a_renewal():
    assert set(MAILED) == set(Purpose)
    assert set(EFFECTS.names()) == set(RENEWALS.names()) == {purpose.value for purpose in Purpose}


@pytest.mark.parametrize("purpose", Purpose)
def test_an_expired_links_page_mails_a_new_one_that_works(purpose, visitor, path_of):
    link = expired(purpose)

    page = press(visitor, path_of(link))

    assert ADDRESS not in page
    mail = Mail.objects.get(kind="new_link")
    assert mail.recipient == ADDRESS
    assert visitor.post(path_in(mail)).status_code == 302
    assert signed_in_as(visitor) == ADDRESS
    assert EmailAddress.objects.get(email=ADDRESS).verified


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("purpose", Purpose)
def test_the_mail_is_readable_with_and_without_a_link(purpose, language, visitor, path_of):
    link = expired(purpose)
    press(visitor, path_of(link))
    mail = Mail.objects.get(kind="new_link")
    mail.language = language
    with_link = render_mail(mail, blank_secrets=False)
    assert "/accounts/link/" not in render_mail(mail, blank_secrets=True).text
    mail.context["link_id"] = None
    without = render_mail(mail, blank_secrets=False)
    for rendered in (with_link, without):
        assert "None" not in rendered.text + rendered.html
    assert "/accounts/link/" in with_link.html
    assert reverse("account_request_login_code") in without.text


@pytest.mark.parametrize("purpose", Purpose)
def test_a_used_link_is_answered_with_the_way_to_sign_in(purpose, path_of):
    MAILED[purpose]()
    link = AddressLink.objects.get(purpose=purpose)
    Client().post(path_of(link))
    link.refresh_from_db()
    assert link.used_at is not None

    press(Client(), path_of(link))

    mail = Mail.objects.get(kind="new_link")
    assert (mail.recipient, mail.context["link_id"]) == (ADDRESS, None)
    assert reverse("account_request_login_code") in render_mail(mail, blank_secrets=False).text


def test_every_dead_link_gets_one_answer_and_an_unknown_one_no_mail(path_of):
    link = expired(Purpose.CLAIM)
    unknown = reverse("address-link", args=["never-was"])

    assert press(Client(), path_of(link)) == press(Client(), unknown)

    assert Mail.objects.filter(kind="new_link").count() == 1


def test_the_mails_to_an_address_are_limited_and_the_answer_stays(settings, visitor, path_of):
    settings.RATE_LIMITS = {"mail of a link": "2/h/key"}
    link = expired(Purpose.INVITATION)
    now = iter(timezone.now() + timedelta(seconds=second) for second in range(9))
    from accounts.links.renewal import mail_new_link

    for _ in range(4):
        mail_new_link(token=path_of(link).split("/")[-2], language="en", now=next(now))

    assert Mail.objects.filter(kind="new_link").count() == 2
    visitor.cookies["django_language"] = "en"
    assert "on its way" in press(visitor, path_of(link))


def test_a_withdrawn_invitation_is_not_renewed(visitor, path_of):
    link = expired(Purpose.MEMBERSHIP)
    standing = MemberInvitation.objects.get()
    withdraw_invitation(account=standing.account, invitation_id=standing.pk, now=timezone.now())

    press(visitor, path_of(link))

    assert Mail.objects.get(kind="new_link").context["link_id"] is None


def test_a_renewed_invitation_leaves_one_living_link(visitor, path_of):
    membership()
    first = AddressLink.objects.get()

    visitor.post(path_of(first) + "again/")

    living = AddressLink.objects.usable_at(timezone.now()).get()
    assert MemberInvitation.objects.get().link == living != first


def test_a_claimed_order_has_no_new_link(visitor, path_of):
    link = expired(Purpose.CLAIM)
    claim_order(order_id=Order.objects.get().pk, user=UserFactory(email=ADDRESS), now=timezone.now())

    press(visitor, path_of(link))

    assert not AddressLink.objects.usable_at(timezone.now()).exists()


# The code that the pages promise


@pytest.mark.parametrize("purpose", [Purpose.CLAIM, Purpose.MEMBERSHIP])
def test_the_promised_code_comes_to_whom_a_link_was_mailed_though_nobody_has_the_address(purpose, visitor, code_for):
    expired(purpose)
    assert not User.objects.filter(email=ADDRESS).exists()

    visitor.post(reverse("account_request_login_code"), {"email": ADDRESS})
    visitor.post(reverse("account_confirm_login_code"), {"code": code_for(ADDRESS)})

    assert signed_in_as(visitor) == ADDRESS
    assert EmailAddress.objects.get(email=ADDRESS).verified


def test_a_new_password_comes_to_them_too(visitor, code_for):
    expired(Purpose.CLAIM)

    visitor.post(reverse("account_reset_password"), {"email": ADDRESS})

    assert code_for(ADDRESS)


def test_a_link_to_an_address_since_left_makes_nobody(visitor):
    create_links(links=[NewLink(purpose=Purpose.INVITATION, email=ADDRESS)], now=timezone.now())

    visitor.post(reverse("account_request_login_code"), {"email": ADDRESS})

    assert not User.objects.exists()
    assert not Mail.objects.exists()


@pytest.mark.parametrize(("of_the_link", "written_in"), [("fr", "fr"), ("", "en")])
def test_the_new_link_is_mailed_in_the_language_of_the_old_one(of_the_link, written_in, visitor, path_of):
    link = expired(Purpose.INVITATION)
    AddressLink.objects.update(language=of_the_link)
    visitor.cookies["django_language"] = "en"

    press(visitor, path_of(link))

    assert Mail.objects.get(kind="new_link").language == written_in


def test_the_invitation_renewed_is_the_one_into_the_links_own_account(visitor, path_of):
    membership()
    first = MemberInvitation.objects.get()
    membership()
    other = MemberInvitation.objects.exclude(pk=first.pk).get()
    for invitation, path in ((other, path_of(other.link)), (first, path_of(first.link))):
        before = invitation.link_id
        visitor.post(path + "again/")
        invitation.refresh_from_db()
        assert invitation.link_id != before
        assert invitation.link.account_id == invitation.account_id
