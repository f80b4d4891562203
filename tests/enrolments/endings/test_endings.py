"""Ends of access and qualification of an account's people, listed. Bob operates the account."""

import datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from common.moments import days_later, local_day, months_later
from enrolments.endings.selectors import endings, qualification_ending
from enrolments.extension.targets import targets_to_offer
from enrolments.grounds.models import Enrolment, Ground
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.models import Seat
from enrolments.values import Terms
from tests.enrolments.given import assign, given_pack
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def account():
    return CustomerAccountFactory()


@pytest.fixture
def bob(account):
    return MembershipFactory(account=account, is_owner=False, is_operator=True).user


@pytest.fixture
def client(bob):
    client = Client(headers={"accept-language": "en"})
    client.force_login(bob)
    return client


def placed(account, bob, email, *, ends=None, course=None, months=None, entered=None, now=None):
    """Place somebody whose access ends then; tell when they first entered."""
    now = now or timezone.now()
    [seat] = given_pack(account, terms=Terms(ends_at=ends, qualification_months=months), now=now)
    person = assign(seat, course or CourseFactory(), email, bob, now=now).user
    Enrolment.objects.filter(user=person).update(first_entered_at=entered)
    return person


def page(client, account, **asked):
    return client.get(reverse("account-endings", args=[account.pk]), asked)


def shown(answer):
    return [row.person.email.split("@")[0] for row in answer.context["rows"]]


def test_the_first_to_end_come_first(client, account, bob, now):
    placed(account, bob, "late@example.org", ends=days_later(now, 90))
    placed(account, bob, "soon@example.org", ends=days_later(now, 5))
    placed(account, bob, "never@example.org")
    over = placed(account, bob, "over@example.org", ends=days_later(now, 50))
    Ground.objects.filter(enrolment__user=over).update(starts_at=days_later(now, -9), ends_at=days_later(now, -1))

    assert shown(page(client, account)) == ["soon", "late"]
    assert shown(page(client, account, when="30")) == ["soon"]
    assert shown(page(client, account, when="over")) == ["over"]


def test_a_course_is_chosen(client, account, bob, now):
    fire = CourseFactory()
    placed(account, bob, "fire@example.org", ends=days_later(now, 5), course=fire)
    placed(account, bob, "other@example.org", ends=days_later(now, 5))

    assert shown(page(client, account, course=fire.pk)) == ["fire"]


def test_other_accounts_show_nothing(client, account, bob, now):
    other = CustomerAccountFactory()
    course = CourseFactory()
    placed(account, bob, "ours@example.org", ends=days_later(now, 5), course=course)
    placed(other, MembershipFactory(account=other).user, "ours@example.org", ends=days_later(now, 400), course=course)

    answer = page(client, account)

    [row] = answer.context["rows"]
    assert row.ends_at == days_later(now, 5)
    assert page(client, other).status_code == 404


@pytest.mark.parametrize(
    ("last_day", "entered", "until"),
    [
        (None, "2026-01-31T10:00:00+00:00", "2026-07-31"),
        (None, "2025-08-31T10:00:00+00:00", "2026-02-28"),
        (datetime.date(2099, 3, 20), "2026-01-31T10:00:00+00:00", "2099-09-20"),
        (None, "2026-01-31T23:30:00+00:00", "2026-08-01"),  # half past midnight in the shop's zone
    ],
)
def test_a_qualification_counts_from_the_last_day_or_the_first_entry(account, bob, now, last_day, entered, until):
    entered = datetime.datetime.fromisoformat(entered)
    placed(account, bob, "ada@example.org", course=CourseFactory(last_day=last_day), months=6, entered=entered)

    [ground] = qualification_ending(account, now=now)
    [row] = endings(account, [ground], now=now)

    assert ground.qualified_until.isoformat() == row.qualified_until.isoformat() == until


def test_who_never_entered_is_not_qualified(account, bob, now):
    placed(account, bob, "ada@example.org", months=6)

    assert not qualification_ending(account, now=now).exists()


def test_who_did_not_enter_in_time_is_not_listed_though_no_job_has_run(client, account, bob, now):
    late = placed(account, bob, "late@example.org", ends=days_later(now, 5))
    placed(account, bob, "in.time@example.org", ends=days_later(now, 9))
    assert shown(page(client, account)) == ["late", "in.time"]

    Seat.objects.filter(person=late).update(enter_before=now)

    assert shown(page(client, account)) == ["in.time"]
    [offered] = targets_to_offer([account.pk], now=timezone.now())
    assert offered.ground.enrolment.user.email == "in.time@example.org"


def test_qualifications_are_listed_by_their_last_day(client, account, bob, now):
    placed(account, bob, "later@example.org", months=12, entered=now)
    placed(account, bob, "sooner@example.org", months=1, entered=now)
    placed(account, bob, "none@example.org", ends=days_later(now, 9), entered=now)
    placed(account, bob, "gone@example.org", months=1, entered=days_later(now, -90))

    assert shown(page(client, account, what="qualification")) == ["sooner", "later"]
    assert shown(page(client, account, what="qualification", when="90")) == ["sooner"]
    assert shown(page(client, account, what="qualification", when="over")) == ["gone"]


def test_pages_go_on_by_key_in_both_lists(client, account, bob, now, monkeypatch):
    monkeypatch.setattr("enrolments.endings.views.ENDINGS_A_PAGE", 2)
    for number in range(5):
        ends = days_later(now, 10 + number)
        placed(account, bob, f"p{number}@example.org", ends=ends, months=1 + number, entered=now)

    for what in ("", "qualification"):
        first = page(client, account, what=what)
        second = page(client, account, what=what, older=first.context["page"].older)
        last = page(client, account, what=what, older=second.context["page"].older)
        back = page(client, account, what=what, newer=last.context["page"].newer)
        assert [shown(each) for each in (first, second, last, back)] == [
            ["p0", "p1"], ["p2", "p3"], ["p4"], ["p2", "p3"],
        ]  # fmt: skip


def test_the_number_of_queries_does_not_grow(client, account, bob, now):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            page(client, account)
        return len(captured)

    placed(account, bob, "p@example.org", ends=days_later(now, 10))
    few = queries()
    for number in range(8):
        placed(account, bob, f"p{number}@example.org", ends=days_later(now, 10 + number))

    assert queries() == few


def test_it_is_downloaded_and_the_download_noted(client, account, bob, now):
    placed(account, bob, "ada@example.org", ends=days_later(now, 10), months=3, entered=now)

    answer = client.get(reverse("account-endings-export", args=[account.pk, "csv"]))

    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) == 2
    assert "ada@example.org" in lines[1]
    assert months_later(local_day(now), 3).isoformat() in lines[1]
    assert account.member_events.filter(detail={"what": "endings"}).count() == 1


def test_the_validity_sold_is_frozen_with_the_seats(account, bob):
    placed(account, bob, "ada@example.org", months=24)

    assert SeatBatch.objects.get().qualification_months == 24


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        ("2026-01-31", 1, "2026-02-28"), ("2024-02-29", 12, "2025-02-28"), ("2026-11-30", 3, "2027-02-28"),
        ("2026-05-10", 600, "2076-05-10"),
    ],
)  # fmt: skip
def test_months_end_with_their_last_day(day, months, later):
    assert months_later(datetime.date.fromisoformat(day), months).isoformat() == later
