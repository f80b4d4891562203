"""Reports of errors: what really arrives at a receiver, from pages and from jobs, names nobody and opens nothing."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import path

from outbox.jobs.registry import temporary_job_kind
from outbox.jobs.running import run_due_jobs
from outbox.jobs.services import enqueue
from project.watching.reports import ReportHandler
from tests.project.watching.receiver import Receiver, receive

TYPED = {"name": "Zoraïde Quibolle", "email": "zoraide@quibolle.example", "text": "my own words"}
TOKEN = "Xk93hslq0Zw7secret"


def fail(request, token):
    typed = request.POST["name"], request.POST["email"]
    try:
        int(typed[0])
    except ValueError as error:
        raise LookupError(f"{typed} {token}") from error


class Site:
    urlpatterns = [path("orders/<token>/fail/", fail, name="order-fail")]
    handler500 = "project.error_pages.server_error"


@pytest.fixture
def reports(settings) -> Iterator[Receiver]:
    """Report to a receiver, as with SENTRY_DSN set."""
    with receive() as receiver:
        settings.SENTRY_DSN = f"http://key@{receiver.address}/1"
        settings.SENTRY_RELEASE = "amphi@1.2.3"
        handler = ReportHandler()
        loggers = [logging.getLogger(), logging.getLogger("django")]
        for logger in loggers:
            logger.addHandler(handler)
        yield receiver
        for logger in loggers:
            logger.removeHandler(handler)


def events(receiver: Receiver) -> list[dict]:
    """Return the events received: the third line of each envelope."""
    return [json.loads(body.split(b"\n")[2]) for _path, body in receiver.received]


@pytest.mark.django_db(transaction=True)
def test_errors_of_pages_jobs_and_tasks_are_told_without_anybody(reports, settings):
    settings.ROOT_URLCONF = Site
    client = Client(raise_request_exception=False, headers={"X-Request-ID": "request-17", "User-Agent": "Quibolle/1"})
    assert client.post(f"/orders/{TOKEN}/fail/?q={TYPED['name']}", TYPED).status_code == 500

    def failing_job(job, now):
        typed = job.payload
        raise ValueError(f"{typed['name']} {typed['email']}")

    with temporary_job_kind("greet", failing_job):
        enqueue(kind="greet", key="greet:zoraide@quibolle.example", payload=TYPED, order_id=4711)
        run_due_jobs()
    logging.getLogger("celery.app.trace").error(
        "Task %(name)s: %(exc)s", {"name": "x", "exc": "Zoraïde"}, exc_info=KeyError("Zoraïde")
    )
    logging.getLogger("somebody.else").error(f"put together with {TYPED['email']} and {TYPED['name']}")

    everything = reports.wait_for(b"order-fail", b"4711", b"celery.app.trace", b"somebody.else", seconds=30)

    page, job, _task, _other = sorted(events(reports), key=lambda event: event["timestamp"])
    assert page["transaction"] == "order-fail"
    assert page["tags"]["request_id"] == "request-17"
    assert page["release"] == "amphi@1.2.3"
    assert [error["type"] for error in page["exception"]["values"]] == ["ValueError", "LookupError"]
    assert page["exception"]["values"][-1]["stacktrace"]["frames"][-1]["function"] == "fail"
    assert (job["tags"]["kind"], job["tags"]["order"]) == ("greet", "4711")
    for event in (page, job):
        assert not {"request", "user", "breadcrumbs", "extra", "modules", "server_name"} & event.keys()
        assert not any("vars" in frame for frame in event["exception"]["values"][0]["stacktrace"]["frames"])
    for secret in ("Zora", "Quibolle", "quibolle", "my own words", TOKEN, "127.0.0.1"):
        assert secret.encode() not in everything, secret
        assert json.dumps(secret)[1:-1].encode() not in everything, secret


def test_a_warning_is_not_reported(reports):
    logging.getLogger("outbox.jobs").warning("Nothing to see.")
    logging.getLogger("outbox.jobs").error("Job %s.", "last")

    reports.wait_for(b"Job %s.", seconds=30)

    assert len(reports.received) == 1


def test_a_receiver_that_is_away_breaks_nothing(settings):
    settings.SENTRY_DSN = "http://key@127.0.0.1:9/1"
    handler = ReportHandler()

    handler.handle(logging.makeLogRecord({"name": "shop", "levelno": logging.ERROR, "levelname": "ERROR", "msg": "x"}))
