"""Reports of errors to a Sentry, or to whatever understands its protocol, in which nobody can be recognised.

A report is built here from what a line of the log may hold (`project.logs`): class of the error, places in the code,
name of the page's address, the request's id, kind and order of a job. sentry-sdk only carries it: its integrations,
which gather variables, bodies, people and what happened before, are not loaded.
"""

from __future__ import annotations

import logging
import traceback
from types import TracebackType
from typing import Any

import sentry_sdk
from django.conf import settings

from common.floors import FLOORS
from project.logs import causes_of, describe, hide_addresses, request_id

# Members of a report; what the library adds besides is dropped.
KEPT = {
    "event_id", "timestamp", "level", "logger", "platform", "release", "environment", "sdk",
    "transaction", "tags", "logentry", "exception",
}  # fmt: skip
# Faults of the reporting itself would be reported, and fail again.
OWN_LOGGERS = ("sentry_sdk", "urllib3", "opentelemetry")
FLUSH_SECONDS = 2.0


class ReportHandler(logging.Handler):
    """Handler of the logs that reports errors, from a thread of its own: nobody waits for the receiver."""

    def __init__(self, level: int | str = logging.ERROR) -> None:
        super().__init__(level)
        self._client = sentry_sdk.Client(
            dsn=settings.SENTRY_DSN,
            release=settings.SENTRY_RELEASE,
            before_send=only_what_is_kept,
            default_integrations=False,
            auto_enabling_integrations=False,
            auto_session_tracking=False,
            send_client_reports=False,
            include_local_variables=False,
            include_source_context=False,
            max_request_body_size="never",
            max_breadcrumbs=0,
            server_name="",
        )

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.startswith(OWN_LOGGERS):
            return
        try:
            self._client.capture_event(report_of(record))
        except Exception:
            self.handleError(record)

    def flush(self) -> None:
        """Send what waits. Called at the end of the process too."""
        self._client.flush(timeout=FLUSH_SECONDS)


def only_what_is_kept(event: Any, hint: Any) -> Any:
    """Drop whatever is none of a report's members."""
    return {name: value for name, value in event.items() if name in KEPT}


def report_of(record: logging.LogRecord) -> Any:
    """Return the report of a record: nothing that was typed, no address, no link, no value of a variable."""
    job = getattr(record, "job", None)
    tags = {"request_id": request_id.get(), "place": f"{record.module}:{record.lineno}"}
    if job is not None:
        tags |= {"kind": job.kind, "order": "" if job.order_id is None else str(job.order_id)}
    report: dict[str, Any] = {
        "level": record.levelname.lower().replace("critical", "fatal"),
        "logger": record.name,
        "logentry": {"message": _template(record)},
        "tags": {name: value for name, value in tags.items() if value},
    }
    match = getattr(getattr(record, "request", None), "resolver_match", None)
    if match is not None:
        report["transaction"] = match.view_name
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        report["exception"] = {"values": [_exception(each) for each in causes_of(error)]}
    return report


def _template(record: logging.LogRecord) -> str:
    """Return the record's message without what was put into it. One that was put together before is not told, unless
    its author is one of ours, who put nothing in like that."""
    is_ours = record.name.partition(".")[0] in FLOORS
    return hide_addresses(str(record.msg)) if isinstance(record.msg, str) and (record.args or is_ours) else record.name


def _exception(error: BaseException) -> dict[str, Any]:
    return {
        "type": type(error).__qualname__,
        "module": type(error).__module__,
        "value": describe(error),
        "stacktrace": {"frames": _frames(error.__traceback__)},
    }


def _frames(trace: TracebackType | None) -> list[dict[str, Any]]:
    """List the places in the code that an error came through, the innermost last."""
    return [
        {
            "filename": frame.f_code.co_filename,
            "module": frame.f_globals.get("__name__", ""),
            "function": frame.f_code.co_qualname if hasattr(frame.f_code, "co_qualname") else frame.f_code.co_name,
            "lineno": line,
            "in_app": str(frame.f_globals.get("__name__", "")).partition(".")[0] in FLOORS,
        }
        for frame, line in traceback.walk_tb(trace)
    ]
