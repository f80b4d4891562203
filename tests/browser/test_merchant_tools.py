"""The merchant tries and copies an entry and enrols a person by hand, in a browser: wide and narrow."""

import pytest

from catalog.models.entries import Entry
from enrolments.courses.models import Course
from enrolments.grounds.models import Enrolment
from tests.browser.administration import check, signed_in
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory


@pytest.fixture
def course(live_shop) -> Course:
    return CourseFactory(
        short_name="SEC-1", name_fr="Sécurité incendie : équipier de première intervention", name_en="Fire safety"
    )


@pytest.fixture
def entry(course) -> Entry:
    return EntryFactory(
        code="SEC-SESSION",
        name_fr="Séance de sécurité incendie",
        name_en="Fire safety session",
        handler="std_setuponecoursesession",
        parameters={"coursename": "SEC-1", "supervisor": "teacher", "autoenrolsupervisor": True},
    )


def test_an_entry_is_tried(browse, live_shop, entry):
    page = signed_in(browse, live_shop.base_url, locale="en-GB", viewport={"width": 1360, "height": 900})
    page.goto(f"/admin/catalog/entry/{entry.pk}/change/")
    page.locator(f"a[href$='/{entry.pk}/try/']").click()
    page.locator("[name=quantity]").fill("4")
    page.locator("[name=quantity]").press("Enter")
    page.get_by_role("status").wait_for()
    page.locator("summary").first.click()
    check(page)
    assert not Enrolment.objects.exists()


def test_an_entry_is_copied(browse, live_shop, entry):
    page = signed_in(browse, live_shop.base_url, locale="en-GB")
    page.goto(f"/admin/catalog/entry/{entry.pk}/change/")
    page.get_by_role("button", name="Duplicate").click()
    page.get_by_text("This is a draft copied from SEC-SESSION").wait_for()
    assert page.locator("[name=code]").input_value() == "SEC-SESSION-2"


def test_somebody_is_enrolled_by_hand_and_let_go(browse, live_shop, course):
    page = signed_in(
        browse, live_shop.base_url, locale="fr-FR", color_scheme="dark", viewport={"width": 390, "height": 900}
    )
    page.goto(f"/admin/enrolments/course/{course.pk}/change/")
    page.locator("a[href$='/enrol/']").click()
    page.locator("[name=email]").wait_for()
    check(page)
    page.locator("[name=email]").fill("alice@example.org")
    page.locator("[name=email]").press("Enter")
    end = page.locator("form[action$='/end/'] button")
    end.wait_for()
    check(page)
    end.click()
    end.wait_for(state="detached")
    assert Enrolment.objects.get().closed_at is not None
