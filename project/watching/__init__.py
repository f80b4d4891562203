"""Metrics, traces and reports of errors, each off unless it is configured (`project.settings.watching`)."""

from __future__ import annotations

from django.conf import settings

from common.tracing import trace_with


def begin_tracing() -> None:
    """Trace in this process and those it forks, if there is a collector to send to."""
    if settings.OTEL_EXPORTER_OTLP_ENDPOINT:
        from project.watching.traces import tracer_to

        trace_with(tracer_to(settings.OTEL_EXPORTER_OTLP_ENDPOINT))
