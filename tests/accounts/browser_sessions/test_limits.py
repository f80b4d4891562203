"""Staff are signed out after 30 minutes without a request, and after 12 hours; customers are not."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.browser_sessions.models import BrowserSession
from accounts.people.models import User
from tests.factories.accounts import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

ADMIN = "admin:index"
OWN = "account-profile"


class Clock:
    """The time by which the shop goes, moved on by a test."""

    def __init__(self) -> None:
        self.now = timezone.now()

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **how_long: float) -> None:
        self.now += timedelta(**how_long)


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr("django.utils.timezone.now", clock)
    return clock


@pytest.fixture
def merchant():
    return User.objects.create_superuser("merchant@example.org", PASSWORD, is_address_proved=True)


def signed_in(user):
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(user)
    return browser


def is_in(browser, name=ADMIN):
    return browser.get(reverse(name)).status_code == 200


def test_staff_who_do_nothing_for_half_an_hour_are_signed_out(clock, merchant):
    browser = signed_in(merchant)
    clock.forward(minutes=29)
    assert is_in(browser)
    clock.forward(minutes=29)
    assert is_in(browser)

    clock.forward(minutes=30)

    answer = browser.get(reverse(ADMIN), follow=True)
    assert answer.redirect_chain[-1][0].startswith(reverse("account_login"))
    assert "because nothing came from you for a while" in answer.content.decode()
    assert not BrowserSession.objects.filter(user=merchant).exists()


def test_staff_who_work_on_are_signed_out_after_twelve_hours(clock, merchant):
    browser = signed_in(merchant)
    for _quarter in range(4 * 12 - 1):
        clock.forward(minutes=15)
        assert is_in(browser)

    clock.forward(minutes=15)

    assert not is_in(browser)
    assert not is_in(browser, OWN)


def test_a_new_key_or_password_does_not_make_the_twelve_hours_longer(clock, merchant):
    browser = signed_in(merchant)
    for _hour in range(23):
        clock.forward(minutes=29)
        assert is_in(browser)
    posted = {"oldpassword": PASSWORD, "password1": "nine green bottles", "password2": "nine green bottles"}
    assert browser.post(reverse("account_change_password"), posted).status_code == 302
    assert is_in(browser)

    clock.forward(minutes=29)
    clock.forward(minutes=29)
    assert not is_in(browser)


def test_who_becomes_staff_later_is_held_too(clock):
    alice = UserFactory(email="alice@example.org")
    browser = signed_in(alice)
    clock.forward(hours=13)
    assert is_in(browser, OWN)

    alice.is_staff = True
    alice.save()

    clock.forward(seconds=1)
    assert not is_in(browser, OWN)


def test_customers_stay_signed_in(clock):
    browser = signed_in(UserFactory())

    clock.forward(days=7)
    assert is_in(browser, OWN)
    clock.forward(days=6)
    assert is_in(browser, OWN)


def test_a_post_in_a_session_that_is_over_changes_nothing(clock, merchant):
    browser = signed_in(merchant)
    clock.forward(minutes=31)

    browser.post(reverse("account-profile"), {"first_name": "Mallory", "last_name": "X", "language": "en"})

    merchant.refresh_from_db()
    assert merchant.first_name == ""


def test_a_person_is_noted_once_in_three_minutes(clock, django_assert_num_queries):
    alice = UserFactory()
    browser = signed_in(alice)
    seen = BrowserSession.objects.values_list("last_seen_at", flat=True)
    first = seen.get()

    clock.forward(minutes=2)
    browser.get(reverse(OWN))
    assert seen.get() == first
    clock.forward(minutes=1)
    browser.get(reverse(OWN))
    assert seen.get() == clock.now


def test_visitors_are_not_noted(clock):
    browser = Client()
    session = browser.session
    session["cart"] = "abc"
    session.save()
    row = BrowserSession.objects.values()
    before = row.get()

    clock.forward(minutes=30)
    browser.get(reverse("cart"))

    assert row.get() == before
    assert AnonymousUser().is_staff is False
