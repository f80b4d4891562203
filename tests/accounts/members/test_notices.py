"""Mails that members turn on and off, and the weekly summary."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail as outbox
from django.core import signing
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.members import services as members
from accounts.members.models import Membership
from accounts.members.notices import digest
from accounts.members.notices.digest import queue_digests, sent_from, week_due
from accounts.members.notices.kinds import DIGEST, SALT, THRESHOLDS, stop_url
from accounts.members.notices.mail_kinds import is_due
from outbox.mails.models import Mail
from outbox.mails.rendering import render_mail
from outbox.mails.sending import send
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory
from tests.rivals.processes import race

pytestmark = pytest.mark.django_db

# In Paris, where the shop of the tests is.
MONDAY = date(2027, 3, 1)
MORNING = datetime(2027, 3, 1, 6, 0, tzinfo=UTC)
BEFORE = MORNING - timedelta(days=30)


@pytest.fixture
def account():
    return CustomerAccountFactory(name="Ateliers Martin")


@pytest.fixture
def alice(account):
    return MembershipFactory(account=account, created_at=BEFORE, user__language="en")


def something_waits(account, alice):
    members.invite_member(
        account=account, invited_by=alice.user, email="dan@example.org", roles={"is_buyer"}, language="en", now=MORNING
    )


def digests():
    return list(Mail.objects.filter(kind="weekly_digest").order_by("pk"))


def as_(user) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


@pytest.mark.parametrize(
    ("now", "week"),
    [
        (MORNING, MONDAY),
        (MORNING - timedelta(seconds=1), MONDAY - timedelta(weeks=1)),
        (MORNING + timedelta(days=6, hours=23), MONDAY),
        (datetime(2027, 3, 29, 5, 0, tzinfo=UTC), date(2027, 3, 29)),  # summer time has begun
        (datetime(2027, 3, 29, 4, 59, tzinfo=UTC), date(2027, 3, 22)),
    ],
)
def test_a_week_is_due_from_its_monday_at_seven_in_the_shops_zone(now, week):
    assert week_due(now) == week


def test_each_member_hears_once_a_week_in_their_language(account, alice):
    paul = MembershipFactory(account=account, created_at=BEFORE, user__language="fr")
    something_waits(account, alice)

    for minute in range(3):
        queue_digests(now=MORNING + timedelta(minutes=minute))

    first, second = digests()
    assert {(each.recipient, each.language) for each in (first, second)} == {
        (alice.user.email, "en"), (paul.user.email, "fr"),
    }  # fmt: skip
    assert first.key == f"weekly_digest:{account.pk}:{alice.user_id}:2027-03-01"
    assert first.expires_at == sent_from(MONDAY + timedelta(weeks=1))
    assert set(Membership.objects.values_list("digest_week", flat=True)) == {MONDAY}
    queue_digests(now=MORNING + timedelta(weeks=1))
    assert len(digests()) == 4


def test_a_missed_monday_is_made_up_for_once(account, alice):
    something_waits(account, alice)

    queue_digests(now=MORNING + timedelta(weeks=2, days=3))
    queue_digests(now=MORNING + timedelta(weeks=2, days=4))

    [only] = digests()
    assert only.key.endswith(":2027-03-15")


def test_nothing_is_mailed_when_there_is_nothing_to_tell(alice):
    assert queue_digests(now=MORNING) == 1
    assert queue_digests(now=MORNING) == 0

    assert digests() == []


def test_who_joined_this_week_turned_it_off_or_is_closed_hears_nothing(account, alice):
    something_waits(account, alice)
    Membership.objects.filter(pk=alice.pk).update(wants_digest=False)
    MembershipFactory(account=account, created_at=MORNING)
    MembershipFactory(account=account, created_at=BEFORE, user__is_active=False)

    assert queue_digests(now=MORNING + timedelta(days=1)) == 0
    assert digests() == []


def test_the_summary_tells_what_waits_and_how_it_is_turned_off(account, alice):
    something_waits(account, alice)
    queue_digests(now=MORNING)
    [mail] = digests()

    shown = render_mail(mail, blank_secrets=False)

    assert "What waits for you in Ateliers Martin" in shown.text
    assert "invited colleague" in shown.text
    assert f"/account/{account.pk}/members/" in shown.text
    assert stop_url(alice, DIGEST) in shown.text
    assert "\n\n\n" not in shown.text
    assert stop_url(alice, DIGEST) not in render_mail(mail, blank_secrets=True).html
    send(mail)
    assert outbox.outbox[-1].extra_headers["List-Unsubscribe"] == f"<{stop_url(alice, DIGEST)}>"


def test_a_summary_with_nothing_left_in_it_or_unwanted_does_not_leave(account, alice):
    something_waits(account, alice)
    queue_digests(now=MORNING)
    [mail] = digests()
    assert is_due(mail, MORNING)

    Membership.objects.filter(pk=alice.pk).update(wants_digest=False)
    assert not is_due(mail, MORNING)
    Membership.objects.filter(pk=alice.pk).update(wants_digest=True)
    account.member_invitations.all().delete()
    assert not is_due(mail, MORNING)
    something_waits(account, alice)
    Membership.objects.all().delete()
    assert not is_due(mail, MORNING)


def test_takes_as_many_statements_for_writing_many(account, alice):
    something_waits(account, alice)
    MembershipFactory.create_batch(3, account=account, created_at=BEFORE)

    with CaptureQueriesContext(connection) as made:
        assert queue_digests(now=MORNING, limit=2) == 2
    written = [query for query in made.captured_queries if "INSERT" in query["sql"] or "UPDATE" in query["sql"]]
    assert len(written) == 2
    assert queue_digests(now=MORNING) == 2
    assert len(digests()) == 4


@pytest.mark.django_db(transaction=True)
def test_two_tasks_at_once_mail_once():
    account = CustomerAccountFactory()
    alice = MembershipFactory(account=account, created_at=BEFORE)
    something_waits(account, alice)

    race(*(lambda: queue_digests(now=MORNING) for _ in range(2)), after=[(digest, "_has_tidings")])

    assert len(digests()) == 1


def test_members_turn_their_mails_on_and_off(account, alice):
    client, address = as_(alice.user), reverse("account-notices", args=[account.pk])
    assert "Weekly summary" in client.get(address).content.decode()

    told = client.post(address, {"notice": "digest", "wanted": "off"}, follow=True).content.decode()
    assert "“Weekly summary” is turned off." in told
    alice.refresh_from_db()
    assert (alice.wants_digest, alice.wants_thresholds) == (False, True)

    client.post(address, {"notice": "digest", "wanted": "on"})
    alice.refresh_from_db()
    assert alice.wants_digest


@pytest.mark.parametrize("posted", [{}, {"notice": "digest"}, {"notice": "x", "wanted": "off"}, {"wanted": "on"}])
def test_what_no_button_says_is_not_found(account, alice, posted):
    assert as_(alice.user).post(reverse("account-notices", args=[account.pk]), posted).status_code == 404


def test_seats_are_no_matter_of_accountants(account, alice):
    eve = MembershipFactory(account=account, is_owner=False, is_accountant=True)
    address = reverse("account-notices", args=[account.pk])

    assert "Seats nearly used up" not in as_(eve.user).get(address).content.decode()
    assert as_(eve.user).post(address, {"notice": "thresholds", "wanted": "off"}).status_code == 404


def test_whoever_has_the_mail_turns_it_off_by_a_button(account, alice):
    address = stop_url(alice, THRESHOLDS).removeprefix("http://testserver")
    visitor = Client(headers={"accept-language": "en"})

    asked = visitor.get(address)
    alice.refresh_from_db()
    assert (asked.status_code, alice.wants_thresholds) == (200, True)

    told = visitor.post(address, follow=True).content.decode()

    alice.refresh_from_db()
    assert (alice.wants_thresholds, alice.wants_digest) == (False, True)
    assert "You no longer get this mail about Ateliers Martin." in told


def test_a_forged_address_or_one_of_somebody_who_left_is_not_found(alice):
    forged = signing.dumps([alice.pk, "digest"], salt="another")
    assert Client().get(reverse("notice-stop", args=[forged])).status_code == 404
    assert Client().post(reverse("notice-stop", args=["x"])).status_code == 404
    good = reverse("notice-stop", args=[signing.dumps([alice.pk, "digest"], salt=SALT)])
    assert Client().get(good).status_code == 200
    Membership.objects.all().delete()
    assert Client().get(good).status_code == 404
    assert Client().post(good).status_code == 404
