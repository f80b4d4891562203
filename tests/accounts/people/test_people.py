"""People named by others."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.links.models import AddressLink
from accounts.people.delegation.models import Delegation
from accounts.people.delegation.services import delegate
from accounts.people.models import User
from accounts.people.services import (
    PersonTyped,
    find_or_create_people,
    invite_people,
    name_nameless,
    typed_by_themself,
)
from outbox.jobs.models import Job
from outbox.mails.models import Mail
from outbox.mails.rendering import render_mail
from tests.factories.accounts import CustomerAccountFactory, UserFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)


def typed(*emails, first_name="Alice", last_name="Martin"):
    return [PersonTyped(email=email, first_name=first_name, last_name=last_name) for email in emails]


def name(people, account=None, language="fr"):
    return find_or_create_people(people=people, account=account, language=language, now=NOW)


def test_a_new_person_has_no_password_and_an_unproved_address():
    account = CustomerAccountFactory()

    found = name(typed(" Alice@Example.org "), account)

    assert list(found) == ["alice@example.org"]
    assert found["alice@example.org"].created is True
    user = User.objects.get()
    assert (user.email, user.first_name, user.last_name) == ("alice@example.org", "Alice", "Martin")
    assert (user.language, user.created_by_account, user.date_joined) == ("fr", account, NOW)
    assert user.has_usable_password() is False
    assert (user.is_active, user.is_staff, user.is_superuser, user.last_login) == (True, False, False, None)
    row = EmailAddress.objects.get()
    assert (row.user, row.email, row.verified, row.primary) == (user, "alice@example.org", False, True)


def test_names_are_kept_as_long_as_the_column_is():
    account, operator = CustomerAccountFactory(), UserFactory()
    people = typed("alice@example.org", first_name="A" * 149 + "bc", last_name=" " + "M" * 150 + "n")

    found = name(people, account)
    delegate(account=account, operator=operator, people=people, users={e: f.user for e, f in found.items()}, now=NOW)

    for kept in (found["alice@example.org"].user, Delegation.objects.get()):
        assert (kept.first_name, kept.last_name) == ("A" * 149 + "b", "M" * 150)


def test_a_known_person_stays_as_they_are():
    alice = UserFactory(email="alice@example.org", first_name="Alicia", language="en")
    password = alice.password

    found = name(typed("ALICE@example.org"), CustomerAccountFactory())

    assert found["alice@example.org"].created is False
    alice.refresh_from_db()
    assert (alice.first_name, alice.language, alice.password) == ("Alicia", "en", password)
    assert alice.created_by_account is None
    assert EmailAddress.objects.count() == 1


def test_one_address_in_two_spellings_is_one_person():
    found = name(
        [
            PersonTyped(email="bob@ÉCOLE.fr", first_name="Bob"),
            PersonTyped(email="BOB@e\u0301cole.fr", first_name="Robert"),
        ]
    )

    assert list(found) == ["bob@école.fr"]
    assert User.objects.get().first_name == "Bob"


def test_something_that_is_no_address_names_nobody():
    with pytest.raises(ValidationError):
        name(typed("alice@example.org", "nobody"))

    assert User.objects.count() == 0


def test_nobody_is_nobody(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert name([]) == {}


def statements(count, known):
    emails = [f"p{number}@example{count}.org" for number in range(count)]
    for email in emails[:known]:
        UserFactory(email=email)
    account = CustomerAccountFactory()
    people = typed(*emails)
    operator = UserFactory()
    with CaptureQueriesContext(connection) as naming:
        found = name(people, account)
    users = [person.user for person in found.values()]
    with CaptureQueriesContext(connection) as inviting:
        invited = invite_people(users=users, account=account, reason_key=f"x{count}", language="fr", now=NOW)
    assert invited == count - known
    with CaptureQueriesContext(connection) as delegating:
        delegate(
            account=account, operator=operator, people=people, users={k: v.user for k, v in found.items()}, now=NOW
        )
    return len(naming), len(inviting), len(delegating)


def test_as_many_statements_for_a_hundred_people_as_for_ten():
    assert statements(10, known=3) == statements(100, known=30)


def test_only_who_has_not_proved_their_address_is_invited():
    proved, unproved = UserFactory(), UserFactory(is_address_proved=False, password=None)
    closed = UserFactory(is_address_proved=False, password=None, is_active=False)

    count = invite_people(users=[proved, unproved, closed], account=None, reason_key="seat:1", language="fr", now=NOW)

    assert count == 1
    mail = Mail.objects.get()
    link = AddressLink.objects.get()
    assert (mail.kind, mail.recipient, mail.person_id) == ("invitation", unproved.email, unproved.pk)
    assert (link.purpose, link.email, link.user) == ("invitation", unproved.email, unproved)
    assert (link.expires_at - NOW).days == 30
    assert Job.objects.count() == 1


def test_an_invitation_names_the_account_and_the_courses_in_its_language():
    person = UserFactory(is_address_proved=False, password=None, language="en")

    def courses(user, language):
        return [
            {
                "id": 1,
                "until": None,
                "name": f"Fire safety ({language}, {user.pk})",
                "period": "from Monday",
                "place": "Room 3",
            }
        ]

    invite_people(
        users=[person],
        account=CustomerAccountFactory(name="Ateliers Martin", credit_limit=1),
        reason_key="seat:1",
        language="fr",
        now=NOW,
        courses=courses,
    )

    text = render_mail(Mail.objects.get(), blank_secrets=True).text
    assert "Ateliers Martin" in text
    assert f"Fire safety (en, {person.pk})" in text
    assert "from Monday" in text


def test_the_same_occasion_invites_once_and_another_one_again():
    person = UserFactory(is_address_proved=False, password=None)

    counts = [
        invite_people(users=[person], account=None, reason_key=key, language="fr", now=NOW)
        for key in ("seat:1", "seat:1", "seat:2")
    ]

    assert counts == [1, 0, 1]
    assert AddressLink.objects.count() == 2


def test_a_delegation_keeps_the_name_first_typed():
    account, operator = CustomerAccountFactory(), UserFactory()
    found = {"alice@example.org": UserFactory(email="alice@example.org", first_name="Secret")}
    delegate(account=account, operator=operator, people=typed("alice@example.org"), users=found, now=NOW)

    delegate(
        account=account,
        operator=operator,
        people=typed("ALICE@example.org", first_name="Other"),
        users=found,
        now=NOW,
    )

    row = Delegation.objects.get()
    assert (row.first_name, row.last_name, row.email) == ("Alice", "Martin", "alice@example.org")
    assert (row.account, row.operator, row.created_at) == (account, operator, NOW)


def test_two_accounts_name_the_same_person_under_their_own_names():
    operator, person = UserFactory(), UserFactory(email="alice@example.org")
    for first_name in ("Alice", "Alix"):
        delegate(
            account=CustomerAccountFactory(),
            operator=operator,
            people=typed("alice@example.org", first_name=first_name),
            users={person.email: person},
            now=NOW,
        )

    assert sorted(Delegation.objects.values_list("first_name", flat=True)) == ["Alice", "Alix"]


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Ada King Lovelace", ("Ada", "King Lovelace")),
        ("Plato", ("", "Plato")),
        ("", ("", "")),
        ("ada@example.org", ("", "")),
    ],
)
def test_a_whole_name_is_parted_into_first_and_last(name, parts):
    typed_name = typed_by_themself(email="ada@example.org", name=name)

    assert (typed_name.first_name, typed_name.last_name) == parts


@pytest.mark.parametrize("named", [("Ada", ""), ("", "Lovelace"), ("Ada", "Lovelace")])
def test_who_has_any_name_is_asked_for_none(named, django_assert_num_queries):
    user = UserFactory(first_name=named[0], last_name=named[1])

    with django_assert_num_queries(0):
        name_nameless(user=user, name="Grace Hopper")

    user.refresh_from_db()
    assert (user.first_name, user.last_name) == named


@pytest.mark.parametrize("named", [("Ada", ""), ("", "Lovelace")])
def test_who_got_a_name_meanwhile_keeps_it(named):
    user = UserFactory(first_name="", last_name="")
    User.objects.filter(pk=user.pk).update(first_name=named[0], last_name=named[1])

    name_nameless(user=user, name="Grace Hopper")

    assert User.objects.values_list("first_name", "last_name").get(pk=user.pk) == named
