"""Traces: one from a request to its job and the mail, without anybody in it."""

from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import resolve
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from common import tracing
from outbox.jobs.models import PARENT, Job
from outbox.jobs.registry import temporary_job_kind
from outbox.jobs.running import run_due_jobs
from outbox.jobs.services import enqueue
from project.watching.requests import TracesMiddleware
from project.watching.traces import OpenTelemetryTracer, tracer_to
from tests.project.watching.receiver import receive

SECRETS = ("Xk93hslq0Zw7secret", "zoraide@quibolle.example", "Quibolle")


def page(request):
    request.resolver_match = resolve("/cart/")
    enqueue(kind="first", key=f"first:{SECRETS[1]}", payload={"name": SECRETS[2]}, order_id=4711)
    return HttpResponse()


def request_a_page() -> None:
    request = RequestFactory().get(f"/orders/{SECRETS[0]}/?q={SECRETS[2]}")
    request.resolver_match = None
    assert TracesMiddleware(page)(request).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_request_its_job_and_what_that_records_are_one_trace():
    kept = InMemorySpanExporter()
    tracer = OpenTelemetryTracer(kept)

    def second(job, now):
        with tracing.span("mail greeting", kind="greeting", order=None):
            raise ValueError(SECRETS[2])

    def first(job, now):
        assert job.payload["name"] == SECRETS[2]
        enqueue(kind="second", key="second:1")

    with tracing.traced_with(tracer), temporary_job_kind("first", first), temporary_job_kind("second", second):
        request_a_page()
        run_due_jobs()
    tracer.provider.force_flush()

    spans = {span.name: span for span in kept.get_finished_spans()}
    assert spans.keys() == {"GET cart", "job first", "job second", "mail greeting"}
    assert len({span.context.trace_id for span in spans.values()}) == 1
    assert spans["job first"].parent.span_id == spans["GET cart"].context.span_id
    assert spans["job second"].parent.span_id == spans["job first"].context.span_id
    assert spans["mail greeting"].parent.span_id == spans["job second"].context.span_id
    assert spans["job first"].attributes["amphi.order"] == 4711
    assert spans["job first"].attributes["amphi.outcome"] == "done"
    assert spans["mail greeting"].attributes["error.type"] == "ValueError"
    everything = "".join(span.to_json() for span in spans.values())
    assert not [secret for secret in SECRETS if secret in everything]


@pytest.mark.django_db(transaction=True)
def test_without_a_tracer_a_job_s_payload_is_as_it_was_given():
    with temporary_job_kind("first", lambda job, now: None):
        request_a_page()

    assert PARENT not in Job.objects.get().payload


@pytest.mark.django_db(transaction=True)
def test_a_collector_receives_spans_that_name_nobody():
    with receive() as collector, temporary_job_kind("first", lambda job, now: None):
        tracer = tracer_to(f"http://{collector.address}")
        with tracing.traced_with(tracer):
            request_a_page()
            run_due_jobs()
        tracer.provider.force_flush()
        tracer.provider.shutdown()

    assert {path for path, _body in collector.received} == {"/v1/traces"}
    assert b"GET cart" in collector.bodies()
    assert b"job first" in collector.bodies()
    assert not [secret for secret in SECRETS if secret.encode() in collector.bodies()]
