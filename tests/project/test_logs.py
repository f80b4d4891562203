"""Logs tell what happened, and name no person."""

import json
import logging
import sys
from collections.abc import Iterator

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory, override_settings
from django.urls import URLPattern, URLResolver, get_resolver, path

from accounts.people.models import User
from outbox.jobs.models import Job
from outbox.jobs.registry import temporary_job_kind
from outbox.jobs.running import run_due_jobs
from project import health
from project.logs import JsonLines, mask_path, request_id
from project.middleware import RequestLogMiddleware
from tests.project.log_lines import Lines, log_lines
from tests.project.test_settings import COMPLETE, settings_with

TOKEN = "Zx81-secret-token_9"


@pytest.fixture
def lines() -> Iterator[Lines]:
    with log_lines() as written:
        yield written


def failing(error: BaseException, message: str = "A page failed.", *arguments: object) -> dict:
    """Return the log line of an exception, logged where it was caught."""
    try:
        raise error
    except type(error):
        record = logging.getLogger("shop").makeRecord(
            "shop", logging.ERROR, __file__, 1, message, arguments, sys.exc_info()
        )
    return json.loads(JsonLines().format(record))


# --- A line for each request ---


@pytest.mark.django_db
def test_a_request_is_one_line_without_its_query(client, lines):
    answer = client.get("/legal/nothing/?email=alice@customer.example", headers={"X-Request-ID": "proxy-17"})

    line = lines.only("shop.requests")
    assert (line["method"], line["path"], line["status"]) == ("GET", "/legal/nothing/", answer.status_code)
    assert (line["request_id"], line["level"]) == ("proxy-17", "info")
    assert line["duration_ms"] >= 0
    assert set(line) == {
        *("time", "level", "logger", "message", "request_id"),
        *("method", "path", "status", "duration_ms"),
    }
    assert answer["X-Request-ID"] == "proxy-17"
    assert "alice" not in "".join(lines.text)


@pytest.mark.parametrize("given", ["", "a b", 'x"}{"', "a\nb", "é", "x" * 65])
def test_a_request_id_that_could_do_harm_is_replaced(given):
    seen = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(request_id.get())
        return HttpResponse()

    answer = RequestLogMiddleware(view)(RequestFactory().get("/", headers={"X-Request-ID": given}))

    assert seen == [answer["X-Request-ID"]]
    assert len(seen[0]) == 32
    assert seen[0] != given
    assert request_id.get() == ""


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    [f"/orders/{TOKEN}/", f"/orders/{TOKEN}", f"/accounts/link/{TOKEN}/", "/nowhere/8fJq0kMZr1Yw3sT6vBnXcE2d"],
)
def test_what_opens_a_page_is_in_no_line(client, lines, address):
    client.get(address)

    assert lines.only("shop.requests")["path"].rstrip("/").endswith("/*")
    assert address.rstrip("/").rpartition("/")[2] not in "".join(lines.text)


def patterns(resolver: URLResolver, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    for each in resolver.url_patterns:
        route = before + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from patterns(each, route)
        else:
            yield route, each


def test_every_secret_in_an_address_of_ours_is_masked():
    secret_names = ("token", "key", "uidb36")
    masked = []
    for route, _pattern in patterns(get_resolver()):
        names = [name for name in secret_names if f":{name}>" in route or f"<{name}>" in route]
        if not names:
            continue
        # Short, so that only the segment's place can mask it.
        segments = ["secret" if any(name in part for name in names) else part for part in route.split("/")]
        masked.append(route)
        assert "secret" not in mask_path("/" + "/".join(segments)), route
    assert len(masked) >= 7


def test_names_and_numbers_stay_readable():
    for address in (
        "/",
        "/e/first-aid/",
        "/c/safety-at-work/",
        "/account/orders/",
        "/admin/shop/order/17/change/",
        "/static/css/amphi.0123456789ab.css",
    ):
        assert mask_path(address) == address


@pytest.mark.django_db
def test_probes_are_not_worth_a_line_unless_they_fail(client, lines, monkeypatch):
    client.get("/healthz")
    assert lines.text == []

    nobody = health.Look("nobody", lambda: (health.UNKNOWN, None), (health.UNKNOWN, None))
    monkeypatch.setattr(health, "_database_asker", nobody)
    client.get("/readyz")

    assert lines.only("shop.requests")["status"] == 503


# --- Exceptions ---


def number(request: HttpRequest) -> HttpResponse:
    given = request.POST["name"]
    try:
        return HttpResponse(str(int(given)))
    except ValueError as error:
        raise ValidationError({"name": f"{given} is no number"}) from error


class FailingSite:
    urlpatterns = [path("number/", number)]
    handler500 = "project.error_pages.server_error"


@override_settings(ROOT_URLCONF=FailingSite)
def test_a_failed_page_tells_the_place_and_not_the_values(client, lines):
    client.raise_request_exception = False

    answer = client.post("/number/", {"name": "Alice Martin", "email": "alice@customer.example"})

    assert answer.status_code == 500
    line = lines.only("django.request")
    assert line["message"] == "Internal Server Error: /number/"
    assert line["error"] == "django.core.exceptions.ValidationError"
    assert "str(int(given))" in line["trace"]
    assert "ValueError" in line["trace"]
    assert "alice" not in "".join(lines.text).lower()


def test_an_error_of_a_program_says_what_it_says():
    line = failing(AttributeError("'NoneType' object has no attribute 'total'"))

    assert line["error"] == "AttributeError: 'NoneType' object has no attribute 'total'"


@pytest.mark.django_db
def test_an_error_of_the_database_names_the_constraint_and_no_row():
    address = "alice@customer.example"
    User.objects.create(email=address)
    with pytest.raises(IntegrityError) as caught:
        User.objects.create(email=address)

    line = failing(caught.value)

    assert line["error"].startswith("django.db.utils.IntegrityError: 23505 accounts_user")
    assert "alice" not in json.dumps(line)


def test_addresses_are_hidden_wherever_they_stand():
    record = logging.getLogger("other").makeRecord(
        *(
            "other",
            logging.INFO,
            __file__,
            1,
            "Sent to %s (%s)",
            ("alice@customer.example", "<bob+1@mail.example>"),
            None,
        )
    )

    assert json.loads(JsonLines().format(record))["message"] == "Sent to *@* (<*@*>)"


def test_an_exception_among_the_arguments_is_described_and_not_quoted():
    line = failing(ValueError("Alice Martin"), "Job %s failed: %s", "send_mail:3", ValueError("Alice Martin"))

    assert line["message"] == "Job send_mail:3 failed: ValueError"
    assert "Alice" not in json.dumps(line)


def test_a_line_stays_one_line_whatever_it_tells():
    record = logging.getLogger("x").makeRecord("x", logging.INFO, __file__, 1, 'two\nlines "and" %d', ("three",), None)

    text = JsonLines().format(record)

    assert "\n" not in text
    assert json.loads(text)["message"] == 'two\nlines "and" %d'


def test_what_hangs_on_a_record_is_not_told_unless_it_is_meant_to_be():
    record = logging.getLogger("x").makeRecord(
        "x", logging.INFO, __file__, 1, {"alice": "alice@customer.example"}, (), None,
        extra={"request": "alice@customer.example", "fields": {"who": User(first_name="Alice"), "name": "n"}},
        sinfo="alice",
    )  # fmt: skip

    line = json.loads(JsonLines().format(record))

    assert {name: line[name] for name in ("message", "who", "name")} == {
        "message": "{'alice': '*@*'}", "who": "User", "name": "n",
    }  # fmt: skip
    assert set(line) == {"time", "level", "logger", "message", "who", "name"}


# --- Jobs ---


@pytest.mark.django_db(transaction=True)
def test_a_job_is_one_line_for_each_attempt(lines):
    Job.objects.create(kind="greet", key="greet:1", max_attempts=2, order_id=7)

    with temporary_job_kind("greet", lambda job, now: None):
        run_due_jobs()

    line = lines.only("outbox.jobs")
    assert (line["job"], line["kind"], line["outcome"], line["attempt"]) == ("greet:1", "greet", "done", 1)
    assert line["order"] == 7


@pytest.mark.django_db(transaction=True)
def test_a_failed_job_says_so_without_quoting_what_it_was_given(lines):
    Job.objects.create(kind="greet", key="greet:1", max_attempts=2)
    said = "Alice Martin, alice@customer.example"

    def fail(job, now):
        raise ValueError(said)

    with temporary_job_kind("greet", fail):
        run_due_jobs()

    assert lines.only("outbox.jobs")["outcome"] == "put off"
    assert lines.only("outbox.jobs.running")["error"] == "ValueError"
    assert "Alice" not in "".join(lines.text)


@pytest.mark.django_db(transaction=True)
def test_a_job_out_of_attempts_is_told_as_dead(lines):
    Job.objects.create(kind="greet", key="greet:1", max_attempts=1)

    def fail(job, now):
        raise ValueError

    with temporary_job_kind("greet", fail):
        run_due_jobs()

    assert lines.only("outbox.jobs")["outcome"] == "dead"


# --- Production ---


def test_production_writes_json_lines_and_nothing_else():
    found = settings_with(COMPLETE, "production", "LOGGING")["LOGGING"]

    assert found["root"] == {"handlers": ["lines"], "level": "INFO"}
    assert found["formatters"] == {"json": {"()": "project.logs.JsonLines"}}
    assert {
        name: logger.get("handlers", []) for name, logger in found["loggers"].items() if logger.get("handlers")
    } == {}
