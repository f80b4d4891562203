"""Traces sent to an OpenTelemetry collector: requests by the names of their addresses, jobs, mails.

The instrumentations of libraries are not used: theirs tell statements with their parameters, and addresses of pages
with the secrets in them. Of an error only the class is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from common.tracing import Attributes

SEND_SECONDS = 5
_NAMES = TraceContextTextMapPropagator()
# The header of W3C Trace Context, which names a step.
_HEADER = "traceparent"


class OpenTelemetrySpan:
    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def tell(self, name: str | None = None, *, failed: str = "", **attributes: str | int | None) -> None:
        if name is not None:
            self._span.update_name(name)
        for key, value in attributes.items():
            if value is not None:
                self._span.set_attribute(_attribute(key), value)
        if failed:
            self._span.set_attribute("error.type", failed)
            self._span.set_status(trace.StatusCode.ERROR)


class OpenTelemetryTracer:
    """Tracer of this process and those it forks: spans are sent by a thread of each process."""

    def __init__(self, exporter: SpanExporter) -> None:
        self.provider = TracerProvider(resource=Resource.create({"service.name": "amphi"}))
        self.provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self.provider.get_tracer("amphi")

    @contextmanager
    def span(self, name: str, parent: str, attributes: Attributes) -> Iterator[OpenTelemetrySpan]:
        context = _NAMES.extract({_HEADER: parent}) if parent else None
        given = {_attribute(key): value for key, value in attributes.items()}
        with self._tracer.start_as_current_span(
            name, context=context, attributes=given, record_exception=False, set_status_on_exception=False
        ) as span:
            ours = OpenTelemetrySpan(span)
            try:
                yield ours
            except BaseException as error:
                ours.tell(failed=type(error).__qualname__)
                raise

    def present(self) -> OpenTelemetrySpan:
        return OpenTelemetrySpan(trace.get_current_span())

    def parent(self) -> str:
        carrier: dict[str, str] = {}
        _NAMES.inject(carrier)
        return carrier.get(_HEADER, "")


def tracer_to(address: str) -> OpenTelemetryTracer:
    """Return a tracer that sends to a collector, by OTLP over HTTP."""
    return OpenTelemetryTracer(OTLPSpanExporter(endpoint=f"{address}/v1/traces", timeout=SEND_SECONDS))


def _attribute(key: str) -> str:
    return f"amphi.{key}"
