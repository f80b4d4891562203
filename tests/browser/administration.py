"""Helpers for the administration in a browser: sign a merchant in, check a page."""

from django.conf import settings
from django.test import Client
from playwright.sync_api import Page

from tests.browser.looks import findings
from tests.factories.accounts import UserFactory


def signed_in(browse, base_url: str, **options) -> Page:
    merchant, client = UserFactory(is_staff=True, is_superuser=True), Client()
    client.force_login(merchant)
    page = browse(base_url, **options)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": base_url}])
    return page


def check(page: Page) -> None:
    """Check that the page fits windows of three widths and is accessible."""
    for width in (1360, 390, 320):
        fits_within(page, width)
    assert findings(page, part="#content", runOnly=["wcag2a", "wcag2aa"]) == [], page.url


def fits_within(page: Page, width: int) -> None:
    """Wait until nothing is out of sight to the side in a window of that width."""
    page.set_viewport_size({"width": width, "height": 900})
    page.wait_for_function("width => document.documentElement.scrollWidth <= width", arg=width)
