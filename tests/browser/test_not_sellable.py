"""A course fills up while a visitor shops: told on every page, in both languages and widths, and the rest goes on."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from enrolments.courses.models import Course
from enrolments.courses.places.models import PlaceHold
from handlers.testing import parameters
from tests.browser.looks import check_page
from tests.factories.accounts import CustomerAccountFactory
from tests.factories.catalog import CategoryFactory, EntryFactory
from tests.factories.enrolments import CourseFactory

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 320, "height": 640}


@pytest.fixture
def shelf(live_shop):
    """Sell a session in a course of three places in Lyon, packs of seats, and a chair."""
    CourseFactory(
        short_name="SEC-1", name_fr="Secourisme", name_en="First aid", capacity=3, venue_fr="Lyon", venue_en="Lyon"
    )
    shelf = CategoryFactory(slug="securite", name_fr="Sécurité", name_en="Safety")
    EntryFactory(
        code="SST", category=shelf, name_fr="Session", name_en="Session", handler="std_setuponecoursesession",
        parameters=parameters("std_setuponecoursesession", coursename="SEC-1", freetutors=2),
    )  # fmt: skip
    EntryFactory(
        code="PACK", category=shelf, name_fr="Lot de sièges", name_en="Pack of seats", handler="std_generateseats",
        parameters=parameters("std_generateseats", courselist="SEC-%", packsize=10, validity=365),
    )  # fmt: skip
    EntryFactory(code="CHAIR", category=shelf, name_fr="Chaise", name_en="Chair")
    return shelf


@pytest.mark.parametrize(
    ("locale", "size", "few", "full", "without"),
    [
        (
            "fr-FR",
            NARROW,
            "Il ne reste plus que 3 places.",
            "Ce cours est complet pour le moment.",
            "Retirer ce qui ne peut être acheté et continuer",
        ),
        (
            "en-GB",
            WIDE,
            "Only 3 places are left.",
            "This course is full at the moment.",
            "Remove what cannot be bought, and continue",
        ),
    ],
)
def test_a_course_that_fills_up(browse, live_shop, shelf, locale, size, few, full, without):
    page = browse(live_shop.base_url, locale=locale, viewport=size)
    page.goto("/e/SST/")
    expect(page.locator(".buy")).to_contain_text(few)
    expect(page.locator(".sold-course")).to_contain_text("Lyon")
    check_page(page)
    for code in ("SST", "CHAIR"):
        page.goto(f"/e/{code}/")
        page.locator(".buy-form button").click()
        page.wait_for_url("**/cart/")

    PlaceHold.objects.create(
        course=Course.objects.get(), account=CustomerAccountFactory(), order_id=1, line_id=1, places=3,
        held_at=timezone.now(),
    )  # fmt: skip

    page.goto("/")
    expect(page.locator(".card", has_text="Session")).to_contain_text(full)
    check_page(page)
    page.goto("/e/PACK/")
    expect(page.locator(".sold-courses")).not_to_contain_text("SEC-")
    check_page(page)
    page.goto("/cart/")
    expect(page.locator(".line-problem")).to_have_text(full)
    check_page(page)
    # The button stays: a script changes figures only. It leads back to the cart, which says why.
    page.locator("#continue").click()
    expect(page.locator(".notice-warn")).to_be_visible()
    expect(page.locator(".line-problem")).to_have_text(full)
    page.get_by_role("button", name=without).click()
    page.wait_for_url("**/checkout/details/")
    page.goto("/cart/")
    expect(page.locator(".cart-table tbody tr")).to_have_count(1)
