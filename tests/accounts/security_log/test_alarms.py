"""Alarms of the security log: which patterns make a mail, and how often."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import RequestFactory
from django.utils import timezone

from accounts.people.models import User
from accounts.security_log.alarms import raise_alarms
from accounts.security_log.kinds import Kind
from accounts.security_log.models import SecurityEvent
from accounts.security_log.services import record
from common.afterwards import run_waiting
from outbox.mails.models import Mail
from outbox.mails.rendering import render_mail
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db

NOW = timezone.now()
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def request_from(address: str):
    return RequestFactory().get("/", REMOTE_ADDR=address)


def happen(kind: Kind, times: int = 1, *, at=NOW, user_id: int | None = None, address: str = "") -> None:
    SecurityEvent.objects.bulk_create(
        [SecurityEvent(kind=kind, at=at, user_id=user_id, network=address) for _ in range(times)]
    )


def alarms() -> list[tuple[str, int]]:
    return [(mail.context["pattern"], mail.context["events"]) for mail in Mail.objects.order_by("id")]


@pytest.mark.parametrize(
    ("kind", "pattern"),
    [
        (Kind.STAFF_MADE, "staff_made"),
        (Kind.RIGHTS_CHANGED, "rights_changed"),
        (Kind.ROLE_CHANGED, "rights_changed"),
        (Kind.RIGHTS_REFUSED, "rights_refused"),
    ],
)
def test_one_event_is_enough(kind, pattern):
    happen(kind, at=NOW - MINUTE)

    assert raise_alarms(now=NOW) == 1

    assert alarms() == [(pattern, 1)]
    assert Mail.objects.get().recipient == settings.SECURITY_EMAIL
    event = SecurityEvent.objects.latest("id")
    assert (event.kind, event.details) == ("alarm", {"pattern": pattern, "events": 1})


def test_a_factor_is_missed_where_it_was_one_of_staff():
    happen(Kind.FACTOR_REMOVED, user_id=UserFactory().pk)
    assert raise_alarms(now=NOW + MINUTE) == 0

    happen(Kind.FACTOR_REMOVED, user_id=UserFactory(is_staff=True).pk)
    raise_alarms(now=NOW + MINUTE)

    assert ("factor_removed", 1) in alarms()


def test_many_lock_outs_in_a_short_time():
    happen(Kind.LOCKED_OUT, 9)
    happen(Kind.LOCKED_OUT, 5, at=NOW - 20 * MINUTE)
    assert raise_alarms(now=NOW + MINUTE) == 0

    happen(Kind.LOCKED_OUT)
    raise_alarms(now=NOW + MINUTE)

    assert alarms() == [("lock_outs", 10)]


def test_many_failures_from_one_network():
    for network in ("a" * 16, "b" * 16):
        happen(Kind.SIGN_IN_FAILED, 29, address=network)
    happen(Kind.SIGN_IN_FAILED, 40, address="")
    assert raise_alarms(now=NOW + MINUTE) == 0

    happen(Kind.FACTOR_FAILED, address="b" * 16)
    raise_alarms(now=NOW + MINUTE)

    assert alarms() == [("failures", 30)]


def test_of_one_pattern_a_mail_an_hour_and_nothing_is_passed_over():
    happen(Kind.STAFF_MADE)
    raise_alarms(now=NOW + MINUTE)
    happen(Kind.STAFF_MADE, 2, at=NOW + 2 * MINUTE)
    happen(Kind.ROLE_CHANGED, at=NOW + 2 * MINUTE)
    for minutes in (3, 30, 60):
        raise_alarms(now=NOW + minutes * MINUTE)
    assert alarms() == [("staff_made", 1), ("rights_changed", 1)]

    raise_alarms(now=NOW + MINUTE + HOUR)
    raise_alarms(now=NOW + 2 * MINUTE + HOUR)

    assert alarms() == [("staff_made", 1), ("rights_changed", 1), ("staff_made", 2)]


def test_a_superuser_made_at_the_command_line_is_told():
    User.objects.create_superuser(email="boss@example.org", password="a long enough word")

    raise_alarms(now=timezone.now())

    assert alarms() == [("staff_made", 1)]


@pytest.mark.parametrize("pattern", ["lock_outs", "failures", "staff_made", "factor_removed", "rights_changed", "else"])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_mail_has_fixed_words_and_a_link_to_the_log(pattern, language):
    happen(Kind.STAFF_MADE)
    raise_alarms(now=NOW + MINUTE)
    mail = Mail.objects.get()
    mail.language = language
    mail.context["pattern"] = pattern

    rendered = render_mail(mail, blank_secrets=False)

    assert rendered.subject.startswith("Security" if language == "en" else "Sécurité")
    assert "/admin/accounts/securityevent/" in rendered.text
    assert "/admin/accounts/securityevent/" in rendered.html


def test_the_mail_tells_the_time_in_which_it_happened():
    now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    happen(Kind.LOCKED_OUT, 10, at=now - MINUTE)
    raise_alarms(now=now)
    mail = Mail.objects.get()
    mail.language = "en"

    rendered = render_mail(mail, blank_secrets=False)

    told = "between 2 March 2026, 09:45 and 2 March 2026, 10:00."
    assert told in rendered.text
    assert told in rendered.html


@pytest.mark.django_db(transaction=True)
def test_two_that_watch_at_once_send_one_mail():
    happen(Kind.STAFF_MADE)
    raised: list[int] = []

    def watch() -> None:
        raised.append(raise_alarms(now=NOW + MINUTE))
        connection.close()

    with transaction.atomic():
        assert raise_alarms(now=NOW + MINUTE) == 1
        rival = threading.Thread(target=watch)
        rival.start()
        rival.join()
    watch()

    assert raised == [0, 0]
    assert len(alarms()) == 1


@pytest.mark.django_db(transaction=True)
def test_failures_are_counted_as_they_are_recorded():
    for _ in range(30):
        record(Kind.SIGN_IN_FAILED, now=NOW, request=request_from("192.0.2.7"))
    run_waiting()

    raise_alarms(now=NOW + MINUTE)

    assert alarms() == [("failures", 30)]
