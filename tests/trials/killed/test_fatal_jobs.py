"""Killed: by the job itself"""

from __future__ import annotations

import time

import pytest
from django.db.models.functions import Now

from handlers.registry import temporary
from outbox.jobs.doorbell import ring
from outbox.jobs.models import Job
from outbox.jobs.running import AttemptsUsedUp
from outbox.mails.models import Mail
from tests.factories.catalog import EntryFactory
from tests.factories.shop import fill_cart, make_cart, pay, place
from tests.ordeal import Trial
from tests.trials.killed.handlers.ext_fatal.handler import Fatal
from tests.trials.killed.killable_shop import KillableShop
from tests.trials.killed.purchases import Assortment

pytestmark = pytest.mark.xdist_group("killable_shop")

MOST_SECONDS = 300


def test_a_job_that_kills_its_worker_each_time(killable_shop: KillableShop, trial: Trial):
    """A job that kills its worker each time ends dead and its line failed; the order's other line is delivered"""
    is_hurried = not trial.is_full
    with killable_shop.at_hand(), temporary(Fatal):
        cart = make_cart(EntryFactory(handler="ext_fatal"))
        fill_cart(cart, Assortment().seats)
        order = place(cart)
        began = time.monotonic()
        pay(order)
        fatal, harmless = order.lines.order_by("position")
        job = Job.objects.get(key=f"fulfil_line:{fatal.pk}:0")
        while job.state == "pending":
            seen = job.attempts
            killable_shop.wait_until(lambda seen=seen: has_moved(job, seen), seconds=MOST_SECONDS)
            if is_hurried:
                # The wait between two attempts is left out.
                Job.objects.filter(pk=job.pk, state="pending").update(due_at=Now())
                ring()
        took = time.monotonic() - began

        for row in (order, fatal, harmless):
            row.refresh_from_db()
        assert (job.state, job.attempts) == ("dead", job.max_attempts)
        assert job.last_error == str(AttemptsUsedUp())
        assert (order.status, fatal.status, harmless.status) == ("paid", "failed", "fulfilled")
        assert "Technical trouble" in fatal.failure["en"]
        assert Mail.objects.filter(order_id=order.pk, kind="line_failed_sales").count() == 1
    trial.note("processes killed", job.attempts)
    trial.note("from payment to the line being failed, s", round(took))


def has_moved(job: Job, attempts: int) -> bool:
    job.refresh_from_db()
    return job.attempts > attempts or job.state != "pending"
