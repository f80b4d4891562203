"""Pages and statuses that visitors get when a page cannot be shown."""

from __future__ import annotations

import psycopg2
import pytest
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import path

from project.urls import handler500
from project.urls import urlpatterns as pages_of_the_shop

GONE = OperationalError("connection to server failed: Connection refused")


def fails_with(error: Exception):
    def view(request: HttpRequest) -> HttpResponse:
        raise error

    return view


def cut_off(request: HttpRequest) -> HttpResponse:
    # The driver's own exceptions carry a code only when the server sent one.
    raise OperationalError from psycopg2.errors.lookup("57P01")()


def too_slow(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 1")
        cursor.execute("SELECT pg_sleep(1)")
    return HttpResponse()


def locked(request: HttpRequest) -> HttpResponse:
    raise OperationalError from psycopg2.errors.lookup("55P03")()


class FailingSite:
    handler500 = handler500
    urlpatterns = [
        path("gone/", fails_with(GONE)),
        path("closed/", fails_with(InterfaceError("connection already closed"))),
        path("cut-off/", cut_off),
        path("too-slow/", too_slow),
        path("locked/", locked),
        path("fault/", fails_with(RuntimeError())),
        path("forbidden/", fails_with(PermissionDenied())),
        *pages_of_the_shop,
    ]


@pytest.fixture(autouse=True)
def _on_the_failing_site(client):
    client.raise_request_exception = False
    with override_settings(ROOT_URLCONF=FailingSite):
        yield


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "status", "heading"),
    [
        ("/gone/", 503, "The shop is closed for a moment"),
        ("/closed/", 503, "The shop is closed for a moment"),
        ("/cut-off/", 503, "The shop is closed for a moment"),
        ("/too-slow/", 503, "The shop is very busy right now"),
        ("/locked/", 503, "The shop is very busy right now"),
        ("/fault/", 500, "Something went wrong on our side"),
        ("/forbidden/", 403, "You may not see this page"),
        ("/nowhere/", 404, "This page does not exist"),
    ],
)
def test_every_failure_has_a_page_of_its_own(client, address, status, heading):
    answer = client.get(address, headers={"Accept-Language": "en"})

    assert answer.status_code == status
    assert f"<h1>{heading}</h1>" in answer.content.decode()
    assert ("Retry-After" in answer) is (status == 503)


def test_the_page_of_a_database_away_asks_no_database(client):
    answer = client.get("/gone/")

    assert answer.status_code == 503


@pytest.mark.parametrize("address", ["/gone/", "/locked/"])
def test_a_form_that_meets_no_database_is_kept_and_can_be_sent_again(client, address):
    typed = {"contact_name": "Zoé <b>", "password": "secret", "csrfmiddlewaretoken": "old"}

    page = client.post(address, typed, headers={"origin": "http://testserver"})
    foreign = client.post(address, typed, headers={"origin": "http://elsewhere.example"})

    content = page.content.decode()
    assert '<input type="hidden" name="contact_name" value="Zoé &lt;b&gt;">' in content
    assert f'action="{address}"' in content
    assert "secret" not in content
    assert page["Cache-Control"] == "no-store, private"
    assert "Zoé" not in foreign.content.decode()
    assert foreign.status_code == 503


@pytest.mark.parametrize(
    ("address", "length"),
    [("/cart/", 300_000_000), ("/payments/sandbox/webhook/", 300_000), ("/admin/login/", 11 * 1024 * 1024)],
)
def test_a_body_too_large_is_refused_by_its_length_in_both_languages(client, address, length):
    for language, heading in (("en", "Too much was sent"), ("fr", "Envoi trop volumineux")):
        answer = client.post(
            address, b"begin", "multipart/form-data; boundary=x", headers={"accept-language": language},
            CONTENT_LENGTH=str(length),
        )  # fmt: skip
        assert (answer.status_code, heading in answer.content.decode()) == (413, True)
