"""Waiting by the pages: a visitor by a mailed code, a person signed in, an operator at the desk."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.people.models import User
from enrolments.waiting.models import WaitingPlace
from enrolments.waiting.services import offer_free_places
from enrolments.waiting.tokens import path_of, token_of
from outbox.mails.models import Mail
from outbox.mails.rendering import render_mail
from tests.enrolments.waiting.given import account_waits, frees, full_course, operator_with_seats, waits
from tests.factories.accounts import UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def full(now):
    return full_course(now=now)


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def selling(course):
    return EntryFactory(handler="std_enroloncourse", parameters={"coursename": course.short_name})


def text_of(mail):
    return render_mail(mail, blank_secrets=False).text


def code_of(email):
    return re.search(r"\b[A-Z2-7]{4}-[A-Z2-7]{4}\b", text_of(Mail.objects.filter(recipient=email).latest("pk")))[0]


def ask(client, course, email, entry=""):
    return client.post(reverse("wait", args=[course.short_name]), {"email": email, "entry": entry})


def test_a_visitor_waits_once_the_mailed_code_is_typed_and_nothing_before(client, full):
    course, _seats = full

    answer = ask(client, course, "ada@example.org", "SAFETY")

    assert answer.headers["Location"] == reverse("waiting-code")
    assert not User.objects.filter(email="ada@example.org").exists()
    assert not WaitingPlace.objects.exists()
    assert "ada@example.org" in client.get(reverse("waiting-code")).content.decode()
    answer = client.post(reverse("waiting-code"), {"code": code_of("ada@example.org")})
    place = WaitingPlace.objects.get()
    assert (place.person.email, place.entry_code) == ("ada@example.org", "SAFETY")
    assert answer.headers["Location"] == path_of(place)


def test_the_same_is_told_of_a_known_and_an_unknown_address(full):
    course, _seats = full
    known = UserFactory().email

    pages = [
        (answer.status_code, answer.headers["Location"])
        for answer in (ask(Client(), course, email) for email in (known, "nobody@example.org"))
    ]

    assert pages[0] == pages[1]


def test_a_wrong_code_puts_nobody_on_the_list(client, full):
    course, _seats = full
    ask(client, course, "ada@example.org")

    answer = client.post(reverse("waiting-code"), {"code": "AAAA-AAAA"})

    assert answer.status_code == 422
    assert not WaitingPlace.objects.exists()


def test_an_address_that_is_none_is_told_so(client, full):
    course, _seats = full
    answer = ask(client, course, "ada at home")
    assert answer.status_code == 422
    assert "ada at home" in answer.content.decode()


def test_a_person_signed_in_waits_at_once_and_finds_it_among_their_courses(full):
    course, _seats = full
    person = UserFactory()
    client = signed_in(person)

    client.post(reverse("wait", args=[course.short_name]), {"entry": ""})

    place = WaitingPlace.objects.get(person=person)
    page = client.get(reverse("learn")).content.decode()
    assert path_of(place) in page


def test_the_entry_of_a_full_course_leads_to_its_waiting_list(client, full):
    course, _seats = full
    entry, other = selling(course), selling(CourseFactory(capacity=1))

    path = reverse("wait", args=[course.short_name])
    assert f"{path}?entry={entry.code}" in client.get(reverse("entry", args=[entry.code])).content.decode()
    assert "/waiting/" not in client.get(reverse("entry", args=[other.code])).content.decode()


def test_only_the_person_with_the_offer_can_buy(full, now):
    course, [seat] = full
    entry = selling(course)
    person = UserFactory()
    place = waits(course, person, now=now)
    frees(seat, now=now)
    offer_free_places(now=now)
    path = reverse("entry", args=[entry.code])

    assert "/waiting/course/" in signed_in(UserFactory()).get(path).content.decode()
    assert "/waiting/course/" not in signed_in(person).get(path).content.decode()
    assert signed_in(person).post(path, {"quantity": 1}).headers["Location"] == reverse("cart")
    assert path_of(place) in signed_in(person).get(reverse("learn")).content.decode()


def test_the_page_of_a_place_tells_the_turn_and_lets_go(client, full, now):
    course, [seat] = full
    first, second = waits(course, now=now), waits(course, now=now)

    assert "1 place est attendue avant vous" in client.get(path_of(second)).content.decode()
    frees(seat, now=now)
    offer_free_places(now=now)
    page = client.get(path_of(first)).content.decode()
    assert "Refuser la place" in page
    client.post(path_of(first))
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == ("declined", "offered")
    assert client.post(path_of(first), follow=True).status_code == 200


def test_a_page_opens_by_its_address_alone(client, full, now):
    course, _seats = full
    operator, account, _own = operator_with_seats(now=now)
    place = account_waits(course, account, operator, now=now)

    assert client.get(reverse("waiting-place", args=["x" * 43])).status_code == 404
    assert client.get(reverse("waiting-place", args=[token_of(place)])).status_code == 404


def test_a_hidden_course_has_no_waiting_list(client):
    course = CourseFactory(is_visible=False, capacity=1)
    assert client.get(reverse("wait", args=[course.short_name])).status_code == 404
    assert client.get(reverse("wait", args=["no-such"])).status_code == 404


def test_nobody_waits_for_a_course_with_places(full):
    course = CourseFactory(capacity=2)
    answer = signed_in(UserFactory()).post(reverse("wait", args=[course.short_name]))
    assert answer.status_code == 409


def test_an_operator_waits_at_the_desk_and_leaves(full, now):
    course, _seats = full
    operator, account, _own = operator_with_seats(2, now=now)
    client, path = signed_in(operator), reverse("account-waiting", args=[account.pk])

    assert course.name in client.get(path).content.decode()
    assert client.post(path, {"course": course.pk, "places": 3}).status_code == 409
    assert client.post(path, {"course": course.pk, "places": 2}).headers["Location"] == path
    place = WaitingPlace.objects.get()
    assert "Quitter la liste" in client.get(path).content.decode()
    client.post(path, {"leave": place.pk})
    place.refresh_from_db()
    assert place.state == "left"


def test_of_another_account_there_is_no_place(full, now):
    course, _seats = full
    operator, account, _own = operator_with_seats(now=now)
    place = account_waits(course, account, operator, now=now)
    stranger, other, _seats = operator_with_seats(now=now)
    client = signed_in(stranger)

    assert client.post(reverse("account-waiting", args=[account.pk]), {"leave": place.pk}).status_code == 404
    assert client.post(reverse("account-waiting", args=[other.pk]), {"leave": place.pk}).status_code == 404


def test_what_is_offered_to_an_account_can_be_chosen_at_its_desk_alone(full, now):
    course, [seat] = full
    operator, account, [own] = operator_with_seats(1, now=now)
    account_waits(course, account, operator, now=now)
    stranger, other, [theirs] = operator_with_seats(1, now=now)
    frees(seat, now=now)
    offer_free_places(now=now)

    page = signed_in(operator).get(reverse("account-seat", args=[account.pk, own.pk])).content.decode()
    assert f'value="{course.pk}"' in page
    page = signed_in(stranger).get(reverse("account-seat", args=[other.pk, theirs.pk])).content.decode()
    assert f'value="{course.pk}"' not in page


def test_offers_are_mailed_with_the_page_of_the_place(full, now):
    course, [seat] = full
    place = waits(course, now=now)
    frees(seat, now=now)
    offer_free_places(now=now)

    assert path_of(place) in text_of(Mail.objects.get(kind="waiting_offered"))
