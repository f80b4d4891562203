"""Seats at the operator's desk: Alice owns the account, Bob operates it, Charlie is a stranger, Carol is placed."""

import datetime
import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.people.delegation.models import Delegation
from accounts.people.models import User
from enrolments.grounds.models import Enrolment
from enrolments.seats.enter import enter_course
from enrolments.seats.models import Seat, SeatState
from enrolments.seats.moves import state_shown
from enrolments.seats.release import release_seat
from enrolments.values import Terms
from outbox.mails.models import Mail
from tests.enrolments.given import assign, days, given_pack, given_session, history
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.enrolments import CourseFactory, role

pytestmark = pytest.mark.django_db

CAROL = {"email": "carol@example.org", "first_name": "Carol", "last_name": "Petit"}


@pytest.fixture
def account():
    return CustomerAccountFactory(name="Ateliers Martin")


@pytest.fixture
def bob(account):
    user = UserFactory(email="bob@example.org", first_name="Bob", last_name="Leroy")
    return MembershipFactory(account=account, is_owner=False, is_operator=True, user=user).user


@pytest.fixture
def client(bob):
    client = Client(headers={"accept-language": "en"})
    client.force_login(bob)
    return client


def seat_url(seat):
    return reverse("account-seat", args=[seat.account_id, seat.pk])


def release_url(seat):
    return reverse("account-seat-release", args=[seat.account_id, seat.pk])


def said(answer):
    return [str(message) for message in answer.context["messages"]]


def state(seat):
    return Seat.objects.get(pk=seat.pk).state


# Assigning


def test_a_seat_is_assigned_to_somebody_new(client, account, bob):
    course = CourseFactory(name_en="Fire safety")
    [seat] = given_pack(account, course_list=course.short_name)

    answer = client.post(seat_url(seat), CAROL | {"course": course.pk}, follow=True)

    assert answer.redirect_chain == [(seat_url(seat), 302)]
    assert said(answer) == ["carol@example.org, who is new to your account, has this seat now. A mail is on its way."]
    seat.refresh_from_db()
    assert (seat.state, seat.person.email, seat.course, seat.assigned_by) == (
        "assigned",
        "carol@example.org",
        course,
        bob,
    )
    assert Delegation.objects.get(account=account).last_name == "Petit"
    assert [mail.kind for mail in Mail.objects.filter(person_id=seat.person_id)] == ["invitation"]


def test_somebody_known_to_others_is_new_to_this_account(client, account):
    course = CourseFactory()
    [theirs] = given_pack(CustomerAccountFactory())
    assign(theirs, course, "carol@example.org", UserFactory())
    [seat] = given_pack(account)

    answer = client.post(seat_url(seat), CAROL | {"course": course.pk}, follow=True)

    assert said(answer) == ["carol@example.org, who is new to your account, has this seat now. A mail is on its way."]


def test_somebody_the_account_looks_after_is_said_to_be_known(client, account, bob):
    first, second = given_pack(account, seats=2)
    assign(first, CourseFactory(), "carol@example.org", bob)

    answer = client.post(seat_url(second), CAROL | {"course": CourseFactory().pk}, follow=True)

    assert said(answer) == [
        "carol@example.org, whom your account looked after already, has this seat now. A mail is on its way."
    ]


def test_who_is_enrolled_already_uses_up_no_seat(client, account, bob):
    course = CourseFactory(name_en="Fire safety")
    until = datetime.datetime(2099, 6, 30, 22, 0, tzinfo=datetime.UTC)
    first, second = given_pack(account, seats=2, terms=Terms(ends_at=until))
    assign(first, course, "carol@example.org", bob, now=timezone.now())

    answer = client.post(seat_url(second), CAROL | {"course": course.pk}, follow=True)

    assert said(answer) == [
        "Your account has already enrolled carol@example.org in “Fire safety”, until 30 June 2099. "
        "The seat was not used up: it is still free."
    ]
    assert state(second) == "available"


def test_only_open_courses_of_the_frozen_list_with_a_place_are_offered(client, account, bob):
    open_one = CourseFactory(short_name="FIRE-1", name_en="Fire")
    CourseFactory(short_name="FIRE-2", is_visible=False)
    CourseFactory(short_name="FIRE-3", last_day=datetime.date(2020, 1, 1))
    full = CourseFactory(short_name="FIRE-4", capacity=1)
    CourseFactory(short_name="WATER-1")
    [other] = given_pack(CustomerAccountFactory())
    assign(other, full, "dan@example.org", UserFactory())
    [seat] = given_pack(account, course_list="FIRE-*")

    field = client.get(seat_url(seat)).context["form"]["course"]

    assert [value for value, _label in field.field.choices] == ["", open_one.pk]


@pytest.mark.parametrize(
    ("course", "reason"),
    [
        ({"short_name": "WATER-1"}, "This course cannot be chosen for this seat. Choose another one."),
        ({"short_name": "FIRE-2", "is_visible": False}, "This course cannot be chosen for this seat."),
        ({"short_name": "FIRE-3", "enrolment_closes_on": datetime.date(2020, 1, 1)}, "is not open for enrolment"),
        ({"short_name": "FIRE-4", "last_day": datetime.date(2020, 1, 1)}, "is over"),
        ({"short_name": "FIRE-5", "capacity": 1, "name_en": "Crowd"}, "not enough places left in the course “Crowd”"),
    ],
)
def test_a_course_that_will_not_do_is_refused_and_nothing_typed_is_lost(client, account, course, reason):
    chosen = CourseFactory(**course)
    if chosen.capacity:
        [other] = given_pack(CustomerAccountFactory())
        assign(other, chosen, "dan@example.org", UserFactory())
    [seat] = given_pack(account, course_list="FIRE-*")

    answer = client.post(seat_url(seat), CAROL | {"course": chosen.pk})

    assert answer.status_code == 422
    assert reason in str(answer.context["form"].errors["course"])
    assert [answer.context["form"][name].value() for name in CAROL] == list(CAROL.values())
    assert state(seat) == "available"
    assert not User.objects.filter(email="carol@example.org").exists()


def test_the_names_of_hidden_and_foreign_courses_are_not_told(client, account):
    hidden = CourseFactory(short_name="FIRE-2", is_visible=False, name_en="Top secret")
    [seat] = given_pack(account)

    answer = client.post(seat_url(seat), CAROL | {"course": hidden.pk})

    assert "Top secret" not in answer.content.decode()


@pytest.mark.parametrize("name", ["email", "first_name", "last_name", "course"])
def test_a_field_left_empty_is_named_and_the_rest_kept(client, account, name):
    course = CourseFactory()
    [seat] = given_pack(account)

    answer = client.post(seat_url(seat), CAROL | {"course": course.pk} | {name: ""})

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [name]
    assert state(seat) == "available"


def test_a_seat_whose_validity_is_over_shows_no_form(client, account):
    [seat] = given_pack(account, valid_until=timezone.now() - days(1))

    text = client.get(seat_url(seat)).content.decode()

    assert "its validity is over" in text
    assert 'name="email"' not in text


def test_without_an_open_course_the_page_says_so(client, account):
    [seat] = given_pack(account, course_list="NOTHING")

    text = client.get(seat_url(seat)).content.decode()

    assert "No course this seat may be used for is open now" in text
    assert 'name="email"' not in text


# Two tabs, two operators


def test_who_comes_second_is_told_by_whom_and_when_and_loses_nothing(client, account, bob):
    course = CourseFactory()
    alice = MembershipFactory(account=account, user__first_name="Alice", user__last_name="Martin").user
    first, second = given_pack(account, seats=2)
    client.get(seat_url(first))
    assign(first, course, "dan@example.org", alice, now=timezone.now())

    answer = client.post(seat_url(first), CAROL | {"course": course.pk})

    assert answer.status_code == 409
    [refusal] = answer.context["form"].non_field_errors()
    assert re.fullmatch(r"This seat is no longer free: Alice Martin changed it on .+\. Choose another one\.", refusal)
    text = answer.content.decode()
    assert f'action="{seat_url(second)}"' in text
    assert 'value="carol@example.org"' in text
    assert Seat.objects.get(pk=first.pk).person.email == "dan@example.org"

    answer = client.post(seat_url(second), CAROL | {"course": course.pk})
    assert answer.status_code == 302
    assert Seat.objects.get(pk=second.pk).person.email == "carol@example.org"


def test_without_another_free_seat_what_was_typed_is_still_on_the_page(client, account, bob):
    course = CourseFactory()
    [seat] = given_pack(account)
    assign(seat, course, "dan@example.org", bob, now=timezone.now())

    answer = client.post(seat_url(seat), CAROL | {"course": course.pk})

    assert answer.status_code == 409
    text = answer.content.decode()
    assert "No other seat of this kind is free." in text
    for value in CAROL.values():
        assert f"<dd>{value}</dd>" in text


def test_the_seat_offered_instead_was_sold_on_the_same_terms(client, account, bob):
    course = CourseFactory(short_name="FIRE-1")
    [seat] = given_pack(account, course_list="FIRE-*")
    given_pack(account, course_list="WATER-*")
    given_pack(account, course_list="FIRE-*", valid_until=timezone.now() - days(1))
    given_session(course, account, blanks=1)
    given_pack(CustomerAccountFactory(), course_list="FIRE-*")
    assign(seat, course, "dan@example.org", bob, now=timezone.now())

    assert client.get(seat_url(seat)).context["other_seat"] is None
    [alike] = given_pack(account, course_list="FIRE-*")
    assert client.get(seat_url(seat)).context["other_seat"] == alike


# Releasing


def test_releasing_asks_first_and_keeps_the_reason(client, account, bob):
    course = CourseFactory()
    [seat] = given_pack(account)
    carol = assign(seat, course, "carol@example.org", bob, now=timezone.now()).user
    shown = state_shown(Seat.objects.get(pk=seat.pk))

    asked = client.get(release_url(seat))
    assert asked.status_code == 200
    assert state(seat) == "assigned"
    answer = client.post(release_url(seat), {"seen": shown, "reason": "Is ill"}, follow=True)

    assert said(answer) == ["The seat is free again."]
    assert history(seat)[-1] == ("assigned", "available", "Is ill")
    assert not Enrolment.objects.open().filter(user=carol).exists()


def test_after_the_first_entry_nobody_is_taken_off(client, account, bob):
    course = CourseFactory()
    [seat] = given_pack(account)
    carol = assign(seat, course, "carol@example.org", bob, now=timezone.now()).user
    shown = state_shown(Seat.objects.get(pk=seat.pk))
    enter_course(user=carol, course=course, now=timezone.now())

    assert client.get(release_url(seat)).status_code == 302
    answer = client.post(release_url(seat), {"seen": shown, "reason": "Is ill"})

    assert answer.status_code == 409
    assert "This seat is used: the person entered the course on" in answer.content.decode()
    assert state(seat) == "consumed"


def test_somebody_else_on_the_seat_by_now_is_not_taken_off(client, account, bob):
    course = CourseFactory()
    [seat] = given_pack(account)
    assign(seat, course, "carol@example.org", bob, now=timezone.now())
    shown = state_shown(Seat.objects.get(pk=seat.pk))
    release_seat(account=account, seat_id=seat.pk, actor=bob, now=timezone.now())
    assign(seat, course, "dan@example.org", bob, now=timezone.now())

    answer = client.post(release_url(seat), {"seen": shown, "reason": "Is ill"})

    assert answer.status_code == 409
    assert "This seat was changed by Bob Leroy on" in answer.content.decode()
    assert 'value="Is ill"' in answer.content.decode()
    assert Seat.objects.get(pk=seat.pk).person.email == "dan@example.org"


def test_a_seat_assigned_to_the_same_person_anew_is_asked_about_again(client, account, bob):
    course, other = CourseFactory(), CourseFactory()
    [seat] = given_pack(account)
    assign(seat, course, "carol@example.org", bob, now=timezone.now())
    old = client.get(release_url(seat)).context["form"]["seen"].value()
    release_seat(account=account, seat_id=seat.pk, actor=bob, now=timezone.now())
    assign(seat, other, "carol@example.org", bob, now=timezone.now())

    refused = client.post(release_url(seat), {"seen": old, "reason": "Is ill"})

    assert refused.status_code == 409
    assert (state(seat), Seat.objects.get(pk=seat.pk).course) == ("assigned", other)
    again = refused.context["form"]
    assert again["reason"].value() == "Is ill"
    client.post(release_url(seat), {name: again[name].value() for name in again.fields})
    assert state(seat) == "available"


# History


def test_the_history_tells_who_when_from_to_and_why(client, account, bob):
    course = CourseFactory(name_en="Fire safety")
    [seat] = given_pack(account)
    carol = assign(seat, course, "carol@example.org", bob, now=timezone.now()).user
    release_seat(account=account, seat_id=seat.pk, actor=bob, now=timezone.now(), reason="Is ill")
    assign(seat, course, "carol@example.org", bob, now=timezone.now())
    enter_course(user=carol, course=course, now=timezone.now())

    moves = client.get(seat_url(seat)).context["moves"]

    assert [(m.event.from_state, m.event.to_state, m.event.reason_label, m.actor) for m in moves] == [
        ("assigned", "consumed", "Entered the course", "Camille Durand"),
        ("available", "assigned", "Assigned", "Bob Leroy"),
        ("assigned", "available", "Is ill", "Bob Leroy"),
        ("available", "assigned", "Assigned", "Bob Leroy"),
        ("", "available", "Sold", ""),
    ]
    assert [m.person and m.person.email for m in moves] == [*["carol@example.org"] * 4, None]


def test_the_merchants_staff_are_the_shop(client, account):
    merchant = UserFactory(is_staff=True, first_name="Mona", last_name="Marchand")
    [seat] = given_pack(account)
    assign(seat, CourseFactory(), "carol@example.org", UserFactory(), now=timezone.now())
    release_seat(account=account, seat_id=seat.pk, actor=merchant, now=timezone.now())

    assert "Mona" not in client.get(seat_url(seat)).content.decode()


# Sessions


def test_a_blank_seat_of_a_session_asks_for_the_role_and_not_for_the_course(client, account):
    course = CourseFactory(enrolment_closes_on=datetime.date(2020, 1, 1))
    made = given_session(course, account, blanks=1)
    seat = made.batch.seats.get()

    form = client.get(seat_url(seat)).context["form"]
    assert list(form.fields) == ["role", "email", "first_name", "last_name"]
    answer = client.post(seat_url(seat), CAROL | {"role": "tutor"})

    assert answer.status_code == 302
    seat.refresh_from_db()
    assert (seat.state, seat.course, seat.enrolment.role) == ("assigned", course, role("tutor"))


def test_a_tutors_seat_is_only_ever_filled_by_a_tutor(client, account, bob):
    tutor = UserFactory()
    made = given_session(CourseFactory(), account, tutors=(tutor,))
    seat = made.batch.seats.get()
    release_seat(account=account, seat_id=seat.pk, actor=bob, now=timezone.now())

    form = client.get(seat_url(seat)).context["form"]
    assert list(form.fields) == ["email", "first_name", "last_name"]
    client.post(seat_url(seat), CAROL | {"role": "student"})

    assert Seat.objects.get(pk=seat.pk).enrolment.role == role("tutor")


def test_nobody_is_twice_in_a_session(client, account):
    carol = UserFactory(email="carol@example.org")
    made = given_session(CourseFactory(), account, learners=(carol,), blanks=1)
    blank = made.batch.seats.get(state=SeatState.AVAILABLE)

    answer = client.post(seat_url(blank), CAROL | {"role": "student"})

    assert answer.status_code == 422
    assert answer.context["form"].errors["email"] == ["This person already has a seat in this session."]
    assert state(blank) == "available"


def test_a_role_that_does_not_exist_is_refused(client, account):
    made = given_session(CourseFactory(), account, blanks=1)
    blank = made.batch.seats.get()

    answer = client.post(seat_url(blank), CAROL | {"role": "teacher"})

    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["role"])


def test_a_session_shows_its_people_and_what_is_to_fill(client, account, bob):
    course = CourseFactory(name_en="Fire safety", place="Room 4", first_day=datetime.date(2099, 3, 2))
    made = given_session(course, account, blanks=2)
    first, second = made.batch.seats.order_by("pk")
    assign(first, course, "carol@example.org", bob, now=timezone.now())

    answer = client.get(reverse("account-session", args=[account.pk, made.group.pk]))

    assert [row["seat"] for row in answer.context["rows"]] == [second, first]
    text = answer.content.decode()
    for part in ("Fire safety", "Room 4", made.group.name, "carol@example.org", "Seat to fill", seat_url(second)):
        assert part in text


def test_a_released_participant_leaves_a_seat_to_fill_in_the_session(client, account, bob):
    course = CourseFactory()
    made = given_session(course, account, blanks=1)
    seat = made.batch.seats.get()
    assign(seat, course, "carol@example.org", bob, now=timezone.now())

    client.post(release_url(seat), {"seen": state_shown(Seat.objects.get(pk=seat.pk))})

    seat.refresh_from_db()
    assert (seat.state, seat.course, seat.keeps_place) == ("available", course, True)
