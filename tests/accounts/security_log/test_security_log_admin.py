"""The security log in the administration."""

from __future__ import annotations

import html
import re

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from accounts.people.permissions import in_words, thing_of
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
    lines = "<div><strong>by</strong>: password, second factor</div><div><strong>row</strong>: –</div>"

    for page, details in (
        (reverse(LIST), "by: password, second factor · row: –"),
        (reverse(ROW, args=[event.pk]), lines),
    ):
        text = browser.get(page).content.decode()
        assert "Signed in" in text
        assert "alice@example.org" in text
        assert details in text


def test_details_are_told_in_the_readers_language_with_rights_and_groups_by_name(browser):
    group = Group.objects.create(name="Desk")
    rights = Permission.objects.filter(content_type__app_label="accounts").order_by("pk")[:6]
    keys = [right.pk for right in rights]
    details = {"superuser": False, "page": "accounts.user", "group": group.pk, "permissions": [*keys, 0], "odd": "x"}
    event = happen(Kind.ROLE_CHANGED, details=details)

    french = {"Accept-Language": "fr"}
    in_list = browser.get(reverse(LIST), headers=french).content.decode()
    at_length = browser.get(reverse(ROW, args=[event.pk]), headers=french).content.decode()

    for said in ("tous les droits: non", "page: utilisateurs", f"groupe: {group.pk}", "droits: 7", "odd: x"):
        assert said in in_list
    with translation.override("fr"):
        named = [f"{thing_of(right)}: {in_words(right)}" for right in rights]
    for said in ("<strong>groupe</strong>: Desk<", "<strong>page</strong>: utilisateurs<", *named):
        assert said in html.unescape(at_length)


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


def test_rows_below_the_list_are_counted_by_their_name_and_an_empty_list_proposes_nothing(browser):
    happen()
    page = browser.get(reverse(LIST)).content.decode()
    empty = browser.get(reverse(LIST), {"person": "nobody@example.org"}).content.decode()

    assert re.search(r"\d+ security events\s", page)
    assert "Show all" not in page
    assert "Nothing matches what you searched or filtered by." in empty
    assert "Show all" in empty
    assert "Create a new item" not in empty
