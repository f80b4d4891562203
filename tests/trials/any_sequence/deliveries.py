"""Deliveries and mails, with handlers that fail."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from outbox.errors import RetryRefused
from outbox.jobs import running
from outbox.jobs.models import Job
from outbox.jobs.services import retry_job
from shop.orders.fulfilment import JOB_KIND, retry_line
from tests.trials.any_sequence import world
from tests.trials.any_sequence.choices import one_of, seldom, some
from tests.trials.any_sequence.frame import Frame


class Deliveries(Frame):
    """Steps of workers: jobs run as in a worker, at the machine's own time."""

    @precondition(lambda self: self.jobs_in("pending"))
    @rule(limit=st.integers(1, 4))
    def fulfil(self, limit: int) -> None:
        with self.step("deliver"):
            self._work(limit=limit)

    @precondition(lambda self: self.jobs_in("pending"))
    @rule(mood=st.sampled_from(["refuses", "trouble", "crash"]), times=st.sampled_from([1, 2, 9]))
    def fail(self, mood: str, times: int) -> None:
        """Let the next deliveries fail after all their work is done."""
        world.Mood.waiting = [mood] * times
        with self.step(f"fail: {mood}"):
            for _round in range(times):
                self._work()
        world.Mood.waiting = []
        self.reach("a delivery has used up its attempts", when=Job.objects.filter(state="dead").exists())

    @precondition(lambda self: self.lines_in("failed"))
    @rule(n=some, any_line=seldom)
    def retry(self, n: int, any_line: bool) -> None:
        line = one_of(self.lines if any_line else self.lines_in("failed"), n)
        with self.step("try a line again", RetryRefused):
            retry_line(line_id=line.pk, actor=self.world.merchant, now=self.now)

    @precondition(lambda self: self.jobs_in("pending") or self.jobs_in("dead"))
    @rule(n=some, any_job=seldom)
    def retry_a_job(self, n: int, any_job: bool) -> None:
        job = one_of(self.jobs if any_job else self.jobs_in("dead") or self.jobs_in("pending"), n)
        with self.step("try a job again", RetryRefused):
            retry_job(job_id=job.pk, now=self.now)

    def _work(self, *, limit: int = 100) -> None:
        """Run jobs as `run_due_jobs` does, but deliveries alone, at the machine's time and without back-off."""
        Job.objects.exclude(kind=JOB_KIND).filter(state="pending").update(due_at=self.now + timedelta(days=9_000))
        waiting = Job.objects.filter(kind=JOB_KIND, state="pending")
        waiting.update(due_at=self.now - timedelta(days=9_000))
        for _job in range(min(limit, waiting.count())):
            claim = running._claim()
            assert claim is not None
            running._work(replace(claim, now=self.now))

    @precondition(lambda self: self.orders)
    @rule(limit=st.integers(1, 3))
    def send_mails(self, limit: int) -> None:
        """Send the newest mails, which must succeed whatever has happened since they were queued."""
        waiting = Job.objects.filter(kind="send_mail", state="pending")
        chosen = list(waiting.order_by("-pk").values_list("pk", flat=True)[:limit])
        with self.step("send mails"):
            Job.objects.filter(state="pending").update(due_at=self.now + timedelta(days=9_000))
            waiting.filter(pk__in=chosen).update(due_at=self.now - timedelta(days=9_000))
            for _mail in chosen:
                claim = running._claim()
                assert claim is not None
                running._work(replace(claim, now=self.now))
            assert set(Job.objects.filter(pk__in=chosen).values_list("state", "last_error")) <= {("done", "")}
