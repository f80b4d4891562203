"""Learning in a real browser: from the invitation mail into the course, in both languages."""

import datetime
import re
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core import mail
from django.utils import timezone
from playwright.sync_api import Page, expect

from enrolments.courses.models import Course
from enrolments.seats.models import Seat, SeatState
from shop.seller.models import ShopIdentity
from tests.browser.looks import check_page, tab_to
from tests.enrolments.given import assign, days, given_pack, given_session
from tests.enrolments.learners import browser_of, by_hand
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.enrolments import CourseFactory

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 320, "height": 640}
NAMES = {"fr": "Évacuer sans danger", "en": "Evacuating safely"}


@pytest.fixture
def course(live_shop):
    """Make a course whose link leads to another origin, as to a learning platform: this machine by its number."""
    ShopIdentity.objects.update_or_create(pk=1, defaults={"name": "Amphi Formation"})
    elsewhere = live_shop.base_url.replace("localhost", "127.0.0.1")
    assert elsewhere != live_shop.base_url
    return CourseFactory(
        short_name="SEC-EVAC",
        name_en="Evacuating safely",
        name_fr="Évacuer sans danger",
        summary_en="Two half days. Bring sturdy shoes.",
        summary_fr="Deux demi-journées. Venez avec de bonnes chaussures.",
        place_en="Room 3\n12 rue des Lilas, Lyon",
        place_fr="Salle 3\n12 rue des Lilas, Lyon",
        last_day=timezone.localdate() + datetime.timedelta(days=60),
        group_mode=Course.GroupMode.SEPARATE,
        link=f"{elsewhere}/static/img/amphi.svg?course=evacuate",
    )


@pytest.fixture
def alice():
    return MembershipFactory(
        account__name="Ateliers Martin & fils", user__first_name="Alice", user__last_name="Roche"
    ).user


def invited(course, alice, language: str) -> Seat:
    account = alice.memberships.get().account
    [seat] = given_pack(account, now=timezone.now())
    assign(seat, course, "bob@example.org", alice, now=timezone.now())
    seat.refresh_from_db()
    seat.person.language = language
    seat.person.save()
    return seat


def link_in_mail() -> str:
    """Return the path of the one-time link in the last mail."""
    [found] = re.findall(r"https?://\S+/accounts/link/\S+", mail.outbox[-1].body)
    return urlsplit(found).path


def sign_in(page: Page, user, base_url: str) -> None:
    """Sign in by a session made here: other tests cover the sign-in page."""
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": browser_of(user).cookies[name].value, "url": base_url}])


def press(page: Page) -> None:
    page.locator("main form button[type=submit]").first.click()


@pytest.mark.parametrize(
    ("language", "locale", "viewport", "color_scheme"),
    [("fr", "fr-FR", NARROW, "light"), ("en", "en-GB", WIDE, "dark")],
)
def test_from_the_invitation_into_the_course(
    browse, live_shop, course, alice, language, locale, viewport, color_scheme
):
    seat = invited(course, alice, language)
    live_shop.run_jobs()
    page = browse(live_shop.base_url, locale=locale, viewport=viewport, color_scheme=color_scheme)

    page.goto(link_in_mail())
    check_page(page)
    press(page)
    page.wait_for_url("**/accounts/welcome/")
    check_page(page)
    page.locator("main .actions a.button").first.click()
    page.wait_for_url("**/learn/")
    check_page(page)
    page.get_by_role("link", name=NAMES[language]).click()
    page.wait_for_url("**/learn/SEC-EVAC/")
    check_page(page)
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.get_by_text("Alice Roche (Ateliers Martin & fils)")).to_be_visible()
    assert course.link not in page.content()

    page.locator(".my-course button").click()
    page.wait_for_url(course.link)
    seat.refresh_from_db()
    assert seat.state == SeatState.CONSUMED


def test_by_keyboard_and_without_javascript_the_way_is_the_same(browse, live_shop, course, alice):
    invited(course, alice, "en")
    live_shop.run_jobs()
    page = browse(live_shop.base_url, locale="en-GB", java_script_enabled=False)
    page.goto(link_in_mail())
    press(page)
    page.locator("main .actions a.button").first.click()
    page.wait_for_url("**/learn/")
    page.get_by_role("link", name="Evacuating safely").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/learn/SEC-EVAC/")
    page.get_by_role("button", name="Enter the course").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(course.link)


def test_every_stage_of_a_course_and_an_empty_list_are_sound(browse, live_shop, course, alice):
    bob = UserFactory(email="bob@example.org", first_name="Bob", last_name="Martin")
    page = browse(live_shop.base_url, locale="en-GB", viewport=NARROW, color_scheme="dark")
    sign_in(page, bob, live_shop.base_url)
    page.goto("/learn/")
    check_page(page)
    expect(page.locator(".empty")).to_be_visible()

    now = timezone.now()
    others = UserFactory.create_batch(60, first_name="Maximilienne", password=None)
    given_session(
        course, CustomerAccountFactory(), learners=(bob, *others[:-1]), tutors=(others[-1],), operator=alice, now=now
    )
    by_hand(bob, CourseFactory(name_en="Later"), starts=now + days(9), ends=now + days(20))
    by_hand(bob, CourseFactory(name_en="Before", short_name="BEFORE"), starts=now - days(9), ends=now - days(1))
    page.goto("/learn/")
    check_page(page)
    expect(page.locator(".my-course")).to_have_count(3)
    for name in ("Evacuating safely", "Later", "Before"):
        page.goto("/learn/")
        page.get_by_role("link", name=name).click()
        check_page(page)
        expect(page.locator(".my-course button")).to_have_count(1 if name == "Evacuating safely" else 0)
    page.goto("/learn/SEC-EVAC/")
    tab_to(page, ".pagination a[rel=next]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/learn/SEC-EVAC/?page=2")
    check_page(page)
