"""A browser lets the form of an order's page lead to a provider's own site, and to no other."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import Page, expect

from shop.orders.models import Order
from shop.payments.port import Attempt, Provider, Started
from shop.payments.registry import temporary
from tests.factories.catalog import EntryFactory
from tests.factories.shop import make_cart, place

pytestmark = pytest.mark.django_db(transaction=True)


class _PayPage(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b"<!doctype html><title>Bank</title><link rel=icon href='data:,'><h1>The bank's own page</h1>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_said: object) -> None:
        pass


@pytest.fixture
def bank_site() -> Iterator[str]:
    """Serve another site: this machine under another port is another origin."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _PayPage)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


class Elsewhere(Provider):
    name = "elsewhere"
    label = "Elsewhere"
    is_immediate = True
    has_page = True

    def __init__(self, site: str, *origins: str) -> None:
        self.site = site
        self.origins = origins  # type: ignore[misc]

    def start(self, attempt: Attempt) -> Started:
        return Started(f"session-{attempt.key}", f"{self.site}/pay/{attempt.order_number}")


@pytest.fixture
def order(live_shop) -> Order:
    return place(make_cart(EntryFactory()))


def choose_elsewhere(page: Page, order: Order) -> None:
    page.goto(f"/orders/{order.token}/")
    page.locator("[name=method][value=elsewhere]").check()
    page.locator("[name=pay]").click()


def test_the_button_leads_to_the_providers_page(page, order, bank_site):
    with temporary(Elsewhere(bank_site, bank_site)):
        choose_elsewhere(page, order)
        page.wait_for_url(f"{bank_site}/pay/{order.number}")
    expect(page.get_by_role("heading", level=1)).to_have_text("The bank's own page")


def test_control_a_site_that_no_provider_names_is_not_reached(browser, live_shop, order, bank_site):
    page = browser.new_context(base_url=live_shop.base_url).new_page()
    with temporary(Elsewhere(bank_site)), page.expect_event("console", lambda said: "form-action" in said.text):
        choose_elsewhere(page, order)
    assert page.url == f"{live_shop.base_url}/orders/{order.token}/"
    page.context.close()
