"""Recording events of the security log."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.test import RequestFactory
from django.utils import translation

from accounts.security_log.kinds import OUTLASTING, Kind
from accounts.security_log.models import SecurityEvent
from accounts.security_log.services import mark_of, network_mark, record
from common.afterwards import run_waiting
from project.logs import line_of

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)


def request_from(address: str):
    return RequestFactory().get("/", REMOTE_ADDR=address)


def record_and_roll_back(kind: Kind) -> None:
    with transaction.atomic():
        record(kind, now=NOW, user_id=7)
        record(kind, now=NOW, user_id=8)
        raise ZeroDivisionError


@pytest.mark.django_db
def test_an_event_tells_who_what_when_and_no_name():
    record(
        Kind.FACTOR_REMOVED,
        now=NOW,
        request=request_from("192.0.2.7"),
        user_id=7,
        actor_id=3,
        details={"factor": "totp", "left": 0, "others": [1, 2]},
    )

    event = SecurityEvent.objects.get()
    assert (event.kind, event.at, event.user_id, event.actor_id) == ("factor_removed", NOW, 7, 3)
    assert event.details == {"factor": "totp", "left": 0, "others": [1, 2]}
    with translation.override("en"):
        assert event.label == "Second factor removed"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", [Kind.SIGNED_IN, Kind.SIGN_IN_FAILED])
def test_works_outside_of_a_transaction(kind):
    record(kind, now=NOW)

    assert SecurityEvent.objects.get().kind == kind


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", sorted(OUTLASTING))
def test_what_was_refused_is_recorded_even_if_the_transaction_is_rolled_back(kind):
    with pytest.raises(ZeroDivisionError):
        record_and_roll_back(kind)
    run_waiting()  # as at the end of each request, job and task

    assert list(SecurityEvent.objects.order_by("id").values_list("user_id", flat=True)) == [7, 8]


@pytest.mark.django_db(transaction=True)
def test_what_did_not_happen_is_not_recorded(caplog):
    caplog.set_level(logging.INFO, "accounts.security_log")
    with pytest.raises(ZeroDivisionError):
        record_and_roll_back(Kind.RIGHTS_CHANGED)
    run_waiting()

    assert not SecurityEvent.objects.exists()
    assert not caplog.records


@pytest.mark.django_db(transaction=True)
def test_the_log_line_has_keys_alone(caplog):
    caplog.set_level(logging.INFO, "accounts.security_log")

    record(Kind.SIGN_IN_FAILED, now=NOW, request=request_from("192.0.2.7"), details={"address": mark_of("a@b.fr")})

    (line,) = [line_of(each) for each in caplog.records if each.name == "accounts.security_log"]
    assert (line["event"], line["user_id"], line["actor_id"]) == ("sign_in_failed", None, None)
    assert line["network"] == network_mark(request_from("192.0.2.7"))
    assert "192.0.2" not in json.dumps(line)
    assert "a@b.fr" not in json.dumps(line)


@pytest.mark.django_db(transaction=True)
def test_with_a_name_an_event_is_recorded_once_an_hour(caplog):
    caplog.set_level(logging.INFO, "accounts.security_log")
    for minutes in (0, 10, 29, 30):
        record(Kind.PERSON_VIEWED, now=NOW + timedelta(minutes=minutes), user_id=7, actor_id=3, once="7:3")
    record(Kind.PERSON_VIEWED, now=NOW, user_id=8, actor_id=3, once="8:3")

    assert list(SecurityEvent.objects.order_by("id").values_list("user_id", flat=True)) == [7, 7, 8]
    assert len(caplog.records) == 3


@pytest.mark.parametrize(
    "details",
    [
        {"name": "Zoé Martin"},
        {"address": "zoe@example.org"},
        {"name": "Zoé"},
        {"text": "a" * 101},
        {"rights": ["view_user", "two words"]},
        {"a name": 1},
        {"amount": 1.5},
        {"nested": {"a": 1}},
    ],
)
def test_nothing_typed_gets_in(details):
    with pytest.raises(ValueError, match="not plain"):
        record(Kind.EXPORTED, now=NOW, details=details)


def test_a_network_is_a_neighbourhood_and_unreadable():
    def mark(address: str) -> str:
        return network_mark(request_from(address))

    assert mark("192.0.2.7") == mark("192.0.2.200") != mark("192.0.3.7")
    assert mark("2001:db8:1:1::1") == mark("2001:db8:1:ffff::1") != mark("2001:db8:2::1")
    assert len(mark("192.0.2.7")) == 16
    assert mark("") == mark_of("unknown")


def test_a_mark_depends_on_the_key_of_the_shop(settings):
    before = mark_of("zoe@example.org")
    settings.SECRET_KEY = "another"

    assert mark_of("zoe@example.org") != before


def test_a_kind_that_an_older_release_does_not_know_is_shown_as_it_is():
    assert SecurityEvent(kind="of_tomorrow").label == "of_tomorrow"
