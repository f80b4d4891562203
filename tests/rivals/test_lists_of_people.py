"""At the same moment.

Two lists want the same seats, an operator wants or gives anew a seat that a list takes or takes back; a worker is
killed in the middle of a list, and Redis loses all it had.
"""

import os
import signal

import pytest
from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from redis import Redis

from enrolments.courses.places.services import taken
from enrolments.grounds.models import Enrolment
from enrolments.lists import keeping, running
from enrolments.lists.models import PeopleList
from enrolments.seats import assign as assign_module
from enrolments.seats.assign import assign_seat
from enrolments.seats.history.models import SeatEvent
from enrolments.seats.models import Seat
from enrolments.seats.release import release_seat
from outbox.jobs.models import Job
from outbox.jobs.running import run_due_jobs
from outbox.mails.models import Mail
from tests.enrolments.given import NOW, assign, given_pack, typed
from tests.enrolments.lists.given import begin, given_list, people
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory
from tests.factories.enrolments import CourseFactory
from tests.forked import status_of_fork
from tests.rivals.processes import Rival, deadlocks_among, errors_among, race, values_among

ABOUT_TO_KEEP = [(running, "keep_seats")]
ABOUT_TO_TAKE = [(assign_module, "_take")]
ABOUT_TO_RELEASE = [(running, "release_seats")]


def begun(account, *emails, course=None, mode="all"):
    """A list of another operator of the account, into a course of its own, about to keep its seats."""
    operator = MembershipFactory(account=account, is_operator=True).user
    return begin(given_list(account, operator, people(*emails), course or CourseFactory()), mode)


def keeping_seats(people_list, **pauses):
    job = Job.objects.get(key__startswith=f"place_list:{people_list.pk}:")

    def work():
        with transaction.atomic():
            running.run_step(job, NOW)
        return PeopleList.objects.get(pk=people_list.pk).state

    return Rival(work, **pauses)


def two_lists_over_three_seats(**how):
    account = CustomerAccountFactory()
    given_pack(account, seats=3)
    lists = [begun(account, f"a{number}@example.org", f"b{number}@example.org") for number in range(2)]
    return lists, race(*(keeping_seats(each) for each in lists), before=ABOUT_TO_KEEP, **how)


def test_of_two_lists_over_the_same_seats_one_is_placed_whole_and_the_other_not_at_all(trial):
    lists, answers = two_lists_over_three_seats()

    assert sorted(values_among(answers)) == ["draft", "placing"]
    assert deadlocks_among(answers) == 0
    [won] = PeopleList.objects.filter(state="placing")
    [lost] = PeopleList.objects.filter(state="draft")
    assert set(Seat.objects.filter(people_list__isnull=False).values_list("people_list", flat=True)) == {won.pk}
    assert Seat.objects.filter(keeps_place=True).count() == 2
    assert sorted(lost.rows.values_list("verdict", flat=True)) == ["new", "no_seat"]
    run_due_jobs()
    assert Seat.objects.filter(state="assigned", assigned_by=won.operator).count() == 2
    trial.note("lists over the same seats", len(lists))


def without_looking_whether_a_seat_is_free():
    keeping.KEEP = keeping.KEEP.replace("AND seat.state = 'available' AND seat.people_list_id IS NULL", "")


def test_control_without_the_guard_of_keeping_only_a_constraint_is_left():
    _lists, answers = two_lists_over_three_seats(without=without_looking_whether_a_seat_is_free)

    assert errors_among(answers) == ["IntegrityError"]
    assert {answer.constraint for answer in answers} == {"", "enrolments_listrow_seat_kept_once"}


def test_an_operator_who_chose_a_seat_that_a_list_keeps_is_told_by_whom(trial):
    account = CustomerAccountFactory()
    [seat] = given_pack(account)
    operator = MembershipFactory(account=account, is_operator=True).user
    course = CourseFactory()
    people_list = begun(account, "ada@example.org")

    def single():
        person = typed("carol@example.org")
        return assign_seat(
            account=account, seat_id=seat.pk, course=course, person=person, operator=operator, language="en", now=NOW
        ).is_used

    chosen, kept = race(Rival(single, before=ABOUT_TO_TAKE), keeping_seats(people_list), in_turn=True)

    assert (chosen.error, kept.value) == ("SeatNotFree", "placing")
    assert people_list.operator.get_full_name() in chosen.said
    assert not Enrolment.objects.exists()
    trial.note("seats kept by a list", 1)


def test_a_seat_released_meanwhile_is_taken_by_the_list_or_left_and_never_both(trial):
    account = CustomerAccountFactory()
    [seat] = given_pack(account)
    course = CourseFactory(capacity=1)
    operator = MembershipFactory(account=account, is_operator=True).user
    people_list = begun(account, "ada@example.org", course=course)
    assign(seat, course, "bob@example.org", operator)

    released, kept = race(
        lambda: release_seat(account=account, seat_id=seat.pk, actor=operator, now=NOW).state,
        keeping_seats(people_list),
    )

    assert (released.value, released.error) == ("available", "")
    assert kept.value in ("draft", "placing")
    seat.refresh_from_db()
    assert (seat.people_list_id is not None) == (kept.value == "placing")
    assert taken([course.pk]) == {course.pk: 1 if kept.value == "placing" else 0}
    trial.note("seats released while a list looked at them", 1)


def taken_back_while_given_anew(monkeypatch, **how):
    """A list that takes back what it placed, about to release a seat that an operator gives to somebody else."""
    account = CustomerAccountFactory()
    given_pack(account, seats=2)
    course = CourseFactory()
    monkeypatch.setattr(running, "CHUNK", 1)
    people_list = begun(account, "ada@example.org", "bob@example.org", course=course)
    run_due_jobs(limit=2)
    with transaction.atomic():
        running.give_up(Job.objects.filter(kind="place_list").latest("pk"), NOW)
    seat = people_list.rows.get(line=2).seat
    operator = MembershipFactory(account=account, is_operator=True).user
    job = Job.objects.filter(kind="place_list").latest("pk")

    def taking_back():
        with transaction.atomic():
            running.run_step(job, NOW)

    def giving_anew():
        release_seat(account=account, seat_id=seat.pk, actor=operator, now=NOW)
        assign(seat, course, "zoe@example.org", operator)

    answers = race(Rival(taking_back, before=ABOUT_TO_RELEASE), giving_anew, in_turn=True, **how)
    seat.refresh_from_db()
    return people_list, seat, answers


def test_a_list_never_takes_back_a_seat_that_was_given_to_somebody_else_meanwhile(trial, monkeypatch):
    people_list, seat, answers = taken_back_while_given_anew(monkeypatch)

    assert (errors_among(answers), deadlocks_among(answers)) == ([], 0)
    assert (seat.state, seat.person and seat.person.email) == ("assigned", "zoe@example.org")
    run_due_jobs()
    people_list.refresh_from_db()
    seat.refresh_from_db()
    assert (people_list.state, seat.person and seat.person.email) == ("stopped", "zoe@example.org")
    trial.note("seats given anew while a list took them back", 1)


def without_looking_at_what_was_read():
    running.state_shown = lambda seat: None


def test_control_without_the_state_that_was_read_somebody_else_loses_the_seat(monkeypatch):
    _list, seat, answers = taken_back_while_given_anew(monkeypatch, without=without_looking_at_what_was_read)

    assert errors_among(answers) == []
    assert (seat.state, seat.person) == ("available", None)


@pytest.mark.parametrize("has_redis_lost_all", [False, True])
def test_a_killed_worker_goes_on_and_places_nobody_twice(trial, monkeypatch, has_redis_lost_all):
    account = CustomerAccountFactory()
    given_pack(account, seats=6)
    monkeypatch.setattr(running, "CHUNK", 2)
    people_list = begun(account, *(f"p{number}@example.org" for number in range(6)))

    def killed_on_the_way():
        calls = []
        write = running._write_results

        def killed_in_the_second_chunk(*given):
            write(*given)
            calls.append(given)
            if len(calls) == 2:
                os.kill(os.getpid(), signal.SIGKILL)

        running._write_results = killed_in_the_second_chunk
        run_due_jobs()

    status = status_of_fork(killed_on_the_way)

    assert os.WTERMSIG(status) == signal.SIGKILL
    if has_redis_lost_all:
        with Redis.from_url(settings.REDIS_URL) as redis:
            redis.flushdb()
    assert sorted(people_list.rows.values_list("step", flat=True)) == ["kept"] * 4 + ["placed"] * 2
    Job.objects.pending().update(due_at=Now())
    run_due_jobs()
    people_list.refresh_from_db()
    assert people_list.state == "done"
    assert Seat.objects.filter(state="assigned").count() == 6
    assert SeatEvent.objects.filter(to_state="assigned").count() == 6
    assert Mail.objects.filter(kind="invitation").values("recipient").distinct().count() == Mail.objects.count() == 6
    trial.note("people placed by a list whose worker was killed", 6)
