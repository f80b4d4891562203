"""Secret links to calendars, and what calendar programs read under them."""

import datetime

import icalendar
import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from enrolments.calendar.links import LinkMoved, end_link, follow, link_of, make_link, token_of
from enrolments.calendar.models import CalendarLink
from tests.constraints import broken, run
from tests.enrolments.given import NOW, at, day, given_session
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def member():
    return MembershipFactory(user__language="fr")


def address(link):
    return f"/calendar/{token_of(link)}.ics"


def made(person, account=None):
    return make_link(person=person, account=account, shown=0, now=NOW)


def read(link, **headers):
    response = Client().get(address(link), headers=headers)
    return icalendar.Calendar.from_ical(response.content)


def soon(days):
    return timezone.localdate() + datetime.timedelta(days=days)


def test_a_program_reads_the_sessions_of_an_account(member):
    course = CourseFactory(
        name_fr="Évacuation; à l’étage, n° 2", name_en="Evacuation", place="Salle 3\nNantes", first_day=soon(3),
        last_day=soon(4),
    )  # fmt: skip
    learner = UserFactory(first_name="Zoé", last_name="Unseen")
    session = given_session(course, member.account, learners=(learner,), blanks=1)
    given_session(course, CustomerAccountFactory(), blanks=1)
    given_session(CourseFactory(first_day=None, last_day=None), member.account, blanks=1)

    response = Client().get(address(made(member.user, member.account)))

    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert "private" in response["Cache-Control"]
    assert not response.cookies
    assert b"Unseen" not in response.content
    assert b"\r\n" in response.content
    assert max(len(line) for line in response.content.split(b"\r\n")) <= 75
    [event] = icalendar.Calendar.from_ical(response.content).walk("VEVENT")
    assert str(event["summary"]) == "Évacuation; à l’étage, n° 2"
    assert str(event["location"]) == "Salle 3\nNantes"
    assert (event.decoded("dtstart"), event.decoded("dtend")) == (soon(3), soon(5))
    assert f"/account/{member.account_id}/sessions/{session.batch.group_id}/" in event["url"]
    assert str(event["uid"]).startswith(f"session-{session.batch.group_id}@")


def test_a_learner_reads_their_own_courses():
    learner, other = UserFactory(language="fr"), UserFactory()
    course = CourseFactory(name_fr="Exercice", first_day=soon(3), last_day=soon(4))
    given_session(course, CustomerAccountFactory(), learners=(learner, other))
    [event] = read(made(learner)).walk("VEVENT")
    assert str(event["summary"]) == "Exercice"
    assert (event.decoded("dtstart"), event.decoded("dtend")) == (soon(3), soon(5))
    assert read(made(UserFactory())).walk("VEVENT") == []


def test_an_unchanged_calendar_is_not_sent_again(member):
    given_session(CourseFactory(first_day=soon(3), last_day=soon(4)), member.account, blanks=1)
    link = made(member.user, member.account)
    first = Client().get(address(link))
    again = Client().get(address(link), headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_link_works_while_its_person_has_the_right(member):
    link = made(member.user, member.account)
    assert follow(token_of(link)) == link
    type(member).objects.filter(pk=member.pk).update(is_owner=False, is_accountant=True)
    assert follow(token_of(link)) is None
    assert Client().get(address(link)).status_code == 404


def test_a_link_of_somebody_closed_opens_nothing(member):
    own = made(member.user)
    type(member.user).objects.filter(pk=member.user_id).update(is_active=False)
    assert Client().get(address(own)).status_code == 404


def test_a_new_link_ends_the_one_before(member):
    first = made(member.user, member.account)
    second = make_link(person=member.user, account=member.account, shown=first.pk, now=NOW)
    assert Client().get(address(second)).status_code == 200
    assert Client().get(address(first)).status_code == 404
    end_link(person=member.user, account=member.account, shown=second.pk)
    assert Client().get(address(second)).status_code == 404


def test_a_page_shown_before_changes_no_link_made_since(member):
    first = made(member.user, member.account)
    second = make_link(person=member.user, account=member.account, shown=first.pk, now=NOW)
    for stale in (0, first.pk):
        with pytest.raises(LinkMoved):
            make_link(person=member.user, account=member.account, shown=stale, now=NOW)
    with pytest.raises(LinkMoved):
        end_link(person=member.user, account=member.account, shown=first.pk)
    assert link_of(member.user, member.account) == second


def test_a_link_of_somebody_else_is_not_ended(member):
    link = made(member.user, member.account)
    other = MembershipFactory(account=member.account).user
    with pytest.raises(LinkMoved):
        end_link(person=other, account=member.account, shown=link.pk)


def test_the_pages_make_show_and_end_a_link(member):
    client = Client()
    client.force_login(member.user)
    page = f"/account/{member.account_id}/calendar/"
    for shown, post in ((page, f"{page}link/"), ("/calendar/own/", "/calendar/own/")):
        client.post(post, {"shown": "0"})
        link = CalendarLink.objects.latest("pk")
        assert address(link) in client.get(shown).content.decode()
        assert client.post(post, {"shown": "999999", "do": "end"}).status_code == 409
        client.post(post, {"shown": str(link.pk), "do": "end"})
        assert not CalendarLink.objects.filter(pk=link.pk).exists()


def test_the_database_holds_no_token(member):
    link = made(member.user, member.account)
    with connection.cursor() as cursor:
        cursor.execute("SELECT c::text FROM enrolments_calendarlink c")
        assert token_of(link) not in cursor.fetchone()[0]


def test_wrong_links_are_counted_by_network(settings):
    settings.RATE_LIMITS = {"bad calendar link": "2/h/ip"}
    client = Client()
    wrong = f"/calendar/{'x' * 43}.ics"
    assert [client.get(wrong).status_code for _time in range(3)] == [404, 404, 429]


INSERT = "INSERT INTO enrolments_calendarlink (person_id, account_id, nonce, token_hash) VALUES (%s, %s, 'n', %s)"


def test_a_person_has_one_link_of_each_kind_and_a_token_one_link(member):
    run(INSERT, member.user_id, member.account_id, "a" * 64)
    run(INSERT, member.user_id, None, "b" * 64)
    with broken("enrolments_calendarlink_account"):
        run(INSERT, member.user_id, member.account_id, "c" * 64)
    with broken("enrolments_calendarlink_own"):
        run(INSERT, member.user_id, None, "c" * 64)
    with broken("enrolments_calendarlink_token"):
        run(INSERT, UserFactory().pk, None, "a" * 64)


def test_what_is_long_over_is_left_out(member):
    course = CourseFactory(first_day=day("2020-01-01"), last_day=day("2020-01-02"))
    given_session(course, member.account, blanks=1, now=at("2020-01-01T12:00:00+01:00"))
    assert read(made(member.user, member.account)).walk("VEVENT") == []
