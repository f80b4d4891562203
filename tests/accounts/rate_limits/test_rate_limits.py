"""Limits on attempts: counted exactly, told clearly, and no person pays for another person's haste."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings as project_settings
from django.core.cache import cache
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts.links.services import TOKEN_PURPOSE, NewLink, create_links
from accounts.rate_limits.by_network import WIDE_ROOM, count_from_network
from accounts.rate_limits.models import Attempts
from accounts.rate_limits.network import network_of
from accounts.rate_limits.services import (
    KEPT_FOR,
    TooOften,
    UsedUp,
    count_attempt,
    find_used_up,
    is_used_up,
    rates_of,
)
from common.tidying import tidy
from common.tokens import derive_token
from outbox.mails.models import Mail
from project.settings.rate_limits import ACCOUNT_RATE_LIMITS, RATE_LIMITS
from tests.factories.accounts import PASSWORD, MembershipFactory, UserFactory
from tests.rivals.processes import errors_among, race, values_among
from tests.shop.steps import english_client

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def limits(settings):
    """Restore production's limits, which the test settings lift."""
    settings.RATE_LIMITS = RATE_LIMITS
    return settings


@pytest.fixture
def three_a_minute(settings):
    settings.RATE_LIMITS = {"knock": "3/m/key"}


def knock(who: str = "alice", seconds: int = 0) -> bool:
    """Count an attempt and tell whether it was within the limit."""
    try:
        count_attempt(what="knock", who=who, now=NOON + timedelta(seconds=seconds))
    except TooOften as refused:
        return (refused.what, refused.seconds) != ("knock", 60)
    return True


# --- Counting ---


def test_so_many_times_and_not_once_more(three_a_minute):
    assert [knock() for _ in range(5)] == [True, True, True, False, False]


def test_another_one_is_counted_apart(three_a_minute):
    assert [knock("alice") for _ in range(4)][-1] is False
    assert knock("bob") is True


def test_when_the_time_is_over_it_begins_anew(three_a_minute):
    assert [knock() for _ in range(4)][-1] is False
    assert knock(seconds=59) is False
    assert [knock(seconds=60 + more) for more in range(4)] == [True, True, True, False]


def test_asking_counts_nothing(three_a_minute):
    def asked() -> bool:
        return is_used_up(what="knock", who="alice", now=NOON)

    assert [(asked(), knock()) for _ in range(4)] == [(False, True)] * 3 + [(True, False)]


def test_of_several_rates_each_one_refuses(settings):
    settings.RATE_LIMITS = {"knock": "2/m/key,3/h/key"}
    for second in (0, 1, 61):
        count_attempt(what="knock", who="alice", now=NOON + timedelta(seconds=second))

    with pytest.raises(TooOften) as refused:
        count_attempt(what="knock", who="alice", now=NOON + timedelta(seconds=130))
    assert refused.value.seconds == 3600


def test_what_leaves_rows_is_counted_by_them(settings):
    settings.RATE_LIMITS = {"knock": "2/10m/key"}
    for minute in (0, 4):
        Attempts.objects.create(key=f"row-{minute}", since=NOON + timedelta(minutes=minute), count=1)

    def used_up(minutes: float) -> UsedUp | None:
        now = NOON + timedelta(minutes=minutes)
        return find_used_up(what="knock", rows=Attempts.objects.filter(since__lte=now), at="since", now=now)

    assert used_up(3) is None
    used = used_up(9.99)
    assert (used.last_at, used.again_at) == (NOON + timedelta(minutes=4), NOON + timedelta(minutes=10))
    assert used_up(10) is None
    settings.RATE_LIMITS = {}
    assert used_up(9.99) is None


def test_counts_are_kept_for_as_long_as_any_limit_looks_back(limits):
    assert all(rate.times > 0 and rate.window < KEPT_FOR for what in RATE_LIMITS for rate in rates_of(what))


def test_asked_when_the_time_is_just_over_it_is_not_used_up_any_more(three_a_minute):
    for _ in range(3):
        knock()
    over = NOON + timedelta(seconds=60)

    assert is_used_up(what="knock", who="alice", now=over - timedelta(microseconds=1))
    assert not is_used_up(what="knock", who="alice", now=over)


def test_what_has_no_limit_is_not_even_counted(three_a_minute):
    count_attempt(what="breathe", who="alice", now=NOON)
    assert not Attempts.objects.exists()


def test_nobody_can_be_recognised_in_the_counts_and_they_are_forgotten(three_a_minute):
    knock("alice@example.org")
    assert "alice" not in Attempts.objects.get().key

    cache.set("over", 1, timeout=1)
    later = timezone.now() + timedelta(days=3)
    assert (tidy("attempts", now=later), tidy("cache", now=later)) == (1, 1)
    assert cache.get("over") is None


@pytest.mark.django_db(transaction=True)
def test_attempts_at_the_same_moment_are_all_counted(three_a_minute):
    answers = race(*[knock] * 8)

    assert errors_among(answers) == []
    assert sorted(values_among(answers)) == [False] * 5 + [True] * 3


def test_every_limit_is_asked_for_somewhere_and_every_one_asked_for_is_set():
    sources = "\n".join(
        file.read_text()
        for folder in ("accounts", "enrolments", "shop", "project")
        for file in Path(project_settings.BASE_DIR, folder).rglob("*.py")
        if "migrations" not in file.parts
    )
    asked = set(re.findall(r'(?:what=|limit=|limit: str = |@limited\(|UNSIGNED = )"([^"]+)"', sources))
    assert asked == set(RATE_LIMITS)


def test_a_full_cache_does_not_forget_who_tried_too_often():
    """allauth counts in the cache, which drops entries once there are more than it may hold."""
    assert project_settings.CACHES["default"]["OPTIONS"]["MAX_ENTRIES"] >= 10_000


# --- Networks visitors come from ---


@pytest.mark.parametrize(
    ("proxies", "forwarded", "network"),
    [
        (0, "203.0.113.9", "198.51.100.1"),  # not asked for: anybody could write this header
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "6.6.6.6, 203.0.113.9", "203.0.113.9"),  # the visitor's own header stands further left
        (2, "203.0.113.9, 10.0.0.2", "203.0.113.9"),
        (1, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        (1, "nonsense", "unknown"),
    ],
)
def test_proxies_are_believed_as_far_as_they_are_trusted(settings, proxies, forwarded, network):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    request = RequestFactory().get("/", REMOTE_ADDR="198.51.100.1", HTTP_X_FORWARDED_FOR=forwarded)
    assert network_of(request) == network


def knocks_from(*addresses: str) -> list[bool]:
    """Count an attempt from each address; tell of each whether it was refused."""
    refused = []
    for address in addresses:
        try:
            count_from_network(RequestFactory().get("/", REMOTE_ADDR=address), what="knock", now=timezone.now())
            refused.append(False)
        except TooOften:
            refused.append(True)
    return refused


@pytest.mark.django_db
def test_a_wide_network_of_ipv6_may_do_a_few_times_as_much_as_one_address(three_a_minute):
    others = [f"2001:db8:1:{number:x}::1" for number in range(3 * WIDE_ROOM)]

    assert knocks_from(*others) == [False] * len(others)
    assert knocks_from("2001:db8:1:ffff::1", "2001:db8:2::1", "203.0.113.5") == [True, False, False]


@pytest.mark.django_db
def test_forms_of_the_sign_in_are_counted_by_wide_networks_too(client, settings):
    settings.RATE_LIMITS = {"sign-in form": "1/m/ip"}
    addresses = [f"2001:db8:1:{number:x}::1" for number in range(WIDE_ROOM + 1)]

    answers = [client.post("/auth/login/", {}, REMOTE_ADDR=address).status_code for address in addresses]

    assert answers == [200] * WIDE_ROOM + [429]
    assert client.post("/auth/login/", {}, REMOTE_ADDR="203.0.113.5").status_code == 200


# --- Links of mails ---


def open_link(client: Client, token: str, address: str = "203.0.113.5") -> int:
    return client.get(f"/accounts/link/{token}/", REMOTE_ADDR=address).status_code


def test_whoever_tries_links_is_stopped_and_nobody_else_is(limits):
    client = english_client()
    [rate] = rates_of("link")
    [link] = create_links(links=[NewLink(purpose="invitation", email="alice@example.org")], now=timezone.now())
    true = derive_token(TOKEN_PURPOSE, link.pk, link.nonce)

    assert {open_link(client, f"guess-{number}") for number in range(rate.times)} == {404}
    refused = client.get(f"/accounts/link/{true}/", REMOTE_ADDR="203.0.113.5")

    assert (refused.status_code, refused["Retry-After"]) == (429, str(rate.seconds))
    assert "Please wait 10 minutes and try again." in refused.content.decode()
    assert open_link(client, true, "203.0.113.6") == 200


def test_the_page_speaks_french(limits):
    limits.RATE_LIMITS = {"link": "0/h/ip"}
    refused = Client(headers={"accept-language": "fr"}).get("/accounts/link/x/")
    page = refused.content.decode()
    assert refused.status_code == 429
    assert "Patientez une heure, puis réessayez." in page
    assert "rien n’est perdu" in page


# --- Invitations ---


def test_invitations_of_an_account_are_limited_and_what_was_typed_stays(limits):
    owner = MembershipFactory()
    client = english_client()
    client.force_login(owner.user)
    limits.RATE_LIMITS = {"member invitation": "2/h/key"}

    def invite(email: str):
        return client.post(f"/account/{owner.account_id}/members/", {"email": email, "roles": ["is_buyer"]})

    assert [invite(f"{name}@example.org").status_code for name in ("a", "b")] == [302, 302]
    refused = invite("c@example.org")

    assert refused.status_code == 429
    assert "Many invitations were sent, from here or to this address. Try again in an hour." in refused.content.decode()
    assert "c@example.org" in refused.content.decode()
    assert not Mail.objects.filter(recipient="c@example.org").exists()


# --- allauth's pages, by its own counts with our numbers ---


def hour_of(action: str, per: str) -> int:
    [times] = re.findall(rf"(\d+)/h/{per}", ACCOUNT_RATE_LIMITS[action])
    return int(times)


@pytest.mark.parametrize("known", [True, False])
def test_mailed_codes_are_limited_by_address_whether_it_is_known_or_not(settings, known):
    settings.ACCOUNT_RATE_LIMITS = ACCOUNT_RATE_LIMITS | {"request_login_code": "20/m/ip,3/m/key"}
    if known:
        UserFactory(email="alice@example.org")

    answers = [english_client().post("/auth/login/code/", {"email": "alice@example.org"}) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [302, 302, 302, 200]
    assert "Too many attempts." in answers[-1].content.decode()
    assert Mail.objects.filter(kind="sign_in_code").count() == (3 if known else 0)
    other = english_client().post("/auth/login/code/", {"email": "bob@example.org"})
    assert other.status_code == 302


def test_signing_in_by_force_is_stopped_by_a_page_of_ours():
    UserFactory(email="alice@example.org")
    client = english_client()

    def sign_in(email: str, password: str, address: str = "203.0.113.5"):
        return client.post("/auth/login/", {"login": email, "password": password}, REMOTE_ADDR=address)

    for number in range(10):
        assert sign_in(f"{number}@example.org", "wrong").status_code == 200
    assert "Too many attempts." in sign_in("alice@example.org", PASSWORD).content.decode()
    assert sign_in("alice@example.org", PASSWORD, "203.0.113.6").status_code == 302


def test_signing_up_again_and_again_gets_the_page_with_a_time_to_wait(settings):
    settings.ACCOUNT_RATE_LIMITS = ACCOUNT_RATE_LIMITS | {"signup": "2/m/ip"}
    client = english_client()
    answers = [client.post("/auth/signup/", {"email": "x"}, REMOTE_ADDR="203.0.113.5") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[-1]["Retry-After"] == "300"
    assert "Please wait 5 minutes and try again." in answers[-1].content.decode()
    assert client.post("/auth/signup/", {"email": "x"}, REMOTE_ADDR="203.0.113.6").status_code == 200


def test_whatever_mails_a_code_to_a_typed_address_is_limited_by_the_hour_too():
    assert {hour_of(action, "key") for action in ("request_login_code", "reset_password", "confirm_email")} == {10}
    assert hour_of("signup", "ip") == 200
