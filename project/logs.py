"""Logs in JSON lines, one object each, in which nobody can be recognised and nothing can be opened.

A log lives longer, and is read by more people, than the database it tells of. So a line holds no address of a person,
no query string, no typed value, and no part of an address that opens a page without signing in.
"""

from __future__ import annotations

import logging
import re
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import Error as DatabaseError
from django.template import TemplateDoesNotExist, TemplateSyntaxError
from pythonjsonlogger.json import JsonFormatter

# The request being answered by this thread, "" outside of one.
request_id: ContextVar[str] = ContextVar("request_id", default="")

HIDDEN = "*"
_IN_ADDRESS = r"[^\s@<>()\[\]{}'\",;:=/]"
# With a dot after the @: the names of workers have none. Bounded, so that a long word costs no time.
E_MAIL = re.compile(rf"{_IN_ADDRESS}{{1,64}}@{_IN_ADDRESS}{{1,190}}\.[\w-]+")
# The segment after one of these opens a page for everybody who knows the segment.
BEFORE_SECRETS = {
    "orders",
    "phone-orders",
    "link",
    "return",
    "key",
    "confirm-email",
    "pay",
    "join",
    "waiting",
    "mails",
    "calendar",
    "page",
}
# Any long segment that is not made of words may do so too, wherever it stands: addresses get mistyped.
LOOKS_RANDOM = re.compile(r"(?=.*[A-Z0-9])[\w=:-]{20,}", re.ASCII)

# Messages of these errors are written by programmers about programs. Other errors quote values: "invalid literal for
# int(): …", "Key (email)=(…) already exists."
SPEAK_OF_PROGRAMS = (
    AttributeError,
    ConnectionError,
    ImportError,
    ImproperlyConfigured,
    NameError,
    NotImplementedError,
    RecursionError,
    TemplateDoesNotExist,
    TemplateSyntaxError,
    TimeoutError,
)


class JsonLines(JsonFormatter):
    """Formatter of a record into one JSON object.

    A record may bring `extra={"fields": {…}}`, which become members of the object. An exception is logged by its class
    and trace; its message only where that is known to quote nobody (see `describe`).
    """

    def __init__(self) -> None:
        # A value that is not plain is logged by its class: the library's own encoder would write out its contents.
        super().__init__((), json_ensure_ascii=False, json_default=lambda value: type(value).__name__)

    def format(self, record: logging.LogRecord) -> str:
        # The record itself never reaches the library, which would log the record's arguments, trace and all other
        # attributes, Django's requests among them.
        return super().format(logging.makeLogRecord({"msg": line_of(record)}))


def line_of(record: logging.LogRecord) -> dict[str, Any]:
    """Return the members of a record's line: all that may be logged of the record."""
    line: dict[str, Any] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": hide_addresses(message_of(record)),
    }
    if request_id.get():
        line["request_id"] = request_id.get()
    for name, value in getattr(record, "fields", {}).items():
        line[name] = hide_addresses(value) if isinstance(value, str) else value
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        line["error"] = describe(error)
        line["trace"] = trace_of(error)
    return line


def message_of(record: logging.LogRecord) -> str:
    """Return the record's message, with exceptions described and addresses of pages masked among its arguments."""
    if record.name == "celery.app.trace" and isinstance(record.args, dict):
        # The arguments quote the exception, the task's result and the whole trace.
        return f"Task {record.args.get('name')} ended with an error"
    if record.name.startswith("django.security."):
        # The message quotes what a stranger sent; the kind of refusal is the last part of the logger's name.
        return f"Refused: {record.name.rpartition('.')[2]}"
    if not record.args:
        return str(_argument(record.msg))
    arguments: dict[str, object] | tuple[object, ...]
    if isinstance(record.args, dict):
        arguments = {name: _argument(value) for name, value in record.args.items()}
    else:
        arguments = tuple(_argument(value) for value in record.args)
    try:
        return str(record.msg) % arguments
    except (KeyError, TypeError, ValueError):
        # logging itself would print the arguments as they are.
        return str(record.msg)


def _argument(value: object) -> object:
    if isinstance(value, BaseException):
        return describe(value)
    if isinstance(value, str) and value.startswith("/"):
        return mask_path(value)
    return value


def describe(error: BaseException) -> str:
    """Return the error's class, and its message only where that quotes nobody: a database's error by its code and the
    constraint."""
    name = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    if isinstance(error, SPEAK_OF_PROGRAMS):
        return hide_addresses(f"{name}: {error}")
    cause = error.__cause__ if isinstance(error, DatabaseError) else None
    if cause is None:
        return name
    code = getattr(cause, "pgcode", None)
    if code is None:
        # The connection failed without an answer of the server; libpq's message tells how.
        return hide_addresses(f"{name}: {' '.join(str(cause).split())}")
    constraint = getattr(getattr(cause, "diag", None), "constraint_name", None)
    return f"{name}: {code}" + (f" {constraint}" if constraint else "")


def trace_of(error: BaseException) -> str:
    """Return the lines of code the error came through, the innermost last; values never, causes first."""
    return "\n".join("".join(traceback.format_tb(each.__traceback__)) + describe(each) for each in causes_of(error))


def causes_of(error: BaseException) -> list[BaseException]:
    """Return the errors that led to an error, the first cause first, and itself at the end."""
    chain: list[BaseException] = []
    each: BaseException | None = error
    while each is not None and each not in chain:
        chain.append(each)
        each = each.__cause__ or (None if each.__suppress_context__ else each.__context__)
    return chain[::-1]


def mask_path(path: str) -> str:
    """Return a page's address without its query, and without the parts that open the page."""
    segments = path.partition("?")[0].split("/")
    return "/".join(
        HIDDEN if segment and _is_secret(segment, before) else segment
        for segment, before in zip(segments, ["", *segments], strict=False)
    )


def _is_secret(segment: str, before: str) -> bool:
    # Each part of a name between dots is looked at alone: styles.0123456789ab.css is a file.
    looks_random = any(LOOKS_RANDOM.fullmatch(part) for part in segment.split("."))
    return looks_random or before in BEFORE_SECRETS or "@" in segment


def hide_addresses(text: str) -> str:
    """Replace every e-mail address in a text."""
    return E_MAIL.sub(f"{HIDDEN}@{HIDDEN}", text)
