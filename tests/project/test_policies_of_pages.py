"""Pages ask browsers for no more than they need, browsers report what a page was kept from, and a stranger finds whom
to tell of a fault."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta

import pytest
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

OLD = {
    "csp-report": {
        "document-uri": "https://shop.example/orders/kQ0R5x9gqVJm3nT2bY8wZc4dFhLpSaXe/?mail=alice@customer.example",
        "effective-directive": "script-src-elem",
        "blocked-uri": "https://evil.example/steal.js?of=alice@customer.example",
        "script-sample": "alice@customer.example",
    }
}
NEW = [
    {
        "type": "csp-violation",
        "body": {
            "documentURL": "https://shop.example/cart/",
            "effectiveDirective": "style-src-attr",
            "blockedURL": "inline",
        },
    },
    {"type": "deprecation", "body": {"id": "x"}},
]


@pytest.fixture
def lines(caplog):
    caplog.set_level(logging.WARNING, "project.policy_reports")
    return lambda: [record.fields for record in caplog.records if record.name == "project.policy_reports"]


def report(client, body: object, **options):
    content = body if isinstance(body, str) else json.dumps(body)
    return client.post(reverse("policy-report"), content, content_type="application/csp-report", **options)


def test_pages_may_use_no_device_and_name_where_to_report(client, db):
    answer = client.get("/cart/")

    assert "camera=()" in answer["Permissions-Policy"]
    assert "payment=()" in answer["Permissions-Policy"]
    assert answer["Reporting-Endpoints"] == 'policy="/policy-reports/"'
    assert "report-uri /policy-reports/" in answer["Content-Security-Policy"]
    assert "report-to policy" in answer["Content-Security-Policy"]


def test_a_report_is_a_line_that_names_nobody_and_opens_nothing(client, db, lines):
    assert report(client, OLD).status_code == 204

    assert lines() == [
        {"directive": "script-src-elem", "blocked": "https://evil.example", "page": "/orders/*/"},
    ]


def test_the_newer_form_is_read_as_well(client, db, lines):
    assert report(client, NEW).status_code == 204

    assert lines() == [{"directive": "style-src-attr", "blocked": "inline", "page": "/cart/"}]


@pytest.mark.parametrize(
    "body",
    ["", "{", "[]", "null", "7", '"x"', "[1]", '{"csp-report": 5}', '{"csp-report": null}', "x" * 20_000, "{}"],
)
def test_what_is_no_report_is_refused_and_not_logged(client, db, lines, body):
    assert report(client, body).status_code == 400
    assert lines() == []


@pytest.mark.parametrize("value", [None, 5, [], {}, "http://[", "a\r\nb" * 200])
def test_values_of_any_kind_make_one_short_line(client, db, lines, value):
    members = ("document-uri", "effective-directive", "blocked-uri")
    answer = report(client, {"csp-report": dict.fromkeys(members, value)})

    assert answer.status_code in (204, 400)
    for line in lines():
        assert all(len(each) <= 200 and "\n" not in each for each in line.values())


@override_settings(RATE_LIMITS={"policy report": "3/m/ip"})
def test_one_network_fills_no_log(client, db, lines):
    assert [report(client, OLD).status_code for _ in range(5)] == [204, 204, 204, 429, 429]
    assert len(lines()) == 3


@override_settings(SECURITY_EMAIL="security@shop.example", SITE_URL="https://shop.example")
def test_whoever_finds_a_fault_finds_whom_to_tell(client, db):
    answer = client.get("/.well-known/security.txt")

    lines = dict(line.split(": ", 1) for line in answer.content.decode().splitlines())
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert lines["Contact"] == "mailto:security@shop.example"
    assert lines["Canonical"] == "https://shop.example/.well-known/security.txt"
    assert lines["Preferred-Languages"] == "en, fr"
    ends = datetime.strptime(lines["Expires"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert timedelta(days=30) < ends - timezone.now() < timedelta(days=365)
