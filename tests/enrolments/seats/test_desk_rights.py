"""Rights at the operator's desk: owner and operator of the account alone, and nothing of another account."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.people.delegation.models import Delegation
from accounts.people.models import User
from enrolments.seats.models import Seat
from enrolments.seats.moves import state_shown
from outbox.mails.models import Mail
from tests.enrolments.given import assign, given_pack, given_session
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db


class Desk:
    """An account with a free seat, an assigned seat and a session, and the addresses of their pages."""

    def __init__(self):
        self.account = CustomerAccountFactory()
        self.operator = MembershipFactory(account=self.account, is_owner=False, is_operator=True).user
        self.course = CourseFactory()
        self.free, self.taken = given_pack(self.account, seats=2)
        self.person = assign(
            self.taken, self.course, f"carol{self.account.pk}@example.org", self.operator, now=timezone.now()
        ).user
        self.delegation = Delegation.objects.get(account=self.account, person=self.person)
        self.session = given_session(self.course, self.account, blanks=1).group

    def pages(self):
        return {
            "free": reverse("account-seat", args=[self.account.pk, self.free.pk]),
            "taken": reverse("account-seat", args=[self.account.pk, self.taken.pk]),
            "release": reverse("account-seat-release", args=[self.account.pk, self.taken.pk]),
            "replace": reverse("account-seat-replace", args=[self.account.pk, self.taken.pk]),
            "person": reverse("account-person", args=[self.account.pk, self.delegation.pk]),
            "replace person": reverse("account-person-replace", args=[self.account.pk, self.delegation.pk]),
            "session": reverse("account-session", args=[self.account.pk, self.session.pk]),
        }

    def posts(self):
        typed = {"email": "dan@example.org", "first_name": "Dan", "last_name": "Petit"}
        return {
            "assign": (
                reverse("account-seat", args=[self.account.pk, self.free.pk]),
                typed | {"course": self.course.pk},
            ),
            "release": (
                reverse("account-seat-release", args=[self.account.pk, self.taken.pk]),
                {"seen": state_shown(Seat.objects.get(pk=self.taken.pk))},
            ),
            "replace": (
                reverse("account-seat-replace", args=[self.account.pk, self.taken.pk]),
                typed | {"seats": [f"{self.taken.pk} {state_shown(Seat.objects.get(pk=self.taken.pk))}"]},
            ),
            "replace person": (
                reverse("account-person-replace", args=[self.account.pk, self.delegation.pk]),
                typed | {"seats": [f"{self.taken.pk} {state_shown(Seat.objects.get(pk=self.taken.pk))}"]},
            ),
            "edit": (reverse("account-person", args=[self.account.pk, self.delegation.pk]), typed | {"seen": "0"}),
            "mail": (
                reverse("account-person-mail", args=[self.account.pk, self.delegation.pk]),
                {"email": self.person.email},
            ),
        }

    def as_it_is(self):
        return (
            sorted(Seat.objects.values_list("pk", "state", "person_id")),
            sorted(User.objects.values_list("pk", "email", "first_name")),
            Mail.objects.count(),
        )


@pytest.fixture
def desk():
    return Desk()


def client_of(user, **options):
    client = Client(headers={"accept-language": "en"}, **options)
    if user is not None:
        client.force_login(user)
    return client


@pytest.mark.parametrize("roles", [{"is_owner": True}, {"is_owner": False, "is_operator": True}])
def test_owner_and_operator_find_every_page(desk, roles):
    client = client_of(MembershipFactory(account=desk.account, **roles).user)

    assert {name: client.get(url).status_code for name, url in desk.pages().items()} == dict.fromkeys(desk.pages(), 200)


@pytest.mark.parametrize("roles", [None, {"is_buyer": True}, {"is_accountant": True}])
def test_for_everybody_else_nothing_is_there_and_nothing_happens(desk, roles):
    charlie = UserFactory()
    if roles:
        MembershipFactory(account=desk.account, user=charlie, is_owner=False, **roles)
    client, before = client_of(charlie), desk.as_it_is()

    assert {client.get(url).status_code for url in desk.pages().values()} == {404}
    assert {client.post(url, data).status_code for url, data in desk.posts().values()} == {404}
    assert desk.as_it_is() == before


def test_the_operator_of_another_account_finds_nothing_of_this_one(desk):
    client, before = client_of(Desk().operator), desk.as_it_is()

    assert {client.get(url).status_code for url in desk.pages().values()} == {404}
    assert {client.post(url, data).status_code for url, data in desk.posts().values()} == {404}
    assert desk.as_it_is() == before


def test_a_visitor_is_asked_to_sign_in_and_nothing_happens(desk):
    client, before = client_of(None), desk.as_it_is()

    assert {client.get(url).status_code for url in desk.pages().values()} == {302}
    assert {client.post(url, data).status_code for url, data in desk.posts().values()} == {302}
    assert desk.as_it_is() == before


def test_without_the_forms_token_nothing_happens(desk):
    client, before = client_of(desk.operator, enforce_csrf_checks=True), desk.as_it_is()

    assert {client.post(url, data).status_code for url, data in desk.posts().values()} == {403}
    assert desk.as_it_is() == before


def test_opening_pages_changes_nothing(desk):
    client, before = client_of(desk.operator), desk.as_it_is()

    for url, data in desk.posts().values():
        client.get(url, data)
        client.head(url)
        client.put(url)
        client.delete(url)
    for url in desk.pages().values():
        client.get(url)

    assert desk.as_it_is() == before


@pytest.mark.parametrize(
    "name", ["account-seat", "account-seat-release", "account-seat-move", "account-session", "account-person"]
)
def test_numbers_nobody_has_are_not_there(desk, name):
    client = client_of(desk.operator)

    urls = [reverse(name, args=[desk.account.pk, number]) for number in (0, 10**12, 10**30)]
    assert [client.get(url).status_code for url in urls] == [404] * 3


@pytest.mark.parametrize("number", [0, 10**12, 10**30])
def test_numbers_of_no_account_are_not_there(desk, number):
    client = client_of(desk.operator)

    for url in desk.pages().values():
        assert client.get(url.replace(f"/account/{desk.account.pk}/", f"/account/{number}/")).status_code == 404


def test_what_belongs_to_one_account_is_not_found_below_another_of_the_same_person(desk):
    other = Desk()
    MembershipFactory(account=other.account, user=desk.operator)
    client, before = client_of(desk.operator), desk.as_it_is()

    def below_the_other(url):
        return url.replace(f"/account/{desk.account.pk}/", f"/account/{other.account.pk}/")

    assert {client.get(below_the_other(url)).status_code for url in desk.pages().values()} == {404}
    assert {client.post(below_the_other(url), data).status_code for url, data in desk.posts().values()} == {404}
    assert desk.as_it_is() == before


def test_posted_nonsense_is_refused_and_nothing_happens(desk):
    client, before = client_of(desk.operator), desk.as_it_is()

    for url, data in desk.posts().values():
        for nonsense in ("", "\0", "x" * 5_000, "9" * 30):
            # The button that mails somebody has no field to show an error at: the page says so.
            expected = (302,) if url == desk.posts()["mail"][0] else (409, 422)
            assert client.post(url, dict.fromkeys(data, nonsense)).status_code in expected

    assert desk.as_it_is() == before
