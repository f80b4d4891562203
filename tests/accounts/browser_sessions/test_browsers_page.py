"""The page on which people see where they are signed in, and end it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.browser_sessions.device import Device, device_of
from accounts.browser_sessions.models import BrowserSession
from accounts.security_log.models import SecurityEvent
from tests.factories.accounts import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
EDGE = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/126.0.0.0 Safari/537.36 Edg/126.0"
CHROME = f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} Chrome/126.0.0.0 Mobile Safari/537.36"
SAFARI = f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) {WEBKIT} Version/17.5 Mobile/15E148 Safari/604.1"
MAC = f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {WEBKIT} Version/17.5 Safari/605.1.15"
PAGE = "account-browsers"


@pytest.fixture
def alice():
    return UserFactory(email="alice@example.org")


def browser_of(user, agent=FIREFOX) -> Client:
    browser = Client(headers={"user-agent": agent, "accept-language": "en"})
    browser.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    return browser


def is_in(browser):
    return browser.get(reverse("account-profile")).status_code == 200


def row_of(agent) -> BrowserSession:
    device = device_of(agent)
    return BrowserSession.objects.get(browser=device.browser, system=device.system)


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        (FIREFOX, Device("Firefox", "Linux")),
        (EDGE, Device("Edge", "Windows")),
        (CHROME, Device("Chrome", "Android")),
        (SAFARI, Device("Safari", "iPhone")),
        (MAC, Device("Safari", "Mac")),
        ("curl/8", Device()),
        ("", Device()),
        ("x" * 100_000 + " Firefox/1", Device()),
    ],
)
def test_browser_and_system_are_told_without_a_version(agent, device):
    assert device_of(agent) == device


def test_it_lists_the_own_browsers_this_one_first(alice):
    browser_of(alice, EDGE)
    browser_of(UserFactory(), CHROME)
    here = browser_of(alice)

    page = here.get(reverse(PAGE))

    assert [str(each) for each in page.context["sessions"]] == ["Firefox Linux", "Edge Windows"]
    text = page.content.decode()
    assert "Firefox on Linux" in text
    assert text.count("this browser") == 1
    assert "Android" not in text


def test_it_costs_the_same_for_one_and_for_many(alice, django_assert_num_queries, django_assert_max_num_queries):
    here = browser_of(alice)
    with django_assert_max_num_queries(20) as one:
        here.get(reverse(PAGE))
    for _other in range(5):
        Client().force_login(alice)

    with django_assert_num_queries(len(one)):
        here.get(reverse(PAGE))


def test_one_is_ended_from_another(alice):
    there, here = browser_of(alice, EDGE), browser_of(alice)

    answer = here.post(reverse("account-browser-end", args=[row_of(EDGE).pk]))

    assert answer["Location"] == reverse(PAGE)
    assert not is_in(there)
    assert is_in(here)
    event = SecurityEvent.objects.filter(kind="sessions_ended").get()
    assert (event.user_id, event.actor_id) == (alice.pk, alice.pk)


def test_the_own_one_is_signed_out_of(alice):
    here = browser_of(alice)

    answer = here.post(reverse("account-browser-end", args=[row_of(FIREFOX).pk]))

    assert answer["Location"] == reverse("account_login")
    assert not is_in(here)


def test_those_of_others_do_not_exist(alice):
    there, here = browser_of(UserFactory(), EDGE), browser_of(alice)

    assert here.post(reverse("account-browser-end", args=[row_of(EDGE).pk])).status_code == 404
    assert here.post(reverse("account-browser-end", args=[10**9])).status_code == 404
    assert is_in(there)


def test_all_are_ended_at_once(alice):
    of_another, there, here = browser_of(UserFactory(), CHROME), browser_of(alice, EDGE), browser_of(alice)

    answer = here.post(reverse("account-browsers-end"), follow=True)

    assert "You are signed out in 2 browsers." in answer.content.decode()
    assert (is_in(there), is_in(here), is_in(of_another)) == (False, False, True)
    assert SecurityEvent.objects.filter(kind="sessions_ended").get().details == {"count": 2, "which": "all"}


def test_signing_out_takes_the_browser_off_the_list(alice):
    there, here = browser_of(alice, EDGE), browser_of(alice)

    there.post(reverse("account_logout"))

    assert [str(each) for each in here.get(reverse(PAGE)).context["sessions"]] == ["Firefox Linux"]


def test_a_new_password_ends_all_other_sessions(alice):
    there, here = browser_of(alice, EDGE), browser_of(alice)

    posted = {"oldpassword": PASSWORD, "password1": "nine green bottles", "password2": "nine green bottles"}
    here.post(reverse("account_change_password"), posted)

    assert (is_in(there), is_in(here)) == (False, True)
    assert [str(each) for each in here.get(reverse(PAGE)).context["sessions"]] == ["Firefox Linux"]
