"""Addresses that operators type are counted, whatever is done with them: each answer may tell that one is known."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.people.delegation.models import Delegation
from accounts.rate_limits.models import Attempts
from enrolments.seats.models import Seat
from enrolments.seats.release import release_seat
from outbox.mails.models import Mail
from tests.enrolments.given import given_pack
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def course():
    return CourseFactory()


@pytest.fixture
def paying():
    """Return an account that may speak to strangers, as one that has paid."""
    return CustomerAccountFactory(credit_limit=1)


def owner_of(account):
    return MembershipFactory(account=account, is_operator=True).user


def client_of(user, address: str = "203.0.113.5"):
    client = Client(headers={"accept-language": "en"}, REMOTE_ADDR=address)
    client.force_login(user)
    return client


def assign(client, seat, course, email: str) -> int:
    typed = {"course": course.pk, "email": email, "first_name": "Ada", "last_name": "Byron"}
    return client.post(reverse("account-seat", args=[seat.account_id, seat.pk]), typed).status_code


def assign_and_release(client, seat, course, email: str) -> int:
    status = assign(client, seat, course, email)
    if Seat.objects.get(pk=seat.pk).person_id is not None:
        release_seat(account=seat.account, seat_id=seat.pk, actor=None, now=timezone.now())
    return status


def invite(client, account, email: str) -> int:
    return client.post(
        reverse("account-members", args=[account.pk]), {"email": email, "roles": ["is_buyer"]}
    ).status_code


def edit(client, account, of: str, email: str) -> int:
    url = reverse("account-person", args=[account.pk, Delegation.objects.get(account=account, email=of).pk])
    form = client.get(url).context["form"]
    return client.post(url, {name: form[name].value() for name in form.fields} | {"email": email}).status_code


@pytest.mark.parametrize("known", [True, False])
def test_one_seat_asks_after_few_people_known_or_not(settings, paying, course, known):
    settings.RATE_LIMITS = {"address by person": "3/h/user"}
    client, [seat] = client_of(owner_of(paying)), given_pack(paying)
    for number in range(5):
        if known:
            UserFactory(email=f"p{number}@example.org")

    answers = [assign_and_release(client, seat, course, f"p{number}@example.org") for number in range(5)]

    # The first one took up a seat that was paid for and that nobody had before.
    assert answers == [302] * 4 + [429]
    mails = Mail.objects.count()
    assert assign(client, seat, course, "p9@example.org") == 429
    assert (Mail.objects.count(), Seat.objects.get(pk=seat.pk).state) == (mails, "available")


def test_edits_assignments_and_invitations_are_one_count(settings, paying, course):
    client, [one, other] = client_of(owner_of(paying)), given_pack(paying, seats=2)
    assert assign(client, one, course, "carol@example.org") == 302
    assert assign_and_release(client, other, course, "dan@example.org") == 302
    settings.RATE_LIMITS = {"address by person": "3/h/user"}

    assert edit(client, paying, "carol@example.org", "karol@example.org") == 302
    assert assign_and_release(client, other, course, "erin@example.org") == 302
    assert invite(client, paying, "frank@example.org") == 302

    assert edit(client, paying, "karol@example.org", "x@example.org") == 429
    assert assign(client, other, course, "y@example.org") == 429
    assert invite(client, paying, "z@example.org") == 429


def test_what_the_account_typed_before_and_its_members_count_for_nothing(settings, paying, course):
    operator, [seat] = owner_of(paying), given_pack(paying)
    client = client_of(operator)
    assert assign_and_release(client, seat, course, "carol@example.org") == 302
    settings.RATE_LIMITS = {"address by person": "0/h/user"}

    assert assign_and_release(client, seat, course, "CAROL@example.org") == 302
    assert assign_and_release(client, seat, course, operator.email) == 302
    assert assign(client, seat, course, "dan@example.org") == 429


def test_seats_that_were_paid_for_are_not_held_up(settings, paying, course):
    settings.RATE_LIMITS = {"address by person": "0/h/user", "address on a paid seat by person": "3/h/user"}
    client, seats = client_of(owner_of(paying)), given_pack(paying, seats=4)

    answers = [assign(client, seat, course, f"p{seat.number}@example.org") for seat in seats]

    assert answers == [302] * 3 + [429]


def test_seats_that_cost_nothing_are_counted_like_the_rest_and_their_mails_too(settings, course):
    unpaid = CustomerAccountFactory()
    client, seats = client_of(owner_of(unpaid)), given_pack(unpaid, seats=3)
    settings.RATE_LIMITS = {"address by person": "1/h/user"}
    assert [assign(client, seat, course, f"p{seat.number}@example.org") for seat in seats[:2]] == [302, 429]
    settings.RATE_LIMITS = {"mail before payment by person": "1/d/user"}
    assert [assign(client, seat, course, f"q{seat.number}@example.org") for seat in seats[1:]] == [302, 422]


def test_colleagues_and_neighbours_share_a_count(settings, paying, course):
    settings.RATE_LIMITS = {"address by account": "1/h/key", "address by network": "2/h/ip"}
    answers = [invite(client_of(owner_of(paying)), paying, f"p{number}@example.org") for number in range(2)]

    def from_another(address: str) -> int:
        account = CustomerAccountFactory(credit_limit=1)
        return invite(client_of(owner_of(account), address), account, "z@example.org")

    assert answers == [302, 429]
    assert [from_another("203.0.113.5"), from_another("203.0.113.5"), from_another("198.51.100.7")] == [302, 429, 302]


def test_a_wide_network_of_ipv6_is_counted_too(settings, paying):
    settings.RATE_LIMITS = {"address by network": "1/h/ip"}
    client = client_of(owner_of(paying), "2001:db8:1:2::5")

    assert invite(client, paying, "p1@example.org") == 302

    assert Attempts.objects.count() == 2


def test_pages_do_not_tell_how_long_the_shop_has_known_a_person(paying, course):
    """Keys grow with time: one far below the latest is that of somebody who was known before."""
    old = UserFactory(email="old@example.org")
    client, seats = client_of(owner_of(paying)), given_pack(paying, seats=2)
    for seat, email in zip(seats, ("old@example.org", "new@example.org"), strict=True):
        assign(client, seat, course, email)
    delegation = Delegation.objects.get(account=paying, person=old)

    release = client.get(reverse("account-seat-release", args=[paying.pk, seats[0].pk]))
    people = client.get(reverse("account-people", args=[paying.pk])).content.decode()

    assert str(old.pk) not in release.context["form"]["seen"].value().split()
    assert f"/people/{delegation.pk}/" in people
    assert client.get(reverse("account-person", args=[paying.pk, delegation.pk])).status_code == 200
