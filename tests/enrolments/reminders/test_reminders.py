"""Reminders of seats about to end and of courses not entered yet: each once, bundled, right when days are missed."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.members.models import Membership
from accounts.members.notices.kinds import REMINDERS, stop_url
from accounts.members.notices.services import want
from common.moments import day_ends, days_later, local_day
from enrolments.grounds.models import Ground
from enrolments.reminders.models import Reminder
from enrolments.reminders.services import remind_learners, remind_operators
from enrolments.seats.enter import enter_course
from enrolments.seats.models import Seat
from enrolments.seats.release import release_seat
from enrolments.values import Terms
from outbox.mails.kinds import MAIL_KINDS
from outbox.mails.models import Mail
from outbox.mails.rendering import render_mail
from tests.constraints import broken, run
from tests.enrolments.extension.given import extended
from tests.enrolments.given import NOW, assign, days, given_pack, given_session
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db

YEAR = NOW + days(365)


@pytest.fixture
def account():
    return CustomerAccountFactory(name="Ateliers Roy")


@pytest.fixture
def operator(account):
    return MembershipFactory(account=account, user__language="fr", is_owner=False, is_operator=True).user


def before(end, count):
    """Return a morning that many days before the last day of an end."""
    return day_ends(local_day(end - datetime.timedelta(microseconds=1))) - days(count) - days(0.6)


def told():
    return list(Reminder.objects.order_by("pk").values_list("user_id", "days"))


def run_daily(remind, *, first, last):
    """Run on each morning from some days before the end of a year until others."""
    for count in range(first, last - 1, -1):
        while remind(now=before(YEAR, count)):
            pass


def texts():
    return [render_mail(mail, blank_secrets=False).text for mail in Mail.objects.order_by("pk")]


# Operators


def test_each_step_is_told_once_on_its_day(account, operator):
    given_pack(account, seats=3, valid_until=YEAR)

    run_daily(remind_operators, first=100, last=91)
    assert told() == []
    run_daily(remind_operators, first=90, last=-1)

    assert told() == [(operator.pk, 90), (operator.pk, 30), (operator.pk, 7)]
    assert Mail.objects.filter(kind="seats_reminder", recipient=operator.email, language="fr").count() == 3


def test_after_missed_days_only_the_nearest_step_is_told(account, operator):
    given_pack(account, valid_until=YEAR)

    run_daily(remind_operators, first=40, last=33)
    run_daily(remind_operators, first=5, last=0)

    assert told() == [(operator.pk, 90), (operator.pk, 7)]


def test_a_step_whose_day_had_come_when_the_seats_were_sold_is_not_told(account, operator):
    given_pack(account, valid_until=YEAR, now=YEAR - days(60))

    run_daily(remind_operators, first=59, last=0)

    assert told() == [(operator.pk, 30), (operator.pk, 7)]


def test_the_entry_says_on_which_days_and_whether_at_all(account, operator):
    given_pack(account, valid_until=YEAR, remind_days=(14,))
    given_pack(account, valid_until=YEAR, remind_days=())

    run_daily(remind_operators, first=90, last=0)

    assert told() == [(operator.pk, 14)]


def test_all_seats_of_an_account_are_told_in_one_mail_a_day(account, operator, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: before(YEAR, 30))
    given_pack(account, seats=3, valid_until=YEAR)
    given_pack(account, seats=2, valid_until=YEAR - days(2))
    course = CourseFactory(name_fr="Incendie", first_day=local_day(YEAR - days(1)), last_day=local_day(YEAR + days(9)))
    given_session(course, account, blanks=4)

    remind_operators(now=before(YEAR, 30))
    given_pack(account, valid_until=YEAR)
    remind_operators(now=before(YEAR, 30) + days(0.1))

    [text] = texts()
    assert stop_url(Membership.objects.get(user=operator), REMINDERS) in text
    assert Reminder.objects.count() == 3
    for expected in ("3 sièges libres", "2 sièges libres", "« Incendie »", "4 sièges", "Ateliers Roy"):
        assert expected in text.replace("\N{NO-BREAK SPACE}", " ")
    assert remind_operators(now=before(YEAR, 29)) == 1


def test_seats_of_a_session_are_told_before_its_first_day_and_then_before_its_last(account, operator):
    course = CourseFactory(first_day=local_day(YEAR) - days(50), last_day=local_day(YEAR))
    given_session(course, account, blanks=1)

    run_daily(remind_operators, first=150, last=-1)

    assert [step for _user, step in told()] == [90, 30, 7, 30, 7]


def test_only_active_owners_and_operators_of_the_account_are_told(account, operator):
    given_pack(account, valid_until=YEAR)
    owner = MembershipFactory(account=account).user
    MembershipFactory(account=account, is_owner=False, is_buyer=True)
    MembershipFactory(account=account, user__is_active=False)
    MembershipFactory()

    remind_operators(now=before(YEAR, 7))

    assert {user for user, _days in told()} == {owner.pk, operator.pk}


def test_seats_with_a_validity_of_their_own_are_told_by_it(account, operator):
    first, _second = given_pack(account, seats=2, valid_until=YEAR)
    Seat.objects.filter(pk=first.pk).update(valid_until=YEAR + days(100))

    run_daily(remind_operators, first=7, last=0)
    assert Reminder.objects.get().ends_at == YEAR
    remind_operators(now=before(YEAR + days(100), 90))
    assert Reminder.objects.latest("pk").ends_at == YEAR + days(100)


def test_seats_that_somebody_has_are_not_told(account, operator):
    [seat] = given_pack(account, valid_until=YEAR)
    assign(seat, CourseFactory(), "bob@example.org", operator)

    assert remind_operators(now=before(YEAR, 7)) == 0


def test_a_mail_whose_seats_were_assigned_before_it_left_does_not_leave(account, operator):
    [seat] = given_pack(account, valid_until=YEAR)
    now = before(YEAR, 7)
    remind_operators(now=now)
    mail = Mail.objects.get()
    is_due = MAIL_KINDS.get(mail.kind).is_due

    assert is_due(mail, now)
    assign(seat, CourseFactory(), "bob@example.org", operator, now=now)
    assert not is_due(mail, now)


def test_who_has_turned_reminders_off_is_not_told(account, operator):
    given_pack(account, valid_until=YEAR)
    Membership.objects.filter(user=operator).update(wants_reminders=False)

    assert remind_operators(now=before(YEAR, 7)) == 0


def test_a_mail_turned_off_or_of_somebody_who_has_left_since_does_not_leave(account, operator):
    given_pack(account, valid_until=YEAR)
    now = before(YEAR, 7)
    remind_operators(now=now)
    mail = Mail.objects.get()
    is_due = MAIL_KINDS.get(mail.kind).is_due
    membership = Membership.objects.get(user=operator)

    assert is_due(mail, now)
    want(membership_id=membership.pk, notice=REMINDERS, is_wanted=False)
    assert not is_due(mail, now)
    want(membership_id=membership.pk, notice=REMINDERS, is_wanted=True)
    membership.delete()
    assert not is_due(mail, now)


def test_the_number_of_statements_does_not_depend_on_that_of_seats_or_readers():
    def statements(number):
        for _ in range(number):
            account = MembershipFactory().account
            given_pack(account, seats=number, valid_until=YEAR)
        with CaptureQueriesContext(connection) as queries:
            assert remind_operators(now=before(YEAR, 7)) == number
        return len(queries)

    assert statements(1) == statements(8)


def test_readers_are_taken_a_few_at_a_time_each_with_all_that_is_due(account):
    for _ in range(5):
        MembershipFactory(account=account)
    for _ in range(2):
        given_pack(account, valid_until=YEAR)

    assert [remind_operators(now=before(YEAR, 7), limit=2) for _ in range(4)] == [4, 4, 2, 0]
    assert Mail.objects.count() == 5


# Learners


def placed(account, operator, course=None, email="bob@example.org", **how):
    [seat] = given_pack(account, **how)
    user = UserFactory(email=email, language="fr")
    assign(seat, course or CourseFactory(name_fr="Incendie"), email, operator)
    Mail.objects.all().delete()
    seat.refresh_from_db()
    return seat, user


def test_a_person_is_told_before_the_day_to_enter_by(account, operator):
    seat, bob = placed(account, operator, start_before_days=60)

    for count in range(60, -1, -1):
        remind_learners(now=before(seat.enter_before, count))

    assert told() == [(bob.pk, 30), (bob.pk, 7)]
    assert set(Mail.objects.values_list("kind", "recipient", "language")) == {
        ("entry_reminder", "bob@example.org", "fr")
    }


def test_a_person_is_told_before_the_end_of_an_enrolment_not_entered(account, operator, monkeypatch):
    _seat, bob = placed(account, operator, terms=Terms(duration_days=365))

    run_daily(remind_learners, first=40, last=33)
    run_daily(remind_learners, first=5, last=0)

    assert told() == [(bob.pk, 90), (bob.pk, 7)]
    monkeypatch.setattr("django.utils.timezone.now", lambda: before(YEAR, 7))
    assert "Incendie" in texts()[0]


def test_the_entry_says_when_its_learners_are_reminded(account, operator):
    _seat, bob = placed(account, operator, terms=Terms(duration_days=365), remind_days=(14, 3))
    placed(account, operator, email="carol@example.org", terms=Terms(duration_days=365), remind_days=())

    run_daily(remind_learners, first=90, last=10)
    run_daily(remind_learners, first=2, last=0)

    assert told() == [(bob.pk, 14), (bob.pk, 3)]


def test_the_earlier_of_both_days_is_told(account, operator):
    seat, _bob = placed(account, operator, start_before_days=60, terms=Terms(duration_days=365))

    remind_learners(now=before(seat.enter_before, 7))

    assert Reminder.objects.get().ends_at == seat.enter_before


def test_who_has_entered_or_was_taken_off_is_not_told(account, operator):
    course = CourseFactory()
    entered, bob = placed(account, operator, course, start_before_days=60)
    released, _carol = placed(account, operator, course, "carol@example.org", start_before_days=60)
    now = before(entered.enter_before, 7)
    enter_course(user=bob, course=course, now=now)
    release_seat(account=account, seat_id=released.pk, actor=operator, now=now)

    assert remind_learners(now=now) == 0


def test_a_course_that_has_not_begun_for_its_person_is_not_told(account, operator):
    course = CourseFactory(first_day=local_day(YEAR) - days(1), last_day=local_day(YEAR))
    placed(account, operator, course)

    assert remind_learners(now=before(YEAR, 7)) == 0


def test_all_courses_of_an_account_are_told_a_person_in_one_mail(account, operator):
    bob = UserFactory(email="bob@example.org")
    for _ in range(2):
        [seat] = given_pack(account, start_before_days=60)
        assign(seat, CourseFactory(), bob.email, operator)
    Mail.objects.all().delete()
    seat.refresh_from_db()

    assert remind_learners(now=before(seat.enter_before, 7)) == 2
    assert Mail.objects.count() == 1


def test_a_mail_about_a_course_entered_since_does_not_leave(account, operator):
    course = CourseFactory()
    seat, bob = placed(account, operator, course, start_before_days=60)
    now = before(seat.enter_before, 7)
    remind_learners(now=now)
    mail = Mail.objects.get()
    is_due = MAIL_KINDS.get(mail.kind).is_due

    assert is_due(mail, now)
    enter_course(user=bob, course=course, now=now)
    assert not is_due(mail, now)


def test_a_person_whose_own_seat_is_over_is_told_before_the_end_of_its_extension(account, operator):
    seat, bob = placed(account, operator, terms=Terms(duration_days=100))
    extended(account, Ground.objects.get(seat=seat, kind="seat"), days=265)

    run_daily(remind_learners, first=300, last=0)

    assert told() == [(bob.pk, 90), (bob.pk, 30), (bob.pk, 7)]
    assert set(Reminder.objects.values_list("ends_at", flat=True)) == {days_later(NOW, 365)}


def test_a_mail_about_an_end_that_was_put_off_since_does_not_leave(account, operator):
    seat, _bob = placed(account, operator, terms=Terms(duration_days=365))
    now = before(YEAR, 7)
    remind_learners(now=now)
    mail = Mail.objects.get()
    is_due = MAIL_KINDS.get(mail.kind).is_due

    assert is_due(mail, now)
    extended(account, Ground.objects.get(seat=seat, kind="seat"), now=now)
    assert not is_due(mail, now)


# Rows


def test_the_database_keeps_a_reminder_once(account, operator):
    [seat] = given_pack(account, valid_until=YEAR)
    remind_operators(now=before(YEAR, 7))
    again = "INSERT INTO enrolments_reminder (kind, user_id, batch_id, seat_id, ends_at, days, sent_on) "
    copy = again + "SELECT kind, user_id, batch_id, seat_id, ends_at, days, sent_on FROM enrolments_reminder"
    shapeless = again + f"SELECT kind, user_id, batch_id, {seat.pk}, ends_at, 3, sent_on FROM enrolments_reminder"

    with broken("enrolments_reminder_batch_once"):
        run(copy)
    with broken("enrolments_reminder_shape"):
        run(shapeless)


def test_the_database_keeps_a_reminder_of_a_seat_once(account, operator):
    seat, _bob = placed(account, operator, start_before_days=60)
    remind_learners(now=before(seat.enter_before, 7))

    with broken("enrolments_reminder_seat_once"):
        run(
            "INSERT INTO enrolments_reminder (kind, user_id, seat_id, ends_at, days, sent_on)"
            " SELECT kind, user_id, seat_id, ends_at, days, sent_on FROM enrolments_reminder"
        )
