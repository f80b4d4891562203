"""The security log can be added to, read, and deleted by age: the database refuses everything else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.security_log.kinds import Kind
from accounts.security_log.models import KEPT_AT_LEAST, SecurityEvent
from accounts.security_log.services import record
from tests.constraints import broken, copy, run

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def an_event() -> None:
    record(Kind.RIGHTS_CHANGED, now=timezone.now(), user_id=7, once="a")


def test_accounts_securityevent_append_only():
    with broken("accounts_securityevent_append_only"):
        run("UPDATE accounts_securityevent SET user_id = 8")
    with broken("accounts_securityevent_append_only"):
        run("DELETE FROM accounts_securityevent")
    with pytest.raises(IntegrityError), transaction.atomic():
        run("TRUNCATE accounts_securityevent")

    assert SecurityEvent.objects.get().user_id == 7


def test_the_age_of_a_row_cannot_be_changed_to_have_it_deleted():
    with broken("accounts_securityevent_append_only"):
        run("UPDATE accounts_securityevent SET at = at - interval '1 year'")


def test_a_row_is_deleted_from_a_certain_age_on():
    now = timezone.now()
    record(Kind.SIGNED_IN, now=now - KEPT_AT_LEAST - timedelta(minutes=1), user_id=1)
    record(Kind.SIGNED_IN, now=now - KEPT_AT_LEAST + timedelta(minutes=1), user_id=2)

    run("DELETE FROM accounts_securityevent WHERE user_id = 1")
    with broken("accounts_securityevent_append_only"):
        run("DELETE FROM accounts_securityevent WHERE user_id = 2")


def test_accounts_securityevent_once():
    with broken("accounts_securityevent_once"):
        copy("accounts_securityevent", SecurityEvent.objects.get().pk)


def test_accounts_securityevent_kind_given():
    with broken("accounts_securityevent_kind_given"):
        copy("accounts_securityevent", SecurityEvent.objects.get().pk, kind="", once_key=None)
