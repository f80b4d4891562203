"""Every page of the site in a browser, in both languages, light and dark, on the narrowest screen.

The pages are those of the URLconf that a rule of `tests.matrix` shows to at least one role. Pages that only come after
a form, and error pages, are listed here. Other tests cover a purchase itself.
"""

from collections.abc import Collection
from datetime import timedelta

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from playwright.sync_api import Page, Route, expect

from shop.orders.places import release_unproved_places
from shop.payments.services import choose_method
from tests.browser.looks import check_page
from tests.factories.accounts import PASSWORD, UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory
from tests.factories.shop import make_cart, place
from tests.matrix import rules
from tests.matrix.table import rules_in
from tests.matrix.urlconf import addresses
from tests.matrix.world import World, make_world

LOOKS = [("fr", "dark"), ("en", "light")]
# Files and parts of pages. Pages of the administration are checked, part by part, in their own tests.
NO_PAGES = {
    "calendar-feed", "account-documents-zip", "account-endings-export", "account-list-result", "account-list-state",
    "account-list-template", "account-people-export", "account-run-result", "account-run-state", "media", "order-paper",
    "order-papers-zip", "order-state", "picture", "security-txt",
}  # fmt: skip
# Checked in the same way, with more in them, by the tests of the operator's desk and of learning.
SEEN_ELSEWHERE = {
    "account-seats", "account-seat", "account-seat-release", "account-people", "account-person", "account-sessions",
    "account-session", "account-seat-replace", "account-person-replace", "learn", "learn-course", "address-link",
}  # fmt: skip
FAULTS = ("400", "403", "413", "429", "500", "503")
SEEN_BY = rules_in(rules.SITE, rules.SIGN_IN, rules.DEVELOPMENT)


@pytest.fixture
def open_as(browse, live_shop):
    """Open a page: `open_as(session, language, scheme)`, for a signed-in person, or for a visitor without a session."""

    def open_page(session: str | None, language: str, scheme: str) -> Page:
        page = browse(
            live_shop.base_url,
            locale={"fr": "fr-FR", "en": "en-GB"}[language],
            viewport={"width": 320, "height": 640},
            color_scheme=scheme,
            reduced_motion="reduce",
        )
        if session:
            cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_shop.base_url}
            page.context.add_cookies([cookie])
        return page

    return open_page


def pages_by_role(world: World, *, left_out: Collection[str] = NO_PAGES | SEEN_ELSEWHERE) -> dict[str, list[str]]:
    """Return the addresses of all pages but those left out, each under one role that sees the page."""
    found: dict[str, list[str]] = {}
    for address in addresses():
        outcomes = SEEN_BY.get((address.name, "GET"), {})
        role = next((role for role, outcome in outcomes.items() if outcome == "page"), None)
        if role is not None and address.name not in left_out:
            values = world.arguments(address.name)
            url = reverse(address.name, kwargs={name: values[name] for name in address.parameters})
            found.setdefault(role, []).append(url)
    return found


def check(page: Page, language: str) -> None:
    expect(page.locator("html")).to_have_attribute("lang", language)
    check_page(page)


def name_in(route: Route) -> str:
    return route.request.url.rsplit("/", 1)[-1]


def press(page: Page) -> None:
    page.locator("main form button[type=submit]").first.click()


@pytest.mark.parametrize(("language", "scheme"), LOOKS)
def test_every_page_that_somebody_sees_is_sound(open_as, live_shop, language, scheme):
    world = make_world()
    pages = pages_by_role(world)
    assert sum(map(len, pages.values())) > 25

    for role, urls in pages.items():
        page = open_as(world.sessions.get(role), language, scheme)
        for url in urls:
            page.goto(url)
            check(page, language)


@pytest.mark.parametrize(("language", "scheme"), LOOKS)
def test_every_page_on_the_ways_of_signing_in_is_sound(open_as, live_shop, language, scheme):
    UserFactory(email="alice@example.org", language=language)
    bob = UserFactory(email="bob@example.org", language=language)
    TOTP.activate(bob, generate_totp_secret())
    recovery_code = RecoveryCodes.activate(bob).get_unused_codes()[0]

    page = open_as(None, language, scheme)
    for name in ("account_request_login_code", "account_reset_password"):
        page.goto(reverse(name))
        page.locator("main [name=email]").fill("alice@example.org")
        press(page)
        page.wait_for_url("**/confirm/**")
        check(page, language)
    page.goto(reverse("account_signup"))
    page.locator("main [name=email]").fill("carol@example.org")
    for name in ("password1", "password2"):
        page.locator(f"main [name={name}]").fill(PASSWORD)
    press(page)
    page.wait_for_url("**/confirm-email/**")
    check(page, language)

    # In another browser: this one waits for a code.
    page = open_as(None, language, scheme)
    page.goto(reverse("account_login"))
    page.locator("[name=login]").fill("nobody@example.org")
    page.locator("[name=password]").fill("wrong")
    press(page)
    expect(page.locator("#form-errors")).to_be_focused()
    check(page, language)
    page.locator("[name=login]").fill("bob@example.org")
    page.locator("[name=password]").fill(PASSWORD)
    press(page)
    page.wait_for_url(f"**{reverse('mfa_authenticate')}**")
    check(page, language)
    page.locator("[name=code]").first.fill(recovery_code)
    press(page)
    page.wait_for_url(lambda url: "/auth/" not in url)
    for name in ("mfa_index", "mfa_view_recovery_codes", "mfa_generate_recovery_codes", "mfa_deactivate_totp"):
        page.goto(reverse(name))
        if "reauthenticate" in page.url:
            check(page, language)
            page.locator("main [name=password]").fill(PASSWORD)
            press(page)
            page.wait_for_url(f"**{reverse(name)}")
        check(page, language)
    press(page)
    page.wait_for_url(f"**{reverse('mfa_index')}")
    page.goto(reverse("mfa_activate_totp"))
    check(page, language)


@pytest.mark.parametrize(("language", "scheme"), LOOKS)
def test_the_pages_of_faults_are_sound(open_as, live_shop, language, scheme):
    page = open_as(None, language, scheme)
    with translation.override(language):
        texts = {name: render_to_string(f"{name}.html", {"minutes": 5}) for name in FAULTS}
        kept = {"is_busy": True, "address": "/cart/", "token": "x", "carried": [("city", "Nantes")]}
        texts["busy"] = render_to_string("503.html", {"is_busy": True})
        texts["kept"] = render_to_string("503.html", kept)
    page.route("**/fault/*", lambda route: route.fulfill(body=texts[name_in(route)], content_type="text/html"))
    for name in texts:
        page.goto(f"/fault/{name}")
        check(page, language)
    page.goto("/no-such-page/")
    check(page, language)
    page.goto("/cart/")
    page.context.clear_cookies()
    page.locator("button[name=language]").first.click()
    page.wait_for_url("**/i18n/**")
    check(page, language)


@pytest.mark.parametrize(("language", "scheme"), LOOKS)
def test_the_pages_before_the_first_factor_of_staff_are_sound(open_as, live_shop, settings, language, scheme):
    settings.STAFF_NEEDS_SECOND_FACTOR = True
    UserFactory(email="sam@example.org", language=language, is_staff=True, is_superuser=True)
    page = open_as(None, language, scheme)
    page.goto(reverse("account_login"))
    page.locator("[name=login]").fill("sam@example.org")
    page.locator("[name=password]").fill(PASSWORD)
    press(page)
    page.wait_for_url(lambda url: "/auth/" not in url)
    page.goto(reverse("admin:index"))
    page.wait_for_url(f"**{reverse('accounts-second-factor')}")
    check(page, language)
    page.goto(reverse("mfa_activate_totp"))
    page.locator("main [name=password]").fill(PASSWORD)
    press(page)
    page.wait_for_url(f"**{reverse('account_reauthenticate_by_code')}**")
    check(page, language)
    press(page)
    page.locator("main [name=code]").fill("wrong")
    press(page)
    expect(page.locator("#form-errors")).to_be_focused()
    check(page, language)


@pytest.mark.parametrize(("language", "scheme"), LOOKS)
def test_the_pages_of_an_order_of_an_unproved_address_are_sound(open_as, live_shop, language, scheme):
    course = CourseFactory(capacity=20)
    entry = EntryFactory(handler="std_setuponecoursesession", parameters={"coursename": course.short_name})
    order = place(make_cart(entry), email="a.rather.long.address@a-department.example.org", is_proved=False)
    choose_method(order_id=order.pk, method="transfer", actor=None, now=order.placed_at)
    page = open_as(None, language, scheme)

    page.goto(reverse("order", args=[order.token]))
    check(page, language)
    page.goto(reverse("order-proof", args=[order.token]))
    check(page, language)
    press(page)
    page.locator("main [name=code]").fill("wrong")
    press(page)
    expect(page.locator("#form-errors")).to_be_focused()
    check(page, language)
    assert release_unproved_places(now=order.placed_at + timedelta(hours=1)) == 1
    page.goto(reverse("order", args=[order.token]))
    expect(page.locator(".notice-warn")).to_be_visible()
    check(page, language)
