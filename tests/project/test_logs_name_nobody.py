"""No name, address, password, code or token reaches a log, whatever people do and whatever goes wrong."""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.links.effects import link_url
from accounts.links.models import AddressLink
from outbox.jobs.registry import temporary_job_kind
from outbox.jobs.running import run_due_jobs
from outbox.jobs.services import enqueue
from outbox.mails.models import Mail
from project.logs import JsonLines, mask_path
from project.urls import urlpatterns as shops_urlpatterns
from tests.factories.accounts import PASSWORD, UserFactory
from tests.factories.catalog import EntryFactory
from tests.project.log_lines import log_lines
from tests.shop.steps import english_client, order_as_visitor

# Forbidden in every log, in this spelling.
WHO = {
    "Zoraïde",
    "Quibolle",
    "zoraide.quibolle@customer.example",
    "17 impasse des Xylophones",
    "payer@quibolle.example",
}


@pytest.fixture
def lines() -> Iterator[list[str]]:
    with log_lines() as written:
        yield written.text


def assert_silent(lines: list[str], *values: str) -> None:
    """Check that no value stands in the log, as it is or as JSON writes it."""
    text = "\n".join(lines).lower()
    for value in values:
        assert value.lower() not in text, value
        assert json.dumps(value)[1:-1].lower() not in text, value


def fail(request: HttpRequest) -> HttpResponse:
    name, email = request.POST["contact_name"], request.POST["email"]
    raise LookupError(f"{name} <{email}> is nowhere")


class Site:
    urlpatterns = [path("fail/", fail), *shops_urlpatterns]
    handler500 = "project.error_pages.server_error"
    handler429 = "project.error_pages.too_many_requests"


@pytest.mark.django_db(transaction=True)
def test_a_purchase_a_sign_in_and_everything_that_goes_wrong_name_nobody(lines, settings):
    settings.ROOT_URLCONF = Site
    client = english_client()
    client.raise_request_exception = False
    typed = {
        "email": "zoraide.quibolle@customer.example",
        "contact_name": "Zoraïde Quibolle",
        "billing_name": "Quibolle",
        "street": "17 impasse des Xylophones",
        "payer_email": "payer@quibolle.example",
    }

    # The visitor orders, asks in vain, and pays.
    order = order_as_visitor(client, EntryFactory(), **typed)
    client.get(f"/?q={typed['contact_name']}&email={typed['email']}")
    client.get(f"/orders/{order.token}x/")
    client.post(f"/orders/{order.token}/pay/", {"method": "sandbox"})
    client.post(f"/payments/sandbox/pay/{order.token}/", {"choice": "succeed"})
    client.get(f"/payments/sandbox/return/{order.token}/")
    # The visitor signs in, wrongly and rightly, and opens the mailed link.
    user = UserFactory(email=typed["email"], first_name="Zoraïde", last_name="Quibolle")
    client.post("/auth/login/", {"login": user.email, "password": "wrong Quibolle"})
    client.post("/auth/login/code/", {"email": user.email})
    client.post("/auth/login/code/confirm/", {"code": "QUIBOLLE"})
    claim = link_url(AddressLink.objects.get(purpose="claim")).partition("testserver")[2]
    client.get(claim)
    client.post("/auth/login/", {"login": user.email, "password": PASSWORD})
    client.post(claim)
    # Failures: a page, a forged form, a strange host, a job, and a worker's task.
    assert client.post("/fail/", typed).status_code == 500
    assert Client(enforce_csrf_checks=True).post("/cart/", typed).status_code == 403
    assert client.get("/", headers={"host": "quibolle.example"}).status_code == 400

    def failing_job(job: Any, now: Any) -> None:
        raise ValueError(f"{job.payload['name']} {job.payload['email']}")

    with temporary_job_kind("greet_customer", failing_job):
        payload = {"name": "Zoraïde", "email": user.email}
        enqueue(kind="greet_customer", key=f"greet:{order.pk}", payload=payload, account_id=order.account_id)
        run_due_jobs()
    worker = logging.getLogger("celery.app.trace")
    worker.error(
        "Task %(name)s[%(id)s] %(description)s: %(exc)s",
        {"name": "x", "id": 1, "description": "raised", "exc": "Quibolle"},
    )

    told = [json.loads(line) for line in lines]
    assert {200, 302, 400, 403, 404, 500} <= {line.get("status") for line in told}
    assert {"LookupError", "ValueError"} <= {line.get("error") for line in told}
    assert any(line.get("path") == "/orders/*/" for line in told)
    assert Mail.objects.filter(recipient=user.email).exists()
    links = [link_url(link).rstrip("/").rpartition("/")[2] for link in AddressLink.objects.all()]
    assert_silent(lines, *WHO, PASSWORD, order.token, claim, *links, client.session.session_key or "-")


@settings(max_examples=150)
@given(
    st.text(max_size=30),
    st.from_regex(r"[a-z0-9.+_-]{1,20}@[a-z0-9-]{1,20}\.[a-z]{2,6}", fullmatch=True),
    st.text(max_size=30),
)
def test_an_address_is_hidden_in_whatever_stands_around_it(before, address, after):
    message = f"{before} {address} {after}"
    for arguments in ((), (address,), ({"to": address},)):
        text = "%s" if arguments else message.replace("%", "%%")
        record = logging.getLogger("x").makeRecord("x", logging.INFO, __file__, 1, text, arguments, None)
        assert address not in JsonLines().format(record)


@settings(max_examples=100)
@given(
    st.text(st.characters(categories=("L", "N")), min_size=12, max_size=40),
    st.sampled_from(
        [ValueError, KeyError, LookupError, RuntimeError, OSError, UnicodeError, AssertionError, Exception]
    ),
)
def test_an_exception_is_told_without_what_it_quotes(secret, kind):
    try:
        raise kind(secret) from ValueError(secret)
    except kind as error:
        line = JsonLines().format(
            logging.getLogger("x").makeRecord(
                "x", logging.ERROR, __file__, 1, "It failed: %s", (error,), (kind, error, error.__traceback__)
            )
        )
    assert secret not in line
    assert json.loads(line)["error"].endswith(kind.__name__)


@pytest.mark.parametrize("before", ["orders", "accounts/link", "payments/sandbox/pay", "payments/x/return", "nowhere"])
def test_tokens_as_the_shop_makes_them_are_masked_wherever_they_stand(before):
    for size in (16, 24, 32):
        for _ in range(50):
            token = secrets.token_urlsafe(size)
            masked = mask_path(f"/{before}/{token}/state/?next={token}")
            assert masked == f"/{before}/*/state/", token
