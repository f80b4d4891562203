"""The calendar of an account: sessions by month, on the days on which they take place."""

import datetime

import pytest
from django.test import Client
from django.utils import translation

from accounts.members.models import Membership
from enrolments.calendar.months import month_of, weeks_of
from enrolments.calendar.sessions import Days, days_of, sessions_in, sessions_of_feed
from enrolments.seats.models import Seat
from enrolments.values import Terms
from tests.enrolments.given import at, day, given_session
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.enrolments import CourseFactory

MARCH = (day("2026-03-01"), day("2026-03-31"))


def course(first: str | None, last: str | None, **more: object):
    return CourseFactory(first_day=first and day(first), last_day=last and day(last), **more)


NO_MONTHS = ("", "2026", "2026-13", "2026-00", "2026-1", "20x6-01", "٢٠٢٦-٠١", "9999-01", "2026-01-01", "-1-01")


@pytest.mark.parametrize("text", NO_MONTHS)
def test_what_is_no_month_is_this_month(text):
    assert month_of(text, day("2026-03-17")) == day("2026-03-01")


def test_a_month_is_read():
    assert month_of("2027-12", day("2026-03-17")) == day("2027-12-01")


@pytest.mark.parametrize(
    ("starts", "ends", "days"),
    [
        (None, None, Days(day("2026-03-02"), day("2026-03-06"))),
        ("2026-03-03T00:00:00+01:00", None, Days(day("2026-03-03"), day("2026-03-06"))),
        (None, "2026-03-05T00:00:00+01:00", Days(day("2026-03-02"), day("2026-03-04"))),  # 24:00 of the 4th
        ("2026-03-10T00:00:00+01:00", None, Days(day("2026-03-10"), day("2026-03-10"))),
    ],
)
def test_the_days_of_a_course_are_narrowed_by_what_was_bought(starts, ends, days):
    made = CourseFactory.build(first_day=day("2026-03-02"), last_day=day("2026-03-06"))
    assert days_of(made, starts and at(starts), ends and at(ends)) == days


def test_a_course_without_a_first_day_has_no_days_unless_one_was_bought():
    made = CourseFactory.build(first_day=None, last_day=None)
    assert days_of(made, None, None) is None
    assert days_of(made, at("2026-03-03T12:00:00+01:00"), None) == Days(day("2026-03-03"), None)


@pytest.mark.django_db
def test_a_month_shows_the_sessions_that_have_a_day_in_it():
    account = CustomerAccountFactory()
    inside = given_session(course("2026-03-09", "2026-03-10"), account, blanks=2)
    across = given_session(course("2026-02-20", "2026-03-03"), account, blanks=1)
    given_session(course("2026-04-01", "2026-04-02"), account, blanks=1)
    given_session(course(None, None), account, blanks=1)
    given_session(course("2026-03-09", "2026-03-10"), CustomerAccountFactory(), blanks=1)
    gone = given_session(course("2026-03-09", "2026-03-10"), account, blanks=1)
    Seat.objects.filter(batch=gone.batch).update(state="revoked", keeps_place=False)

    month = sessions_in(account, *MARCH)

    assert [session.group.pk for session, _counts in month.sessions] == [across.batch.group_id, inside.batch.group_id]
    assert [counts.blanks for _session, counts in month.sessions] == [1, 2]
    assert not month.is_cut


@pytest.mark.django_db
def test_the_start_that_was_bought_puts_a_session_into_its_month():
    account = CustomerAccountFactory()
    terms = Terms(starts_at=at("2026-03-20T00:00:00+01:00"), ends_at=at("2026-03-22T00:00:00+01:00"))
    given_session(course("2026-01-01", "2026-12-31"), account, blanks=1, terms=terms)
    [(session, _counts)] = sessions_in(account, *MARCH).sessions
    assert session.days == Days(day("2026-03-20"), day("2026-03-21"))
    assert sessions_in(account, day("2026-02-01"), day("2026-02-28")).sessions == []


@pytest.mark.django_db
def test_many_sessions_cost_as_many_statements_as_one(django_assert_num_queries):
    account = CustomerAccountFactory()
    for _number in range(3):
        given_session(course("2026-03-09", "2026-03-10"), account, blanks=1)
    with django_assert_num_queries(3):
        assert len(sessions_in(account, *MARCH).sessions) == 3
    with django_assert_num_queries(2):
        assert len(sessions_of_feed(account, day("2026-03-01"))) == 3


@pytest.mark.django_db
def test_weeks_begin_on_the_usual_day_and_long_sessions_are_shown_at_both_ends():
    account = CustomerAccountFactory()
    short = given_session(course("2026-03-09", "2026-03-11"), account, blanks=1).batch.group_id
    long = given_session(course("2026-03-02", "2026-03-20"), account, blanks=1).batch.group_id
    found = [session for session, _counts in sessions_in(account, *MARCH).sessions]
    with translation.override("fr"):
        weeks = weeks_of(MARCH[0], found, day("2026-03-04"))
    assert weeks[0][0].date == day("2026-02-23")  # a Monday
    shown = {
        each.date: [(fall.session.group.pk, fall.part) for fall in each.falls]
        for week in weeks
        for each in week
        if each.falls
    }
    assert shown == {
        day("2026-03-02"): [(long, "begins")],
        day("2026-03-09"): [(short, "")],
        day("2026-03-10"): [(short, "")],
        day("2026-03-11"): [(short, "")],
        day("2026-03-20"): [(long, "ends")],
    }
    assert [each.date for week in weeks for each in week if each.is_today] == [day("2026-03-04")]


@pytest.mark.django_db
def test_the_page_shows_a_month_and_leads_to_the_next():
    member = MembershipFactory()
    made = given_session(course("2026-03-09", "2026-03-10", name="Fire drill"), member.account, blanks=1)
    client = Client(headers={"accept-language": "en"})
    client.force_login(member.user)
    html = client.get(f"/account/{member.account_id}/calendar/?month=2026-03").content.decode()
    assert f"/account/{member.account_id}/sessions/{made.batch.group_id}/" in html
    assert "?month=2026-04" in html
    assert "?month=2026-02" in html
    empty = client.get(f"/account/{member.account_id}/calendar/?month=2026-05").content.decode()
    assert "There is no session in this month." in empty


@pytest.mark.django_db
def test_members_without_the_right_and_others_find_no_calendar():
    account = CustomerAccountFactory()
    buyer = MembershipFactory(account=account, is_owner=False, is_buyer=True).user
    for person in (buyer, UserFactory()):
        client = Client()
        client.force_login(person)
        assert client.get(f"/account/{account.pk}/calendar/").status_code == 404
        assert client.post(f"/account/{account.pk}/calendar/link/").status_code == 404
    assert Membership.objects.count() == 1


def test_the_last_month_that_is_shown_has_an_end():
    assert month_of("2099-12", datetime.date(2026, 1, 1)) == day("2099-12-01")
