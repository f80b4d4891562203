"""Where metrics, traces and reports of errors go. All of it is off, and not even imported, unless it is configured."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from project.settings.environment import refuse, written

SHORTEST_TOKEN = 32


def metrics_token() -> str:
    """Return the secret that opens /metrics, "" where the page is closed. Raises ImproperlyConfigured."""
    token = written("METRICS_TOKEN")
    if token and (len(token) < SHORTEST_TOKEN or not token.isascii() or not token.isprintable() or " " in token):
        refuse(
            f"METRICS_TOKEN needs at least {SHORTEST_TOKEN} letters, digits or signs without a blank. "
            "Make one with: openssl rand -hex 32"
        )
    return token


def traces_address() -> str:
    """Return the address of the collector of traces, without a slash at its end; "" for none. Raises
    ImproperlyConfigured."""
    address = written("OTEL_EXPORTER_OTLP_ENDPOINT")
    if not address:
        return ""
    parts = _split(address)
    if parts is None or parts.username or parts.query or parts.fragment:
        refuse(
            "OTEL_EXPORTER_OTLP_ENDPOINT must be the address of a collector such as http://collector:4318. "
            "What the collector asks for goes into OTEL_EXPORTER_OTLP_HEADERS"
        )
    return address.rstrip("/")


def reports_address() -> str:
    """Return the address that errors are reported to; "" for none. Raises ImproperlyConfigured."""
    address = written("SENTRY_DSN")
    if not address:
        return ""
    parts = _split(address)
    if parts is None or not parts.username or not parts.path.rpartition("/")[2].isdigit():
        # Not quoted: it holds a key.
        refuse("SENTRY_DSN must look like https://KEY@HOST/NUMBER")
    return address


def watching_middleware(*, metrics: str, traces: str) -> list[str]:
    """Return the middleware that what is configured needs, none for nothing."""
    for_metrics = ["project.watching.page.MetricsMiddleware", "project.watching.requests.FiguresMiddleware"]
    for_traces = ["project.watching.requests.TracesMiddleware"]
    return [*(for_metrics if metrics else []), *(for_traces if traces else [])]


def with_reports(logging: dict[str, Any], reports: str) -> dict[str, Any]:
    """Return a configuration of the logs by which errors are reported too, if there is an address to report to."""
    if not reports:
        return logging
    handlers = logging["handlers"] | {"reports": {"class": "project.watching.reports.ReportHandler", "level": "ERROR"}}
    root = logging["root"] | {"handlers": [*logging["root"]["handlers"], "reports"]}
    loggers = {
        # Such a logger does not pass its lines on to the root.
        name: each if each.get("propagate", True) else each | {"handlers": [*each["handlers"], "reports"]}
        for name, each in logging["loggers"].items()
    }
    return logging | {"handlers": handlers, "root": root, "loggers": loggers}


def _split(address: str) -> Any:
    """Return the parts of an address of the web, None for anything else."""
    try:
        parts = urlsplit(address)
        is_readable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        return None
    return parts if is_readable else None


METRICS_TOKEN = metrics_token()
OTEL_EXPORTER_OTLP_ENDPOINT = traces_address()
SENTRY_DSN = reports_address()
# The name of this release in reports of errors.
SENTRY_RELEASE = written("SENTRY_RELEASE")
