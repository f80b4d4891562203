"""The security log in the administration."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.security_log.kinds import Kind
from accounts.security_log.models import SecurityEvent
from accounts.security_log.services import mark_of
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db

LIST = "admin:accounts_securityevent_changelist"
ROW = "admin:accounts_securityevent_change"


def browser_of(*rights: str) -> Client:
    user = UserFactory(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user)
    SecurityEvent.objects.filter(actor_id=user.pk)
    return client


@pytest.fixture
def browser() -> Client:
    return browser_of("view_securityevent", "view_user")


def happen(kind: Kind = Kind.SIGNED_IN, **fields: object) -> SecurityEvent:
    return SecurityEvent.objects.create(kind=kind, **{"at": timezone.now(), **fields})


def shown(browser: Client, **query: str) -> set[int]:
    page = browser.get(reverse(LIST), query)
    assert page.status_code == 200
    return {event.pk for event in page.context["cl"].result_list}


def test_it_has_a_right_of_its_own(browser):
    event = happen()
    for page in (reverse(LIST), reverse(ROW, args=[event.pk])):
        assert browser.get(page).status_code == 200
        assert browser_of("view_user", "change_user").get(page).status_code == 403


def test_nobody_writes_it(browser):
    event = happen()
    boss = Client()
    boss.force_login(UserFactory(is_staff=True, is_superuser=True))

    assert boss.get(reverse("admin:accounts_securityevent_add")).status_code == 403
    assert boss.post(reverse(ROW, args=[event.pk]), {"kind": "x"}).status_code == 403
    assert boss.post(reverse("admin:accounts_securityevent_delete", args=[event.pk])).status_code == 403


@pytest.mark.parametrize("field", ["q", "person"])
def test_events_are_found_by_the_person(browser, field):
    alice = UserFactory(email="alice@example.org")
    about, by = happen(user_id=alice.pk), happen(actor_id=alice.pk)
    tried = happen(Kind.SIGN_IN_FAILED, details={"address": mark_of("alice@example.org")})
    unknown = happen(Kind.SIGN_IN_FAILED, details={"address": mark_of("bob@example.org")})
    other = happen(user_id=alice.pk + 10_000)

    assert shown(browser, **{field: "Alice@example.org "}) == {about.pk, by.pk, tried.pk}
    assert shown(browser, **{field: str(alice.pk)}) == {about.pk, by.pk}
    assert shown(browser, **{field: "bob@example.org"}) == {unknown.pk}
    assert shown(browser, **{field: "nonsense"}) == shown(browser, **{field: "9" * 5000}) == set()
    assert other.pk in shown(browser)


def test_events_are_found_by_kind_day_and_network(browser):
    old = happen(Kind.FACTOR_REMOVED, at=timezone.now() - timezone.timedelta(days=3), network="0123456789abcdef")
    new = happen(Kind.FACTOR_REMOVED)

    assert shown(browser, kind="factor_removed") == {old.pk, new.pk}
    assert shown(browser, q="0123456789abcdef") == {old.pk}
    assert shown(browser, kind="factor_removed", at_from=f"{timezone.localdate():%Y-%m-%d}") == {new.pk}


def test_an_event_is_readable(browser):
    alice = UserFactory(email="alice@example.org")
    event = happen(Kind.SIGNED_IN, user_id=alice.pk, actor_id=0, details={"by": ["password", "mfa"], "row": None})

    for page in (reverse(LIST), reverse(ROW, args=[event.pk])):
        text = browser.get(page).content.decode()
        assert "Signed in" in text
        assert "alice@example.org" in text
        assert "by: password, mfa · row: –" in text


def test_an_event_outlives_its_person(browser):
    event = happen(user_id=999_999)

    assert "999999" in browser.get(reverse(ROW, args=[event.pk])).content.decode()


def test_takes_as_many_queries_for_many_events(browser):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            browser.get(reverse(LIST))
        return len(captured)

    happen(user_id=UserFactory().pk)
    few = queries()
    for _ in range(30):
        happen(user_id=UserFactory().pk, actor_id=UserFactory().pk)

    assert queries() == few
