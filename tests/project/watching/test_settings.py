"""Settings of metrics, traces and reports: refused with reasons, and nothing of it there while they are not set."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured

from project.settings import watching
from tests.keys import STRONG_KEY
from tests.servers import PROJECT

TOKEN = "0123456789abcdef0123456789abcdef"
ON = {
    "METRICS_TOKEN": TOKEN,
    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9",
    "SENTRY_DSN": "http://key@127.0.0.1:9/1",
}
# The client of Redis itself imports what opentelemetry has for metrics, wherever that is installed.
LIBRARIES = {"prometheus_client", "opentelemetry.sdk.trace", "opentelemetry.exporter", "sentry_sdk"}
START = """
import sys
import project.wsgi, project.celery
project.celery.app.loader.import_default_modules()
print(*sys.modules)
"""


def libraries_loaded(environment: dict[str, str]) -> set[str]:
    """Start the web application and a worker's; return those of the libraries that are loaded then."""
    return LIBRARIES & set(started_with(environment, START).split())


def started_with(environment: dict[str, str], program: str) -> str:
    """Run a program with the settings of production, and return what it printed."""
    outside = {name: value for name, value in os.environ.items() if name not in ON}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=outside
        | {"DJANGO_SETTINGS_MODULE": "project.settings.production", "SECRET_KEY": STRONG_KEY, "SITE_URL": "http://x"}
        | environment,
        cwd=PROJECT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_nothing_is_imported_while_nothing_is_configured():
    assert libraries_loaded({}) == set()


def test_control_what_is_configured_is_imported():
    assert libraries_loaded(ON) == LIBRARIES


# The client of Redis has measurements of its own, which are on for whoever asks: nobody does, not even the environment.
MEASURED_BY_REDIS = """
import threading
import project.wsgi
from opentelemetry.metrics import _internal
from redis.observability.providers import get_observability_instance
print(get_observability_instance().is_enabled(), _internal._METER_PROVIDER, threading.active_count())
"""


@pytest.mark.parametrize("more", [{}, {"OTEL_METRICS_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_ENDPOINT": ""}])
def test_the_client_of_redis_measures_nothing_and_has_no_thread(more):
    assert started_with(more, MEASURED_BY_REDIS).split() == ["False", "None", "1"]


@pytest.mark.parametrize(
    ("name", "read", "value", "reason"),
    [
        ("METRICS_TOKEN", watching.metrics_token, "short", "needs at least 32 letters"),
        ("METRICS_TOKEN", watching.metrics_token, f"{TOKEN} {TOKEN}", "without a blank"),
        ("METRICS_TOKEN", watching.metrics_token, f"{TOKEN}é", "without a blank"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", watching.traces_address, "collector:4318", "such as http://collector:4318"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", watching.traces_address, "http://me:pass@collector", "OTLP_HEADERS"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", watching.traces_address, "http://collector:99999", "such as"),
        ("SENTRY_DSN", watching.reports_address, "https://sentry.example/1", "https://KEY@HOST/NUMBER"),
        ("SENTRY_DSN", watching.reports_address, "https://key@sentry.example/shop", "https://KEY@HOST/NUMBER"),
    ],
)
def test_a_value_that_cannot_work_is_refused_with_the_reason(name, read, value, reason, monkeypatch):
    monkeypatch.setenv(name, value)

    with pytest.raises(ImproperlyConfigured, match=reason) as refused:
        read()

    assert str(refused.value).startswith(f"Amphi does not start: {name}")
    assert "pass@" not in str(refused.value)
    assert "key@" not in str(refused.value)


def test_what_is_right_is_taken(monkeypatch):
    for name, value in ON.items():
        monkeypatch.setenv(name, f" {value} ")

    assert watching.metrics_token() == TOKEN
    assert watching.traces_address() == ON["OTEL_EXPORTER_OTLP_ENDPOINT"]
    assert watching.reports_address() == ON["SENTRY_DSN"]
