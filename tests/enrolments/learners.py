"""Helpers for the tests of the learner's pages: a browser per person, people placed in courses now."""

import datetime

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.members.models import CustomerAccount
from accounts.people.models import User
from enrolments.courses.models import Course
from enrolments.courses.roles.models import Role
from enrolments.grounds.by_hand import enrol_by_hand
from enrolments.values import Period
from tests.enrolments.given import assign as assign_at
from tests.enrolments.given import given_pack
from tests.factories.accounts import CustomerAccountFactory
from tests.factories.enrolments import role

LINK = "https://learn.example.org/fire?token=secret"


def browser_of(user: User | None, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language})
    if user is not None:
        client.force_login(user)
    return client


def address(course: Course | str, *, enter: bool = False) -> str:
    short_name = course if isinstance(course, str) else course.short_name
    return reverse("learn-enter" if enter else "learn-course", args=[short_name])


def text_of(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, answer
    return answer.content.decode()


def place(user: User, course: Course, operator: User, *, account: CustomerAccount | None = None, now=None, **terms):
    """Give a person a seat of a new pack, assigned by `operator`."""
    [seat] = given_pack(account or CustomerAccountFactory(), now=now or timezone.now(), **terms)
    assign_at(seat, course, user.email, operator, now=now or timezone.now())
    return seat


def by_hand(
    user: User,
    course: Course,
    code: str = Role.STUDENT,
    *,
    starts: datetime.datetime | None = None,
    ends: datetime.datetime | None = None,
):
    now = timezone.now()
    period = Period(starts or now - datetime.timedelta(hours=1), ends)
    return enrol_by_hand(course=course, user=user, role=role(code), period=period, now=now)
