"""Acts on many seats in a real browser: ticked by keyboard, shown, done; on a narrow screen, and without scripts."""

import os

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import Page, expect

from enrolments.runs.running import JOB_KIND, run_step, start_run
from enrolments.seats.enter import enter_course
from enrolments.seats.many import Act, fingerprint_of, look_at
from enrolments.seats.models import Seat
from outbox.jobs.models import Job
from tests.browser.looks import check_page, tab_to
from tests.browser.test_desk import NARROW, WIDE, account, bob, course, sign_in
from tests.enrolments.given import assign, given_pack
from tests.factories.enrolments import CourseFactory

__all__ = ["account", "bob", "course", "sign_in"]


def keep(page: Page, name: str) -> None:
    """Check the page; save a picture of it where a folder for them is named."""
    check_page(page)
    if folder := os.environ.get("PICTURES_OF_SEATS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


@pytest.mark.parametrize(
    ("locale", "viewport", "color_scheme", "with_scripts"),
    [("fr-FR", NARROW, "light", True), ("en-GB", WIDE, "dark", False)],
)
def test_seats_are_ticked_looked_at_and_freed(
    browse, live_shop, sign_in, account, bob, course, locale, viewport, color_scheme, with_scripts
):
    seats = given_pack(account, seats=3, course_list="SST-*", now=timezone.now())
    CourseFactory(short_name="SST-2027-LYON", name_en="First aid, again", name_fr="Recyclage secourisme")
    for number, seat in enumerate(seats[:2]):
        assign(seat, course, f"a.rather.long.address.{number}@organisation.example.org", bob, now=timezone.now())
    options = {"viewport": viewport, "color_scheme": color_scheme, "reduced_motion": "reduce"}
    page = sign_in(browse(live_shop.base_url, locale=locale, **options), bob)
    if not with_scripts:
        page.route("**/*.js", lambda route: route.fulfill(body="", content_type="text/javascript"))

    page.goto(f"/account/{account.pk}/seats/{seats[0].pk}/move/")
    keep(page, f"{locale}-1-one")
    page.goto(f"/account/{account.pk}/seats/")
    keep(page, f"{locale}-2-seats")
    page.locator("main input[name=which][value=all]").check()
    page.locator("main button[name=act][value=move]").click()
    keep(page, f"{locale}-3-where")
    page.locator("main [name=to]").select_option(index=1)
    page.locator("main form button[type=submit]").click()
    expect(page.locator("main tbody tr")).to_have_count(3)
    keep(page, f"{locale}-4-move")
    page.goto(f"/account/{account.pk}/seats/")
    for seat in seats[:2]:
        tab_to(page, f"input[name=seat][value='{seat.pk}']")
        page.keyboard.press("Space")
    tab_to(page, "button[name=act][value=release]")
    page.keyboard.press("Enter")
    expect(page.locator("main tbody .badge-good")).to_have_count(2)
    keep(page, f"{locale}-5-release")
    page.locator("main form[method=post] [name=reason]").fill("Cours annulé")
    page.locator("main form[method=post] button[type=submit]").click()

    expect(page.locator(".messages .notice")).to_be_visible()
    assert Seat.objects.filter(state="available").count() == 3


@pytest.mark.parametrize(
    ("locale", "viewport", "color_scheme", "with_scripts"),
    [("fr-FR", NARROW, "light", True), ("en-GB", WIDE, "dark", False)],
)
def test_people_are_ticked_and_the_result_of_many_is_read(
    browse, live_shop, sign_in, account, bob, course, locale, viewport, color_scheme, with_scripts
):
    now = timezone.now()
    seats = given_pack(account, seats=3, course_list="SST-*", now=now)
    for number, seat in enumerate(seats):
        assign(seat, course, f"a.rather.long.address.{number}@organisation.example.org", bob, now=now)
    enter_course(user=Seat.objects.get(pk=seats[2].pk).person, course=course, now=now)
    options = {"viewport": viewport, "color_scheme": color_scheme, "reduced_motion": "reduce"}
    page = sign_in(browse(live_shop.base_url, locale=locale, **options), bob)
    if not with_scripts:
        page.route("**/*.js", lambda route: route.fulfill(body="", content_type="text/javascript"))

    page.goto(f"/account/{account.pk}/people/")
    page.locator("main tbody input[name=people]").first.check()
    page.locator("main input[name=which][value=all]").check()
    keep(page, f"{locale}-6-people")
    page.locator("main button[name=act][value=release]").click()
    expect(page.locator("main tbody tr")).to_have_count(3)
    keep(page, f"{locale}-7-release-people")
    chosen = list(
        Seat.objects.filter(account=account).select_related("batch", "role", "enrolment__role").order_by("pk")
    )
    shown = {"account": account, "act": Act.RELEASE, "seats": chosen, "to": None, "now": now}
    seen = fingerprint_of(Act.RELEASE, None, look_at(**shown))
    run = start_run(**shown, seen=seen, actor=bob, language="en", reason="The course was dropped")
    page.goto(f"/account/{account.pk}/seats/runs/{run.pk}/")
    keep(page, f"{locale}-8-under-way")
    while Job.objects.pending().filter(kind=JOB_KIND).exists():
        with transaction.atomic():
            job = Job.objects.pending().filter(kind=JOB_KIND).earliest("pk")
            run_step(job, now)
            job.delete()
    page.reload()
    expect(page.locator("main tbody tr")).to_have_count(3)
    keep(page, f"{locale}-9-result")
    page.goto(f"/account/{account.pk}/seats/runs/")
    keep(page, f"{locale}-10-runs")
