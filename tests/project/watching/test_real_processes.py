"""Real processes send what watches them: one trace from a page to its mail, reports of errors. Nobody is named."""

import re
from http.cookiejar import CookieJar
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.patience import PATIENCE_SECONDS, wait_until
from tests.running_shop import RunningShop

# What is typed and kept; spans of the demo's mails are sent beside.
ADDRESS = "helene@lacombe.example"
TYPED = ("helene", "hélène", "lacombe", "quibolle")
BROKEN_JOB = f"""
from outbox.jobs.doorbell import ring_on_commit
from outbox.jobs.models import Job
payload = {{"mail_id": 0, "name": "Hélène Quibolle"}}
Job.objects.create(kind="send_mail", key="{ADDRESS}", payload=payload, max_attempts=1)
ring_on_commit()
"""


def test_one_trace_leads_from_a_page_through_the_worker_to_the_mail(running_shop: RunningShop):
    ask_for_a_code(running_shop)
    wait_until(lambda: way_of_the_code(running_shop), told=lambda: {span.name for span in spans(running_shop)})

    way = way_of_the_code(running_shop)

    assert [span.name for span in way] == ["mail sign_in_code", "job send_mail", "POST account_request_login_code"]
    assert len({span.trace_id for span in way}) == 1
    names_nobody(running_shop)


def ask_for_a_code(shop: RunningShop) -> None:
    browser = build_opener(HTTPCookieProcessor(CookieJar()))
    url = f"{shop.base_url}/auth/login/code/?note=Quibolle"
    with browser.open(url, timeout=PATIENCE_SECONDS) as page:
        token = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.read().decode())[0]
    form = urlencode({"csrfmiddlewaretoken": token, "email": ADDRESS})
    with browser.open(Request(url, form.encode(), {"Referer": url}), timeout=PATIENCE_SECONDS) as answer:
        assert answer.url.endswith("/auth/login/code/confirm/")


def way_of_the_code(shop: RunningShop) -> list[Span]:
    """Return the steps from a mail with a code back to the first one; none before all have come."""
    known = {span.span_id: span for span in spans(shop)}
    way = [span for span in known.values() if span.name == "mail sign_in_code"][:1]
    while way and way[-1].parent_span_id:
        if way[-1].parent_span_id not in known:
            return []
        way.append(known[way[-1].parent_span_id])
    return way


def spans(shop: RunningShop) -> list[Span]:
    return [
        span
        for path, body in list(shop.watcher.received)
        if path == "/v1/traces"
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def test_an_error_of_the_worker_is_reported_without_what_was_typed(running_shop: RunningShop):
    running_shop.manage("shell", "-c", BROKEN_JOB)

    running_shop.watcher.wait_for(b"DoesNotExist", b"send_mail", seconds=PATIENCE_SECONDS)

    assert {path for path, _body in running_shop.watcher.received} <= {"/v1/traces", "/api/1/envelope/"}
    names_nobody(running_shop)


def names_nobody(shop: RunningShop) -> None:
    told = shop.watcher.bodies().lower()
    assert [word for word in TYPED if word.encode() in told] == []
