"""At the same moment.

Two operators have acts done on the same seats; a worker is killed in the middle of one.
"""

import datetime
import os
import signal
from functools import partial

from django.db import transaction
from django.db.models.functions import Now

from enrolments.runs import running
from enrolments.runs.running import start_run
from enrolments.seats import many
from enrolments.seats import release as release_module
from enrolments.seats.history.models import SeatEvent
from enrolments.seats.many import Act, fingerprint_of, look_at
from enrolments.seats.models import Seat
from outbox.jobs.models import Job
from outbox.jobs.running import run_due_jobs
from outbox.mails.models import Mail
from tests.enrolments.given import NOW, assign, given_pack
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory
from tests.factories.enrolments import CourseFactory
from tests.forked import status_of_fork
from tests.rivals.processes import Rival, deadlocks_among, race


def seats_with_people(account, number):
    operator, course = MembershipFactory(account=account, is_operator=True).user, CourseFactory()
    for seat in given_pack(account, seats=number):
        assign(seat, course, f"p{seat.pk}@example.org", operator)
    return Seat.objects.filter(account=account).select_related("batch", "role", "enrolment__role").order_by("pk")


def begun(account, seats, act, to=None):
    """An act of another operator of the account, about to do its first step."""
    operator = MembershipFactory(account=account, is_operator=True).user
    given = {"account": account, "act": act, "seats": list(seats), "to": to, "now": NOW}
    seen = fingerprint_of(act, to, look_at(**given))
    return start_run(**given, seen=seen, actor=operator, language="en")


def step(run):
    job = Job.objects.get(key__startswith=f"act_on_many:{run.pk}:")
    with transaction.atomic():
        # Later than the assignments shown, as in life: an assignment anew bears another moment.
        running.run_step(job, NOW + datetime.timedelta(minutes=1))


def test_of_two_acts_on_the_same_seats_each_seat_knows_one(trial):
    account = CustomerAccountFactory()
    seats = seats_with_people(account, 3)
    moving, releasing = begun(account, seats, Act.MOVE, CourseFactory()), begun(account, seats, Act.RELEASE)

    answers = race(partial(step, moving), Rival(partial(step, releasing), before=[(release_module, "lock_unmoved")]))

    assert [answer.error for answer in answers] == ["", ""]
    assert deadlocks_among(answers) == 0
    done = {run: set(run.rows.filter(step="done").values_list("seat", flat=True)) for run in (moving, releasing)}
    left = {run: set(run.rows.filter(step="left").values_list("why", flat=True)) for run in (moving, releasing)}
    assert sorted(len(each) for each in done.values()) == [0, 3]
    assert sorted(map(sorted, left.values())) in ([[], ["seat_not_assigned"]], [[], ["seat_moved"]])
    assert SeatEvent.objects.filter(from_state="assigned", to_state="available").count() == 3
    trial.note("acts on the same seats", 2)


def test_control_without_the_look_at_what_was_shown_both_are_done():
    account = CustomerAccountFactory()
    seats = seats_with_people(account, 3)
    moving, releasing = begun(account, seats, Act.MOVE, CourseFactory()), begun(account, seats, Act.RELEASE)

    def anyhow(run):
        original = many.release_seats
        many.release_seats = lambda *, seats, **how: original(seats=dict.fromkeys(seats), **how)
        step(run)

    race(partial(step, moving), Rival(partial(anyhow, releasing)), in_turn=True)

    assert moving.rows.filter(step="done").count() == releasing.rows.filter(step="done").count() == 3


def test_a_killed_worker_goes_on_and_does_nothing_twice(trial, monkeypatch):
    account = CustomerAccountFactory()
    seats = seats_with_people(account, 6)
    monkeypatch.setattr(running, "CHUNK", 2)
    run = begun(account, seats, Act.MOVE, CourseFactory())
    mails = Mail.objects.count()

    def killed_on_the_way():
        calls = []
        write = running._write

        def killed_in_the_second_step(*given):
            write(*given)
            calls.append(given)
            if len(calls) == 2:
                os.kill(os.getpid(), signal.SIGKILL)

        running._write = killed_in_the_second_step
        run_due_jobs()

    status = status_of_fork(killed_on_the_way)

    assert os.WTERMSIG(status) == signal.SIGKILL
    assert sorted(run.rows.values_list("step", flat=True)) == ["done"] * 2 + ["waiting"] * 4
    Job.objects.pending().update(due_at=Now())
    run_due_jobs()
    run.refresh_from_db()
    assert run.state == "done"
    assert run.rows.filter(step="done").count() == 6
    assert SeatEvent.objects.filter(reason="moved", to_state="assigned").count() == 6
    assert Mail.objects.count() == mails + 6
    trial.note("people moved by an act whose worker was killed", 6)
