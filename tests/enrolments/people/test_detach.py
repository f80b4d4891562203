"""Detaching a person from an account. Bob operates the account, Carol was placed by it."""

import datetime

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.members.history.sources import history_of
from accounts.people.delegation.models import Delegation, Detachment
from enrolments.grounds.enrol_line import enrol_on_line
from enrolments.grounds.models import Ground
from enrolments.seats.enter import enter_course
from enrolments.seats.release import release_seat
from enrolments.values import Terms
from tests.enrolments.given import assign, given_pack, new_line
from tests.factories.accounts import CustomerAccountFactory, DelegationFactory, MembershipFactory, UserFactory
from tests.factories.enrolments import CourseFactory, role

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return CustomerAccountFactory(name="Ateliers Martin")


@pytest.fixture
def bob(account):
    return MembershipFactory(account=account, is_owner=False, is_operator=True, user__email="bob@example.org").user


@pytest.fixture
def client(bob):
    client = Client(headers={"accept-language": "en"})
    client.force_login(bob)
    return client


@pytest.fixture
def safety():
    return CourseFactory(name_en="Safety")


@pytest.fixture
def seat(account, bob, safety):
    [seat] = given_pack(account)
    return assign(seat, safety, "carol@example.org", bob, now=timezone.now()).seat


def detach(client, account, **also):
    shown = Delegation.objects.filter(account=account, person__email="carol@example.org").first()
    return client.post(reverse("account-person-detach", args=[account.pk, shown.pk]), also, follow=True)


def said(answer):
    return [str(message) for message in answer.context["messages"]]


def is_attached(account):
    return Delegation.objects.filter(account=account, person__email="carol@example.org").exists()


def end_course(seat):
    now = timezone.now()
    Ground.objects.filter(seat=seat).update(
        starts_at=now - datetime.timedelta(days=9), ends_at=now - datetime.timedelta(days=1)
    )


def test_nobody_with_an_unused_seat_is_detached(client, account, seat):
    answer = detach(client, account)

    assert said(answer) == [
        "This person has a seat of your account in “Safety”, not used yet. Take them off the seat first: somebody "
        "else can have it then."
    ]
    assert is_attached(account)
    assert not Detachment.objects.exists()


def test_nobody_whose_course_runs_is_detached(client, account, seat, safety):
    enter_course(user=seat.person, course=safety, now=timezone.now())

    answer = detach(client, account)

    assert said(answer) == ["Your account has this person in “Safety”, which has no end. They stay attached."]
    assert is_attached(account)


def test_nobody_in_a_course_by_an_order_is_detached_before_its_end(client, account, bob, safety):
    carol = UserFactory(email="carol@example.org")
    DelegationFactory(account=account, operator=bob, person=carol, email="carol@example.org")
    ends = timezone.now() + datetime.timedelta(days=9)
    enrol_on_line(
        line=new_line(account), user=carol, course=safety, role=role("student"), group=None, terms=Terms(ends_at=ends),
        now=timezone.now(),
    )  # fmt: skip

    [sentence] = said(detach(client, account))

    assert sentence.startswith("Your account has this person in “Safety” until ")
    assert is_attached(account)


def test_once_the_course_is_over_the_person_leaves_the_list_and_the_history_tells_who_did_it(
    client, account, bob, seat, safety
):
    enter_course(user=seat.person, course=safety, now=timezone.now())
    end_course(seat)

    answer = detach(client, account)

    assert answer.redirect_chain == [(reverse("account-people", args=[account.pk]), 302)]
    assert said(answer) == ["Your account no longer looks after carol@example.org."]
    assert answer.context["rows"] == []
    assert list(Detachment.objects.values_list("account", "person", "actor")) == [(account.pk, seat.person_id, bob.pk)]
    seat.refresh_from_db()
    assert seat.state == "consumed"


def test_the_history_of_the_account_tells_who_detached_somebody(client, account, bob, seat):
    release_seat(account=account, seat_id=seat.pk, actor=bob, now=timezone.now())
    detach(client, account)

    [deed, *_moves] = history_of(account, size=9).deeds

    assert (deed.actor_id, deed.text) == (bob.pk, "Detached a person from the account")


def test_whoever_was_released_can_be_detached_and_placed_again(client, account, bob, seat, safety):
    release_seat(account=account, seat_id=seat.pk, actor=bob, now=timezone.now())

    detach(client, account)
    assert not is_attached(account)

    assign(given_pack(account)[0], safety, "carol@example.org", bob, now=timezone.now())
    assert is_attached(account)


def test_other_accounts_keep_looking_after_the_person(client, account, bob, seat):
    other = MembershipFactory().account
    DelegationFactory(account=other, operator=bob, person=seat.person, email="carol@example.org")
    release_seat(account=account, seat_id=seat.pk, actor=bob, now=timezone.now())

    detach(client, account)

    assert not is_attached(account)
    assert is_attached(other)


def test_every_operators_delegation_of_the_person_ends(client, account, bob, seat):
    DelegationFactory(account=account, operator=UserFactory(), person=seat.person, email="carol@example.org")
    release_seat(account=account, seat_id=seat.pk, actor=bob, now=timezone.now())

    detach(client, account)

    assert not is_attached(account)


def test_a_person_of_another_account_does_not_exist(client, account, bob, seat):
    other = MembershipFactory().account
    theirs = DelegationFactory(account=other, operator=bob, person=UserFactory(), email="x@example.org")

    assert client.post(reverse("account-person-detach", args=[account.pk, theirs.pk])).status_code == 404
    assert Delegation.objects.filter(pk=theirs.pk).exists()
