"""Of a worker's processes one is never waiting for a service outside."""

import os
import signal
from types import SimpleNamespace

import pytest

from outbox.jobs import running
from outbox.jobs.models import Job
from outbox.jobs.registry import temporary_job_kind
from outbox.jobs.running import run_due_jobs
from outbox.jobs.services import enqueue
from outbox.jobs.share import Share
from project import celery


@pytest.fixture
def share():
    share = Share()
    yield share
    share.free()


def in_another_process(share: Share) -> tuple[int, int]:
    """Take a place in a process that goes on living; return its id and whether there was a place."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(theirs, b"1" if share.take() else b"0")
            signal.pause()
        finally:
            os._exit(0)
    os.close(theirs)
    taken = int(os.read(ours, 1))
    os.close(ours)
    return child, taken


def kill(child: int) -> None:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def test_all_but_one_find_a_place_and_a_killed_one_gives_its_own_back(share):
    share.keep_one_back(processes=3)
    first, second, third = (in_another_process(share) for _process in range(3))
    try:
        assert [taken for _child, taken in (first, second, third)] == [1, 1, 0]
        assert not share.take()
    finally:
        kill(first[0])
    assert share.take()
    share.free()
    kill(second[0])
    kill(third[0])


@pytest.mark.parametrize("processes", [None, 1])
def test_one_process_alone_does_everything(share, processes):
    if processes:
        share.keep_one_back(processes=processes)
    assert share.take()
    assert share.take()


@pytest.mark.parametrize(("concurrency", "places"), [(1, 0), (2, 1), (8, 7), ("auto", 1)])
def test_a_worker_bounds_its_processes_before_it_forks(monkeypatch, share, concurrency, places):
    monkeypatch.setattr(celery, "share", share)
    celery.keep_a_process_back(SimpleNamespace(concurrency=concurrency))
    assert share._places == places


@pytest.mark.django_db
def test_without_a_place_a_process_does_what_needs_the_database_alone(share, monkeypatch):
    share.keep_one_back(processes=2)
    other, taken = in_another_process(share)
    monkeypatch.setattr(running, "share", share)
    try:
        with (
            temporary_job_kind("call", lambda job, now: None, io=True),
            temporary_job_kind("errand", lambda job, now: None),
        ):
            enqueue(kind="call", key="call:1")
            enqueue(kind="errand", key="errand:1")
            assert (taken, run_due_jobs()) == (1, 1)
            assert set(Job.objects.values_list("key", "state")) == {("call:1", "pending"), ("errand:1", "done")}
            kill(other)
            assert run_due_jobs() == 1
    finally:
        share.free()
