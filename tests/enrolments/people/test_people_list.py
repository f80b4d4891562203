"""The list of an account's people: states, filters, orders, pages, file. Bob operates the account."""

import csv
import datetime
import io
from itertools import chain

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.people.delegation.models import Delegation
from accounts.people.models import User
from enrolments.grounds.models import Ground
from enrolments.people.states import PersonState
from enrolments.seats.enter import enter_course
from enrolments.seats.release import release_seat
from outbox.mails.models import Mail
from tests.enrolments.given import assign, given_pack
from tests.factories.accounts import CustomerAccountFactory, DelegationFactory, MembershipFactory, UserFactory
from tests.factories.enrolments import CourseFactory

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


def attach(account, operator, *names):
    """Attach people called so, by their last names."""
    for name in names:
        email = f"{name.lower()}@example.org".replace("é", "e")
        person = UserFactory(email=email)
        DelegationFactory(account=account, operator=operator, person=person, email=email, first_name="", last_name=name)


def place(account, bob, course, *emails):
    seats = given_pack(account, seats=len(emails))
    return [assign(seat, course, email, bob, now=timezone.now()) for seat, email in zip(seats, emails, strict=True)]


def page(client, account, **asked):
    return client.get(reverse("account-people", args=[account.pk]), asked)


def shown(answer):
    return [row.email.split("@")[0] for row in answer.context["rows"]]


@pytest.fixture
def in_every_state(account, bob, safety):
    """Return people by state; the account has placed all of them."""
    placed = place(account, bob, safety, *(f"{state}@example.org" for state in PersonState))
    by_state = dict(zip(PersonState, placed, strict=True))
    now = timezone.now()
    User.objects.filter(pk=by_state[PersonState.SIGNED_IN].user.pk).update(last_login=now)
    User.objects.filter(pk=by_state[PersonState.ENTERED].user.pk).update(last_login=now)
    enter_course(user=by_state[PersonState.ENTERED].user, course=safety, now=now)
    enter_course(user=by_state[PersonState.OVER].user, course=safety, now=now)
    Ground.objects.filter(enrolment__user=by_state[PersonState.OVER].user).update(
        starts_at=now - datetime.timedelta(days=9), ends_at=now - datetime.timedelta(days=1)
    )
    return by_state


# States and filters


@pytest.mark.parametrize("state", PersonState)
def test_each_state_is_found_by_its_filter_alone_and_told_in_the_row(client, account, in_every_state, state):
    answer = page(client, account, state=state.value)

    assert [(row.email, row.state) for row in answer.context["rows"]] == [(f"{state}@example.org", state)]
    assert str(state.label) in answer.content.decode()


def test_whoever_is_on_no_seat_any_more_is_over(client, account, bob, safety):
    [placed] = place(account, bob, safety, "carol@example.org")
    release_seat(account=account, seat_id=placed.seat.pk, actor=bob, now=timezone.now())

    assert shown(page(client, account, state="over")) == ["carol"]


def test_a_sign_in_for_another_account_is_not_told(client, account, bob, safety):
    UserFactory(email="dan@example.org", last_login=timezone.now())
    place(account, bob, safety, "dan@example.org")

    assert shown(page(client, account, state="invited")) == ["dan"]
    assert shown(page(client, account, state="signed_in")) == []


def test_people_are_found_by_course(client, account, bob, safety):
    place(account, bob, safety, "carol@example.org")
    other = CourseFactory()
    place(account, bob, other, "dan@example.org")
    elsewhere = CourseFactory()
    stranger = MembershipFactory().account
    place(stranger, bob, elsewhere, "carol@example.org")

    assert shown(page(client, account, course=safety.pk)) == ["carol"]
    assert shown(page(client, account, course=other.pk)) == ["dan"]
    # No course of the account's: an unknown value, which chooses nobody away.
    assert len(shown(page(client, account, course=elsewhere.pk))) == 2


@pytest.mark.parametrize(("state", "found"), [("sent", "sent"), ("queued", "queued"), ("failed", "failed")])
def test_people_are_found_by_what_became_of_the_last_mail(client, account, bob, safety, state, found):
    people = {each.user.email.split("@")[0]: each.user for each in place(
        account, bob, safety, "sent@example.org", "queued@example.org", "failed@example.org"
    )}  # fmt: skip
    attach(account, bob, "Nobody")
    of = Mail.objects.filter(account_id=account.pk)
    of.filter(person_id=people["sent"].pk).update(state=Mail.State.SENT, sent_at=timezone.now(), secret="")
    of.filter(person_id=people["failed"].pk).update(state=Mail.State.FAILED, secret="")

    answer = page(client, account, mail=state)

    assert shown(answer) == [found]
    assert shown(page(client, account, mail="none")) == ["nobody"]


def test_a_later_mail_counts_and_one_taken_back_does_not(client, account, bob, safety):
    [carol] = place(account, bob, safety, "carol@example.org")
    Mail.objects.filter(person_id=carol.user.pk).update(state=Mail.State.FAILED, secret="")
    mail = Mail.objects.get(person_id=carol.user.pk)
    for number, state in ((1, Mail.State.SENT), (2, Mail.State.RECALLED)):
        Mail.objects.create(
            kind=mail.kind, key=f"later:{number}", message_id=f"<later{number}@example.org>", state=state,
            recipient=mail.recipient, language="en", account_id=account.pk, person_id=carol.user.pk,
            sent_at=timezone.now() if state == Mail.State.SENT else None,
        )  # fmt: skip

    assert shown(page(client, account, mail="sent")) == ["carol"]
    assert shown(page(client, account, mail="failed")) == []


def test_unknown_values_in_the_address_give_the_whole_list(client, account, bob):
    attach(account, bob, "Arnaud")

    assert shown(page(client, account, state="x", mail="y", course="z", sort="w", older="q")) == ["arnaud"]


# Orders and pages


def test_by_name_accents_and_case_do_not_count(client, account, bob):
    attach(account, bob, "Zola", "Émile", "arnaud", "Edgar")

    assert shown(page(client, account, sort="name")) == ["arnaud", "edgar", "emile", "zola"]
    assert shown(page(client, account)) == ["edgar", "arnaud", "emile", "zola"]


def test_by_last_mail_the_latest_comes_first_and_whoever_has_none_is_pointed_to(client, account, bob, safety):
    place(account, bob, safety, "carol@example.org", "dan@example.org")
    attach(account, bob, "Nobody")
    carol = User.objects.get(email="carol@example.org")
    Mail.objects.filter(person_id=carol.pk).update(account_id=account.pk)
    Mail.objects.create(
        kind="invitation", key="again", message_id="<again@example.org>", recipient="carol@example.org",
        language="en", account_id=account.pk, person_id=carol.pk,
    )  # fmt: skip

    answer = page(client, account, sort="mail")

    assert shown(answer) == ["carol", "dan"]
    assert "People whom your account has not written to" in answer.content.decode()


@pytest.mark.parametrize("sort", ["", "name", "mail"])
def test_pages_lead_on_and_back_and_nobody_is_left_out(client, account, bob, sort, monkeypatch):
    monkeypatch.setattr("enrolments.people.listed.PEOPLE_A_PAGE", 2)
    attach(account, bob, "Dee", "Eve", "Bea", "Ann", "Cid")
    # Namesakes are told apart by their keys.
    Delegation.objects.filter(last_name__in=["Dee", "Eve"]).update(last_name="Cid", email="cid@example.org")
    everybody = Delegation.objects.filter(account=account)
    Mail.objects.bulk_create(
        Mail(
            kind="invitation", key=f"{each.pk}", message_id=f"<{each.pk}@example.org>", recipient=each.email,
            language="en", account_id=account.pk, person_id=each.person_id,
        )
        for each in everybody
    )  # fmt: skip

    answers = [page(client, account, sort=sort)]
    while answers[-1].context["page"].older is not None:
        answers.append(page(client, account, sort=sort, older=answers[-1].context["page"].older))
    back = page(client, account, sort=sort, newer=answers[-1].context["page"].newer)

    keys = [[row.delegation_id for row in answer.context["rows"]] for answer in (*answers, back)]
    assert [len(each) for each in keys] == [2, 2, 1, 2]
    assert sorted(chain(*keys[:3])) == sorted(everybody.values_list("pk", flat=True))
    assert keys[3] == keys[1]
    first, after_first = answers[0].context["page"].newer, back.context["page"].newer
    assert (first, after_first is not None) == (None, True)


def test_the_place_of_a_person_of_another_account_is_not_told(client, account, bob):
    attach(account, bob, "Ann", "Zoe")
    other = MembershipFactory().account
    attach(other, bob, "Mia")
    theirs = Delegation.objects.get(account=other)

    assert shown(page(client, account, sort="name", older=theirs.pk)) == ["ann", "zoe"]
    assert shown(page(client, account, sort="name", newer=theirs.pk)) == ["ann", "zoe"]


# As a file


def rows_of(answer):
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_the_file_has_a_row_for_everybody_chosen(client, account, in_every_state, safety):
    everybody = rows_of(client.get(reverse("account-people-export", args=[account.pk, "csv"])))
    begun = rows_of(client.get(reverse("account-people-export", args=[account.pk, "csv"]), {"state": "entered"}))

    assert {row["E-mail"]: row["State"] for row in everybody} == {
        f"{state}@example.org": state.label for state in PersonState
    }
    assert [(row["E-mail"], row["Courses"], row["Mail"]) for row in begun] == [
        ("entered@example.org", "Safety", "On its way")
    ]


def test_a_formula_typed_as_a_name_is_harmless_in_the_file(client, account, bob):
    attach(account, bob, "Ann")
    Delegation.objects.filter(account=account).update(first_name="=1+1")

    [row] = rows_of(client.get(reverse("account-people-export", args=[account.pk, "csv"])))

    assert row["First name"] == "'=1+1"


def test_a_long_file_has_everybody_once(client, account, bob, monkeypatch):
    monkeypatch.setattr("enrolments.people.export.ROWS_A_CHUNK", 2)
    attach(account, bob, "Ann", "Bea", "Cid", "Dan", "Eve")

    rows = rows_of(client.get(reverse("account-people-export", args=[account.pk, "csv"])))

    assert [row["Last name"] for row in rows] == ["Eve", "Dan", "Cid", "Bea", "Ann"]


# Plans


@pytest.mark.parametrize(
    ("order", "index"), [("sort_name", "accounts_delegation_by_name"), ("pk", "accounts_delegation_list")]
)
def test_a_page_is_read_by_an_index(account, order, index):
    people = Delegation.objects.filter(account=account).order_by(order, "pk")[:51]
    with connection.cursor() as cursor:
        for other in ("seqscan", "bitmapscan", "sort"):
            cursor.execute(f"SET LOCAL enable_{other} = off")

    assert index in people.explain()
