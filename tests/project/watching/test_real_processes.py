"""One trace through a real web server, a real worker and a mail; a report of an error; nobody is named in either."""

import re
from http.cookiejar import CookieJar
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.patience import PATIENCE_SECONDS, wait_until
from tests.running_shop import RunningShop

TYPED = ("zoraide", "quibolle")
ADDRESS = "zoraide@quibolle.example"
BROKEN_JOB = f"""
from outbox.jobs.doorbell import ring_on_commit
from outbox.jobs.models import Job
payload = {{"mail_id": 0, "name": "Zoraide Quibolle"}}
Job.objects.create(kind="send_mail", key="{ADDRESS}", payload=payload, max_attempts=1)
ring_on_commit()
"""


def ask_for_a_code(shop: RunningShop) -> None:
    browser = build_opener(HTTPCookieProcessor(CookieJar()))
    url = f"{shop.base_url}/auth/login/code/?note=Quibolle"
    with browser.open(url, timeout=PATIENCE_SECONDS) as page:
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.read().decode())
    assert found is not None
    form = urlencode({"csrfmiddlewaretoken": found[1], "email": ADDRESS})
    with browser.open(Request(url, form.encode(), {"Referer": url}), timeout=PATIENCE_SECONDS) as answer:
        assert answer.status == 200


def spans(shop: RunningShop) -> list[Span]:
    return [
        span
        for path, body in list(shop.watcher.received)
        if path == "/v1/traces"
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def way_of_a_mail(shop: RunningShop) -> list[str]:
    """Return the names of the steps from a mail back to the request that caused it."""
    known = {span.span_id: span for span in spans(shop)}
    mails = [span for span in known.values() if span.name.startswith("mail ")]
    for mail in mails:
        way = [mail]
        while (before := known.get(way[-1].parent_span_id)) is not None:
            way.append(before)
        if way[-1].name.startswith("POST "):
            assert len({span.trace_id for span in way}) == 1
            return [span.name for span in way]
    return []


def test_one_trace_leads_from_a_request_through_the_worker_to_the_mail(running_shop: RunningShop):
    ask_for_a_code(running_shop)

    wait_until(lambda: way_of_a_mail(running_shop), told=lambda: [span.name for span in spans(running_shop)])

    mail, job, request = way_of_a_mail(running_shop)
    assert (mail.split()[0], job, request) == ("mail", "job send_mail", "POST account_request_login_code")
    names_nobody(running_shop)


def test_an_error_of_the_worker_is_reported_without_what_was_typed(running_shop: RunningShop):
    running_shop.manage("shell", "-c", BROKEN_JOB)

    running_shop.watcher.wait_for(b"DoesNotExist", b"send_mail", seconds=PATIENCE_SECONDS)

    assert {path for path, _body in running_shop.watcher.received} <= {"/v1/traces", "/api/1/envelope/"}
    names_nobody(running_shop)


def names_nobody(shop: RunningShop) -> None:
    told = shop.watcher.bodies().lower()
    assert [word for word in TYPED if word.encode() in told] == []
