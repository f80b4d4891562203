"""A request for a course and more of the same, in a real browser: asked, answered, wished for, put into the cart."""

import os

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from enrolments.requests.models import CourseRequest
from enrolments.seats.models import Seat
from outbox.mails.models import Mail
from tests.browser.looks import check_page
from tests.browser.test_desk import NARROW, WIDE, account, bob, course, sign_in
from tests.enrolments.given import assign, given_pack
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory

__all__ = ["account", "bob", "course", "sign_in"]

PLACES = [("fr-FR", NARROW, "light"), ("en-GB", WIDE, "dark")]
WORDS = "I would like to take it in spring, with a-very-long-word-that-has-no-blank-in-it-whatsoever"


def keep(page: Page, name: str) -> None:
    """Check the page; save a picture of it where a folder for them is named."""
    check_page(page)
    if folder := os.environ.get("PICTURES_OF_REQUESTS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


@pytest.mark.parametrize(("locale", "viewport", "color_scheme"), PLACES)
def test_a_person_asks_for_a_course_and_an_operator_places_them(
    browse, live_shop, sign_in, account, bob, course, locale, viewport, color_scheme
):
    now = timezone.now()
    first, second = given_pack(account, seats=2, now=now)
    carol = UserFactory(first_name="Carol", last_name="Petit")
    CourseFactory()  # another one to choose, so that none is chosen from the beginning
    assign(first, CourseFactory(), carol.email, bob, now=now)
    options = {"viewport": viewport, "color_scheme": color_scheme, "reduced_motion": "reduce"}
    page = sign_in(browse(live_shop.base_url, locale=locale, **options), carol)
    page.goto("/learn/")
    page.locator("main a[href='/requests/']").click()
    page.locator("main form .actions button").click()
    expect(page.locator("#form-errors")).to_be_focused()
    keep(page, f"{locale}-1-refused")
    page.locator("main [name=what]").select_option(f"{account.pk}:{course.pk}")
    page.locator("main [name=words]").fill(WORDS)
    page.locator("main form .actions button").click()
    expect(page.locator("main [name=withdraw]")).to_be_visible()
    keep(page, f"{locale}-2-asked")

    asked = CourseRequest.objects.get()
    desk = sign_in(browse(live_shop.base_url, locale=locale, **options), bob)
    desk.goto(f"/account/{account.pk}/")
    desk.locator(f"main .waiting a[href='/account/{account.pk}/requests/']").click()
    keep(desk, f"{locale}-3-requests")
    desk.locator(f"main a[href='/account/{account.pk}/requests/{asked.pk}/']").click()
    keep(desk, f"{locale}-4-request")
    desk.locator("main button[name=place]").click()
    expect(desk.locator(".messages .notice")).to_be_visible()
    assert Seat.objects.get(pk=second.pk).person == carol
    desk.goto(f"/account/{account.pk}/requests/{asked.pk}/")
    keep(desk, f"{locale}-5-answered")


@pytest.mark.parametrize(("locale", "viewport", "color_scheme"), PLACES)
def test_an_operator_wishes_for_more_and_a_buyer_puts_it_into_the_cart(
    browse, live_shop, sign_in, account, bob, locale, viewport, color_scheme
):
    EntryFactory(code="SAFETY")
    [seat] = given_pack(account, now=timezone.now())
    alice = MembershipFactory(account=account, is_owner=False, is_buyer=True).user
    options = {"viewport": viewport, "color_scheme": color_scheme, "reduced_motion": "reduce"}
    page = sign_in(browse(live_shop.base_url, locale=locale, **options), bob)
    page.goto(f"/account/{account.pk}/seats/{seat.pk}/")
    keep(page, f"{locale}-6-seat")
    page.locator(".buy-more [name=quantity]").fill("3")
    page.locator(".buy-more button").click()
    page.locator("main [name=words]").fill(WORDS)
    keep(page, f"{locale}-7-wish")
    page.locator("main button[name=ask]").click()
    expect(page.locator(".messages .notice")).to_be_visible()
    assert [mail.recipient for mail in Mail.objects.filter(kind="buy_more_asked")] == [alice.email]

    buyer = sign_in(browse(live_shop.base_url, locale=locale, **options), alice)
    buyer.goto(f"/account/{account.pk}/more/SAFETY/?quantity=3")
    keep(buyer, f"{locale}-8-more")
    buyer.locator("main form .actions button").click()
    expect(buyer).to_have_url(f"{live_shop.base_url}/cart/")
    expect(buyer.locator("main input[name^=quantity-]")).to_have_value("3")
    page.goto(f"/account/{account.pk}/seats/counts/")
    keep(page, f"{locale}-9-counts")
