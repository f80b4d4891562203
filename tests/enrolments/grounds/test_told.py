"""People are told that they lost a place, never of what they did not hear of, and never in a loop."""

import datetime

import pytest

from accounts.members.models import Membership
from enrolments.grounds.by_hand import end_by_hand
from enrolments.grounds.enrol_line import end_line_grounds, enrol_on_line
from enrolments.grounds.models import Enrolment
from enrolments.grounds.notify import Placed, tell_placed
from enrolments.grounds.told import BETWEEN, LOSS_WAITS, LOST
from enrolments.seats.models import Seat
from enrolments.seats.move import move_seat
from enrolments.seats.release import release_seat
from enrolments.seats.revoke import revoke_seats
from enrolments.values import Period, Terms
from outbox.jobs.models import Job
from outbox.mails.models import Mail
from outbox.mails.rendering import render_mail
from tests.enrolments.given import NOW, assign, days, given_pack, given_session, new_line
from tests.enrolments.learners import by_hand
from tests.factories.accounts import CustomerAccountFactory, UserFactory
from tests.factories.enrolments import CourseFactory, role

pytestmark = pytest.mark.django_db

MINUTE = datetime.timedelta(minutes=1)


@pytest.fixture
def account():
    return CustomerAccountFactory(name="Ateliers Martin", credit_limit=1)


@pytest.fixture
def operator():
    return UserFactory(email="alice@example.org")


@pytest.fixture
def course():
    return CourseFactory(name_en="Fire safety", name_fr="Sécurité incendie")


@pytest.fixture
def bob():
    return UserFactory(email="bob@example.org", language="fr")


def leave(at=NOW):
    """Let every queued mail that is due leave at a time; one without a time of its own is due at once."""
    Job.objects.pending().filter(due_at__gt=NOW + days(60)).update(due_at=at)
    due = Job.objects.pending().filter(due_at__lte=at)
    sent = [job.payload["mail_id"] for job in due]
    Mail.objects.filter(pk__in=sent, state="queued").update(state="sent", sent_at=at)
    due.update(state="done", finished_at=at)


def release(seat, operator, at=NOW):
    release_seat(account=seat.account, seat_id=seat.pk, actor=operator, now=at)


def kinds(state="queued"):
    return list(Mail.objects.filter(state=state).order_by("pk").values_list("kind", flat=True))


def lost_mail():
    return Mail.objects.get(kind="place_lost")


def test_a_released_learner_is_told_in_their_language_by_a_mail_that_names_course_and_account(
    account, operator, course, bob
):
    [seat] = given_pack(account)
    assign(seat, course, bob.email, operator)
    leave()

    release(seat, operator, at=NOW + days(1))

    mail = lost_mail()
    assert (mail.recipient, mail.language, mail.account_id, mail.person_id) == (bob.email, "fr", account.pk, bob.pk)
    assert [each["until"] for each in mail.context["courses"]] == [""]
    rendered = render_mail(mail, blank_secrets=True)
    assert rendered.subject == "Votre inscription à « Sécurité incendie » a changé"
    assert "Ateliers Martin" in rendered.text
    assert Job.objects.get(key=mail.job_key).due_at == NOW + days(1) + LOSS_WAITS


@pytest.mark.parametrize("is_proved", [True, False])
def test_a_place_lost_before_its_mail_left_is_told_to_nobody(account, operator, course, is_proved):
    bob = UserFactory(email="bob@example.org", is_address_proved=is_proved)
    [seat] = given_pack(account)
    assign(seat, course, bob.email, operator)

    release(seat, operator)

    assert kinds("recalled") == ["seat_assigned" if is_proved else "invitation"]
    assert kinds() == []


def test_an_invitation_to_two_courses_names_the_one_that_is_left(account, operator, course):
    bob = UserFactory(email="bob@example.org", is_address_proved=False)
    line = new_line(account)
    seats = given_pack(account, seats=2, line=line)
    other = CourseFactory(name_en="First aid", name_fr="Premiers secours")
    period = Period(NOW, NOW + days(9))
    for seat, where in zip(seats, (course, other), strict=True):
        assign(seat, where, bob.email, operator)
    Mail.objects.all().update(state="recalled")
    placed = [Placed(user=bob, course=where, period=period, key="both") for where in (course, other)]
    tell_placed(placed=placed, occasion="both", account=account, language="en", now=NOW)

    release(seats[0], operator)

    mail = Mail.objects.get(state="queued")
    assert (mail.kind, [each["id"] for each in mail.context["courses"]]) == ("invitation", [other.pk])


def test_assigning_and_releasing_in_a_loop_mails_at_most_once_an_hour_and_tells_the_end(account, operator, course, bob):
    [seat] = given_pack(account, terms=Terms(duration_days=30))
    now = NOW
    for _turn in range(20):
        assign(seat, course, bob.email, operator, now=now)
        leave(now)
        now += MINUTE
        release(seat, operator, at=now)
        now += MINUTE
        leave(now)
    leave(now + days(1))

    told = list(Mail.objects.filter(state="sent").order_by("sent_at", "pk"))
    assert [mail.kind for mail in told] == ["seat_assigned", "place_lost"]
    assert told[1].sent_at - told[0].sent_at >= BETWEEN


def move(seat, to, operator, at=NOW):
    roles = {"is_operator": True, "created_at": NOW}
    Membership.objects.get_or_create(account=seat.account, user=operator, defaults=roles)
    return move_seat(account=seat.account, seat_id=seat.pk, to=to, actor=operator, language="en", now=at)


def test_a_move_is_one_mail_from_where_to_where(account, operator, course, bob):
    other = CourseFactory(name_en="First aid", name_fr="Premiers secours")
    [seat] = given_pack(account)
    assign(seat, course, bob.email, operator)
    leave()

    move(seat, other, operator, at=NOW + days(1))

    mail = Mail.objects.get(state="queued")
    assert (mail.kind, mail.context["told"]) == ("seat_assigned", {str(course.pk): LOST, str(other.pk): ""})
    rendered = render_mail(mail, blank_secrets=True)
    assert rendered.subject == "Votre inscription au cours « Premiers secours » au lieu de « Sécurité incendie »"
    assert "du cours «\xa0Sécurité incendie\xa0» au cours «\xa0Premiers secours\xa0»" in rendered.text


def test_an_invitation_tells_of_the_move_too(account, operator, course):
    bob = UserFactory(email="bob@example.org", is_address_proved=False)
    other = CourseFactory(name_en="First aid", name_fr="Premiers secours")
    [seat] = given_pack(account)
    assign(seat, course, bob.email, operator)
    leave()

    move(seat, other, operator, at=NOW + days(1))

    mail = Mail.objects.get(state="queued")
    assert mail.kind == "invitation"
    assert "instead of “Fire safety”, in which you are no longer enrolled" in render_mail(mail, blank_secrets=True).text


def test_who_never_heard_of_the_first_course_is_told_of_the_second_alone(account, operator, course, bob):
    other = CourseFactory()
    [seat] = given_pack(account)
    assign(seat, course, bob.email, operator)

    move(seat, other, operator)

    assert kinds("recalled") == ["seat_assigned"]
    assert Mail.objects.get(state="queued").context["told"] == {str(other.pk): ""}


def test_a_move_that_ends_before_its_mail_left_is_told_as_the_loss_it_is(account, operator, course, bob):
    other = CourseFactory()
    [seat] = given_pack(account)
    assign(seat, course, bob.email, operator)
    leave()
    move(seat, other, operator, at=NOW + days(1))

    release(seat, operator, at=NOW + days(1))

    mail = Mail.objects.get(state="queued")
    assert (mail.kind, [each["id"] for each in mail.context["courses"]]) == ("place_lost", [course.pk])
    assert "Sécurité incendie" in render_mail(mail, blank_secrets=True).text


def test_a_move_back_is_told_as_a_move_back(account, operator, course, bob):
    other = CourseFactory()
    [seat] = given_pack(account)
    assign(seat, course, bob.email, operator)
    leave()
    move(seat, other, operator, at=NOW + days(1))
    leave(NOW + days(1))

    move(seat, course, operator, at=NOW + days(1) + MINUTE)

    mail = Mail.objects.get(state="queued")
    assert mail.context["told"] == {str(other.pk): LOST, str(course.pk): ""}
    assert Job.objects.get(key=mail.job_key).due_at == NOW + days(1) + BETWEEN


def test_who_stays_in_the_course_left_is_told_of_the_new_one_alone(account, operator, course, bob):
    other = CourseFactory()
    [seat] = given_pack(account)
    assign(seat, course, bob.email, operator)
    by_hand(bob, course)
    leave()

    move(seat, other, operator, at=NOW + days(1))

    assert Mail.objects.get(state="queued").context["told"] == {str(other.pk): ""}


def test_a_move_to_another_session_names_both(account, operator, course, bob):
    made = given_session(course, account, learners=(bob,))
    later = given_session(course, account, blanks=1)

    move(made.batch.seats.get(), later.group, operator)

    rendered = render_mail(Mail.objects.get(state="queued"), blank_secrets=True)
    assert rendered.subject == "Vous changez de session dans « Sécurité incendie »"
    assert f"de la session {made.group.name}" in rendered.text
    assert f"à la session {later.group.name}" in rendered.text


def test_a_course_kept_by_another_ground_hides_no_course_lost_in_the_same_act(account, operator, course, bob):
    line, kept = new_line(account), CourseFactory()
    for seat, where in zip(given_pack(account, seats=2, line=line), (kept, course), strict=True):
        assign(seat, where, bob.email, operator)
    by_hand(bob, kept)
    leave()

    revoke_seats(line_id=line.line_id, units=None, actor=operator, reason="Refund", now=NOW + days(1))

    assert [each["id"] for each in lost_mail().context["courses"]] == [course.pk]


def test_a_release_put_right_in_time_tells_nothing(account, operator, course, bob):
    [seat] = given_pack(account)
    assign(seat, course, bob.email, operator)
    leave()

    release(seat, operator, at=NOW + MINUTE)
    assign(seat, course, bob.email, operator, now=NOW + 2 * MINUTE)

    assert (kinds("sent"), kinds("recalled"), kinds()) == (["seat_assigned"], ["place_lost"], [])


def test_one_mail_tells_of_all_the_courses_lost_in_one_act_and_of_further_ones(account, operator, course, bob):
    line = new_line(account)
    other, third = CourseFactory(), CourseFactory()
    seats = given_pack(account, seats=3, line=line)
    for seat, where in zip(seats, (course, other, third), strict=True):
        assign(seat, where, bob.email, operator)
    leave()

    for units in ([range(2)], [range(2, 3)], None):
        revoke_seats(line_id=line.line_id, units=units, actor=operator, reason="Refund", now=NOW + days(1))

    assert {each["id"] for each in lost_mail().context["courses"]} == {course.pk, other.pk, third.pk}


def test_whom_another_ground_keeps_in_the_course_is_told_nothing(account, operator, course, bob):
    [seat] = given_pack(account)
    assign(seat, course, bob.email, operator)
    by_hand(bob, course)
    leave()

    release(seat, operator, at=NOW + days(1))

    assert not Mail.objects.filter(kind="place_lost").exists()


def test_who_loses_the_last_days_is_told_until_when(account, operator, course, bob):
    [pack] = given_pack(account, terms=Terms(duration_days=30))
    assign(pack, course, bob.email, operator)
    given_session(course, account, blanks=1, terms=Terms(duration_days=90))
    seat = Seat.objects.get(batch__source="session")
    assign(seat, course, bob.email, operator)
    seat.refresh_from_db()
    leave()

    release(seat, operator, at=NOW + days(1))

    [told] = lost_mail().context["courses"]
    assert told["until"]
    assert Enrolment.objects.open().get(user=bob).ends_at is not None


def test_a_course_that_is_over_is_no_loss(account, operator, course, bob):
    [seat] = given_pack(account, terms=Terms(duration_days=10))
    assign(seat, course, bob.email, operator)
    leave()

    release(seat, operator, at=NOW + days(20))

    assert not Mail.objects.filter(kind="place_lost").exists()


def test_a_closed_person_is_told_nothing_nor_a_supervisor(account, operator, course, bob):
    [seat] = given_pack(account)
    assign(seat, course, bob.email, operator)
    leave()
    bob.is_active = False
    bob.save()

    release(seat, operator, at=NOW + days(1))

    assert not Mail.objects.filter(kind="place_lost").exists()


def test_the_end_of_an_order_line_and_of_the_merchants_hand_are_told(account, course, bob):
    line = new_line(account)
    enrol_on_line(line=line, course=course, user=bob, role=role(), group=None, terms=Terms(), now=NOW)
    end_line_grounds(line_id=line.line_id, reason="Refund", now=NOW + days(1))
    enrolment = by_hand(UserFactory(), course)
    end_by_hand(enrolment=enrolment, reason="Mistake", now=enrolment.opened_at + MINUTE)

    told = Mail.objects.filter(kind="place_lost").order_by("pk")
    assert [(mail.person_id, mail.account_id) for mail in told] == [(bob.pk, account.pk), (enrolment.user_id, None)]
