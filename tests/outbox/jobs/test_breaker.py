"""A service outside that does not answer: its jobs wait, lose no attempts, and go on by themselves."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from outbox.errors import Final, ServiceAway, Temporary
from outbox.jobs import breaker, running
from outbox.jobs.models import Job, OutsideService
from outbox.jobs.registry import temporary_job_kind
from outbox.jobs.running import run_due_jobs
from outbox.jobs.services import enqueue
from tests.outbox.jobs.threads import in_thread
from tests.patience import HELD_UP_SECONDS, PATIENCE_SECONDS
from tests.rivals.processes import Rival, errors_among, race

pytestmark = pytest.mark.django_db


class Line:
    """A line to a service, which answers or does not; `called` are the keys of the jobs that called."""

    def __init__(self):
        self.answer, self.called = ServiceAway("Nobody answers."), []

    def __call__(self, job, now):
        self.called.append(job.key)
        if self.answer is not None:
            raise self.answer


@pytest.fixture
def line():
    with (
        temporary_job_kind("call", (line := Line()), io=True, service="exchange"),
        temporary_job_kind("fax", line, io=True, service="exchange"),
    ):
        yield line


def given_calls(count, *, kind="call"):
    return [enqueue(kind=kind, key=f"{kind}:{number}") for number in range(count)]


def let_time_pass():
    """Let the time for which the service is left alone be over."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE outbox_outsideservice SET left_alone_until = statement_timestamp()")


def attempts():
    return sum(Job.objects.values_list("attempts", flat=True))


def test_after_a_few_failures_in_a_row_nothing_more_is_tried(line, make_due):
    given_calls(10)
    given_calls(2, kind="fax")
    with temporary_job_kind("errand", lambda job, now: None):
        enqueue(kind="errand", key="errand:1")
        run_due_jobs()
        make_due()
        run_due_jobs()

    assert len(line.called) == breaker.FAILURES_IN_A_ROW
    # The attempt that found out does not count, and neither does any later one.
    assert attempts() == breaker.FAILURES_IN_A_ROW - 1 + 1
    assert Job.objects.get(key="errand:1").state == "done"
    service = OutsideService.objects.get()
    assert (service.name, service.failures, service.last_error) == ("exchange", 3, "Nobody answers.")


def test_a_service_is_left_alone_for_half_a_minute(line):
    given_calls(5)
    run_due_jobs()

    service = OutsideService.objects.annotate(left=F("left_alone_until") - Now()).get()
    assert timedelta(seconds=30) - timedelta(seconds=HELD_UP_SECONDS) < service.left <= timedelta(seconds=30)


def away(name, *, is_over=False):
    moment = Now() if is_over else Now() + timedelta(hours=1)
    return OutsideService.objects.create(name=name, failures=3, failing_since=Now(), left_alone_until=moment)


def test_one_service_that_is_away_says_nothing_about_another():
    away("fax")
    OutsideService.objects.create(name="exchange", failures=1, failing_since=Now())

    assert (breaker.take_place("fax"), breaker.take_place("exchange"), breaker.take_place("post")) == (
        True,
        False,
        False,
    )


@pytest.mark.parametrize(("tried", "other"), [("exchange", "fax"), ("fax", "exchange")])
def test_of_two_services_that_are_away_each_is_tried_when_its_own_time_is_over(tried, other):
    for name in ("exchange", "fax"):
        away(name, is_over=name == tried)

    assert breaker.admit(other, trial_takes=timedelta(minutes=1)) is None
    assert breaker.admit(tried, trial_takes=timedelta(minutes=1)) is True


def test_then_one_job_tries_and_the_others_go_on_waiting(line, make_due):
    given_calls(10)
    run_due_jobs()
    counted = attempts()
    for _time in range(50):
        let_time_pass()
        make_due()
        assert run_due_jobs() == 1

    assert attempts() == counted
    assert Job.objects.pending().count() == 10


def test_when_the_service_answers_all_go_on_by_themselves(line, make_due):
    given_calls(10)
    run_due_jobs()
    line.answer = None
    let_time_pass()
    make_due()

    assert run_due_jobs() == 10
    assert Job.objects.filter(state="done").count() == 10
    service = OutsideService.objects.get()
    assert (service.failures, service.failing_since, service.left_alone_until) == (0, None, None)


def test_an_answer_in_between_begins_the_row_anew(line, make_due):
    for number in range(6):
        line.answer = None if number % 3 == 2 else ServiceAway("Nobody answers.")
        enqueue(kind="call", key=f"call:{number}")
        run_due_jobs(limit=1)

    assert OutsideService.objects.get().failures == 0
    assert len(line.called) == 6


@pytest.mark.parametrize("answer", [Temporary("Not this one, now."), Final("Never this one.")])
def test_an_answer_about_one_job_says_nothing_about_the_service(line, answer):
    line.answer = answer
    given_calls(5)
    run_due_jobs()

    assert len(line.called) == 5
    assert not OutsideService.objects.exists()


def test_a_trial_that_tells_nothing_leaves_the_next_one_to_try(line, make_due):
    given_calls(5)
    run_due_jobs()
    let_time_pass()
    make_due()
    line.answer = Final("Never this one.")

    assert run_due_jobs(limit=2) == 2


def test_a_call_that_never_ends_is_a_failure_of_the_service(make_due):
    def hang(job, now):
        while True:
            pass

    with temporary_job_kind("call", hang, io=True, time_limit=timedelta(milliseconds=50)):
        given_calls(5)
        run_due_jobs()

    assert OutsideService.objects.get().failures == breaker.FAILURES_IN_A_ROW
    assert attempts() == breaker.FAILURES_IN_A_ROW - 1


def two_try(**how):
    """Let two workers look at the moment when the service may be tried; return the number of calls."""
    given_calls(5)
    run_due_jobs()
    let_time_pass()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE outbox_job SET due_at = statement_timestamp()")
    before = attempts()
    answers = race(
        Rival(run_due_jobs, before=[(running, "_attempt")]), Rival(run_due_jobs, before=[(running, "_attempt")]), **how
    )
    assert errors_among(answers) == []
    return attempts() - before, OutsideService.objects.get().failures


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_one_tries(line):
    assert two_try() == (0, breaker.FAILURES_IN_A_ROW + 1)


def without_the_turn():
    breaker._leave_alone = lambda service, wait: None


@pytest.mark.django_db(transaction=True)
def test_control_without_a_turn_both_would_try(line):
    assert two_try(without=without_the_turn)[1] > breaker.FAILURES_IN_A_ROW + 1


# Places


@pytest.mark.django_db(transaction=True)
def test_no_more_calls_at_a_time_than_the_setting_says(settings):
    settings.OUTBOX_CALLS_AT_ONCE = 2
    most, running_now = [], []

    def call(job, now):
        running_now.append(job.key)
        most.append(len(running_now))
        if len(running_now) < 4 and job.attempts == 1:
            other = in_thread(run_due_jobs)
            other.join(PATIENCE_SECONDS)
        running_now.remove(job.key)

    with temporary_job_kind("call", call, io=True):
        given_calls(6)
        run_due_jobs()

    assert max(most) == 2
    assert set(Job.objects.values_list("state", "attempts")) == {("done", 1)}


@pytest.mark.django_db(transaction=True)
def test_a_call_that_finds_its_place_taken_is_given_back_without_an_attempt_lost(settings, monkeypatch):
    settings.OUTBOX_CALLS_AT_ONCE = 1
    attempt = running._attempt

    def attempt_while_another_calls(claim):
        outcomes = []
        with transaction.atomic():
            breaker.take_place("call")
            in_thread(lambda: outcomes.append(attempt(claim))).join(PATIENCE_SECONDS)
        return outcomes[0]

    with temporary_job_kind("call", lambda job, now: pytest.fail("called"), io=True):
        [job] = given_calls(1)
        monkeypatch.setattr(running, "_attempt", attempt_while_another_calls)
        run_due_jobs(limit=1)

    job.refresh_from_db()
    assert (job.state, job.attempts, job.lease) == ("pending", 0, None)


@pytest.mark.django_db(transaction=True)
def test_a_place_ends_with_its_transaction():
    with transaction.atomic():
        assert breaker.take_place("call") is False
        assert places_held() == 1
    assert places_held() == 0


def places_held():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
        return cursor.fetchone()[0]
