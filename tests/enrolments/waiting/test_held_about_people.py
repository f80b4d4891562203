"""Waiting lists and the data of a person: told to them, given up with them, shown to their account."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.people.models import User
from common.personal_data import HOLDINGS, Person
from enrolments.waiting.services import offer_free_places
from tests.enrolments.waiting.given import account_waits, frees, full_course, operator_with_seats, waits

pytestmark = pytest.mark.django_db


def holding():
    [found] = [each for each in HOLDINGS if each.name == "waiting places"]
    return found


def known(user):
    return Person(key=user.pk, emails=frozenset({user.email}))


def test_a_person_is_told_where_they_wait():
    now = timezone.now()
    course, _seats = full_course(now=now)
    place = waits(course, now=now)

    [record] = holding().describe(known(place.person))

    assert course.short_name in {value.value for value in record}


def test_whoever_is_erased_waits_no_more_and_the_next_is_offered_the_place():
    now = timezone.now()
    course, [seat] = full_course(now=now)
    first, second = waits(course, now=now), waits(course, now=now)
    frees(seat, now=now)
    offer_free_places(now=now)

    assert holding().blank(known(first.person), now, 200) == 1
    assert holding().blank(known(first.person), now, 200) == 0

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == ("declined", "offered")


def test_whoever_is_closed_is_offered_nothing():
    now = timezone.now()
    course, [seat] = full_course(now=now)
    first, second = waits(course, now=now), waits(course, now=now)
    User.objects.filter(pk=first.person_id).update(is_active=False)
    frees(seat, now=now)

    offer_free_places(now=now)

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == ("left", "offered")


def test_the_overview_of_an_account_tells_what_is_kept_for_it():
    now = timezone.now()
    course, [seat] = full_course(now=now)
    operator, account, _own = operator_with_seats(now=now)
    account_waits(course, account, operator, now=now)
    client = Client()
    client.force_login(operator)
    path, desk = reverse("account-overview", args=[account.pk]), reverse("account-waiting", args=[account.pk])
    before = client.get(path).content.decode().count(desk)
    frees(seat, now=now)
    offer_free_places(now=now)

    assert client.get(path).content.decode().count(desk) == before + 1
