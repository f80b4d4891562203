"""A real browser: every page it shows must have a clean console and stay on this machine."""

import os
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright

from tests.browser.chromium import ARGUMENTS, find_chromium

# Playwright's synchronous interface runs an event loop of its own in this thread.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

# Long enough for a loaded machine; a page that never gets there still fails.
TIMEOUT_MILLISECONDS = 60_000
expect.set_options(timeout=TIMEOUT_MILLISECONDS)
OUR_HOSTS = {"127.0.0.1", "localhost"}


class LiveShop:
    """Shop served from the test's own process and database; jobs run when the test calls `run_jobs`."""

    def __init__(self, url: str) -> None:
        self.base_url = url

    def run_jobs(self) -> None:
        """Run every job that is due, including those that the jobs themselves record."""
        call_command("run_jobs", verbosity=0)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start one Chromium for each process of the test run."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def live_shop(live_server) -> LiveShop:
    return LiveShop(live_server.url)


@pytest.fixture
def browse(browser: Browser) -> Iterator:
    """Open pages: `browse(base_url, locale="fr-FR", **options)`, each in a fresh profile; call it once per person.

    Fail at the end of the test unless every page had a clean console and asked nothing of other machines.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_page(base_url: str, *, locale: str = "fr-FR", **options) -> Page:
        context = browser.new_context(base_url=base_url, locale=locale, **options)
        contexts.append(context)
        context.set_default_timeout(TIMEOUT_MILLISECONDS)
        context.on("request", lambda request: _note_strange_host(request, complaints))
        context.on("console", lambda message: _note(message, complaints))
        context.on("weberror", lambda error: complaints.append(f"script error: {error.error}"))
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def page(browse, live_shop: LiveShop) -> Page:
    """Open a page at the live shop: `page.goto("/cart/")`."""
    return browse(live_shop.base_url)


@pytest.fixture
def shop_page(browse, running_shop) -> Page:
    """Open a page at the running shop, with its real worker."""
    return browse(running_shop.base_url)


def _note_strange_host(request: Request, complaints: list[str]) -> None:
    """Note a request to another machine: the browser finds none (see `chromium.ARGUMENTS`), but asking is a fault."""
    address = urlsplit(request.url)
    if address.scheme in ("http", "https", "ws", "wss") and address.hostname not in OUR_HOSTS:
        complaints.append(f"asked another machine: {request.url}")


def _note(message: ConsoleMessage, complaints: list[str]) -> None:
    """Note errors and warnings, but not that a page was refused on purpose (404, 422), which the browser logs too."""
    if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
        complaints.append(f"console: {message.text}")
