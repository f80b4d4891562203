"""The operator's desk in a real browser: by keyboard, in two tabs, on a narrow screen, in the dark, without scripts."""

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.people.delegation.models import Delegation
from enrolments.seats.enter import enter_course
from enrolments.seats.models import Seat
from tests.browser.looks import check_page, tab_to
from tests.enrolments.given import assign, given_pack, given_session
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.enrolments import CourseFactory

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 320, "height": 640}


def person_path(account, person):
    return f"/account/{account.pk}/people/{Delegation.objects.get(account=account, person=person).pk}/"


@pytest.fixture
def account(live_shop):
    return CustomerAccountFactory(name="Ateliers Martin")


@pytest.fixture
def bob(account):
    user = UserFactory(email="bob@example.org", first_name="Bob", last_name="Leroy", language="")
    return MembershipFactory(account=account, is_owner=False, is_operator=True, user=user).user


@pytest.fixture
def course(live_shop):
    return CourseFactory(
        short_name="SST-2026-PARIS", name_en="First aid at work", name_fr="Secourisme au travail", place="Salle 4, Lyon"
    )


@pytest.fixture
def sign_in(live_shop):
    def sign_in(page: Page, user) -> Page:
        client = Client()
        client.force_login(user)
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_shop.base_url}
        page.context.add_cookies([cookie])
        return page

    return sign_in


def fill(page: Page, email: str, first_name: str, last_name: str) -> None:
    for name, value in (("email", email), ("first_name", first_name), ("last_name", last_name)):
        page.locator(f"main [name={name}]").fill(value)


@pytest.mark.parametrize(
    ("locale", "viewport", "color_scheme"),
    [("fr-FR", NARROW, "light"), ("en-GB", WIDE, "dark")],
)
def test_every_page_of_the_desk_is_sound(
    browse, live_shop, sign_in, account, bob, course, locale, viewport, color_scheme
):
    free, taken, used, gone = given_pack(account, seats=4, course_list="SST-*")
    carol = assign(taken, course, "a.very.long.address.of.carol@example-organisation.org", bob, now=timezone.now()).user
    dan = assign(used, course, "dan@example.org", bob, now=timezone.now()).user
    enter_course(user=dan, course=course, now=timezone.now())
    made = given_session(course, account, tutors=(carol,), blanks=2)
    page = sign_in(
        browse(
            live_shop.base_url, locale=locale, viewport=viewport, color_scheme=color_scheme, reduced_motion="reduce"
        ),
        bob,
    )
    addresses = {
        "seats": f"/account/{account.pk}/seats/",
        "counts": f"/account/{account.pk}/seats/counts/",
        "free": f"/account/{account.pk}/seats/{free.pk}/",
        "taken": f"/account/{account.pk}/seats/{taken.pk}/",
        "used": f"/account/{account.pk}/seats/{used.pk}/",
        "release": f"/account/{account.pk}/seats/{taken.pk}/release/",
        "blank": f"/account/{account.pk}/seats/{made.batch.seats.filter(state='available').first().pk}/",
        "sessions": f"/account/{account.pk}/sessions/",
        "session": f"/account/{account.pk}/sessions/{made.group.pk}/",
        "people": f"/account/{account.pk}/people/",
        "person": person_path(account, carol),
        "settled": person_path(account, dan),
    }
    for address in addresses.values():
        page.goto(address)
        if address == addresses["seats"]:
            # The counts come after the list.
            expect(page.locator("main table")).to_have_count(2)
        check_page(page)
    # Refusals: a field marked; a seat gone meanwhile, first with another one free, then with none.
    page.goto(addresses["free"])
    page.locator("main form button[type=submit]:not(.button-secondary)").click()
    expect(page.locator("#form-errors")).to_be_focused()
    check_page(page)
    for name in ("instead", "none"):
        page.goto(f"/account/{account.pk}/seats/{gone.pk}/" if name == "instead" else addresses["free"])
        page.locator("main [name=course]").select_option(str(course.pk))
        fill(page, "eve@example.org", "Ève", "Petit")
        seat = gone if name == "instead" else free
        assign(seat, course, f"{name}@example.org", bob, now=timezone.now())
        page.locator("main form button[type=submit]:not(.button-secondary)").click()
        expect(page.locator("#form-errors")).to_be_focused()
        check_page(page)


def test_a_seat_is_assigned_by_keyboard_alone(browse, live_shop, sign_in, account, bob, course):
    [seat] = given_pack(account, course_list="SST-*")
    page = sign_in(browse(live_shop.base_url, locale="en-GB"), bob)
    page.goto(f"/account/{account.pk}/seats/")
    tab_to(page, f"main a[href='/account/{account.pk}/seats/{seat.pk}/']")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/account/{account.pk}/seats/{seat.pk}/")
    tab_to(page, "main [name=course]")
    # The only course is chosen already.
    expect(page.locator("main [name=course]")).to_have_value(str(course.pk))
    for value in ("carol@example.org", "Carol", "Petit"):
        page.keyboard.press("Tab")
        page.keyboard.type(value)
    page.keyboard.press("Enter")
    expect(page.locator("main [role=status]")).to_contain_text("carol@example.org, who is new to your account")
    check_page(page)
    tab_to(page, f"main a[href='/account/{account.pk}/seats/{seat.pk}/release/']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/release/")
    tab_to(page, "main [name=reason]")
    page.keyboard.type("Is ill")
    page.keyboard.press("Enter")
    expect(page.locator("main [role=status]")).to_contain_text("The seat is free again.")
    seat.refresh_from_db()
    assert (seat.state, list(seat.events.order_by("pk").values_list("reason", flat=True))) == (
        "available",
        ["sold", "assigned", "Is ill"],
    )


def test_of_two_tabs_the_second_is_told_and_goes_on_with_another_seat(browse, live_shop, sign_in, account, bob, course):
    alice = MembershipFactory(account=account, user__first_name="Alice", user__last_name="Martin").user
    first, second = given_pack(account, seats=2)
    of_alice = sign_in(browse(live_shop.base_url, locale="en-GB"), alice)
    of_bob = sign_in(browse(live_shop.base_url, locale="en-GB"), bob)
    for page in (of_alice, of_bob):
        page.goto(f"/account/{account.pk}/seats/{first.pk}/")
    fill(of_alice, "carol@example.org", "Carol", "Petit")
    fill(of_bob, "dan@example.org", "Dan", "Roux")
    for page in (of_alice, of_bob):
        page.locator("main form button[type=submit]:not(.button-secondary)").click()
    expect(of_alice.locator("main [role=status]")).to_contain_text("carol@example.org")
    expect(of_bob.locator("#form-errors")).to_contain_text("This seat is no longer free: Alice Martin changed it on")
    expect(of_bob.locator("main [name=email]")).to_have_value("dan@example.org")
    of_bob.locator("main form button[type=submit]:not(.button-secondary)").click()
    of_bob.wait_for_url(f"**/account/{account.pk}/seats/{second.pk}/")
    expect(of_bob.locator("main [role=status]")).to_contain_text("dan@example.org")
    assert [Seat.objects.get(pk=seat.pk).person.email for seat in (first, second)] == [
        "carol@example.org",
        "dan@example.org",
    ]


def test_without_scripts_a_person_is_put_right_and_mailed_again(browse, live_shop, sign_in, account, bob, course):
    [seat] = given_pack(account)
    carol = assign(seat, course, "carol@example.org", bob, now=timezone.now()).user
    page = sign_in(browse(live_shop.base_url, locale="fr-FR", java_script_enabled=False), bob)
    page.goto(f"/account/{account.pk}/people/")
    page.locator(f"main a[href='{person_path(account, carol)}']").click()
    page.locator("main [name=last_name]").fill("Petit")
    page.locator("main form:not([action]) button").click()
    expect(page.locator("h1")).to_have_text("Camille Petit")
    page.locator(f"main form[action='{person_path(account, carol)}mail/'] button").click()
    expect(page.locator("main .notice-bad")).to_be_visible()


def test_another_account_is_reached_by_a_link_and_the_first_tab_keeps_its_own(browse, live_shop, sign_in, account, bob):
    other = MembershipFactory(user=bob, account__name="Zinc SA", is_owner=True).account
    MembershipFactory(user=bob, account__name="Alpha SARL", is_owner=False, is_buyer=True)
    page = sign_in(browse(live_shop.base_url, locale="en-GB", viewport=NARROW, java_script_enabled=False), bob)
    page.goto(f"/account/{account.pk}/people/")
    second = page.context.new_page()
    second.goto(f"{live_shop.base_url}/account/{account.pk}/people/")
    expect(second.locator(".area-accounts summary")).to_contain_text("Ateliers Martin")
    second.locator(".area-accounts summary").click()
    second.get_by_role("link", name="Zinc SA").click()
    second.wait_for_url(f"**/account/{other.pk}/people/")
    expect(second.locator("main .lead")).to_have_text("Zinc SA")
    # Where the right is missing, the overview.
    second.locator(".area-accounts summary").click()
    second.get_by_role("link", name="Alpha SARL").click()
    expect(second.locator("h1")).to_have_text("Alpha SARL")
    page.locator("main form[role=search] button").click()
    page.wait_for_url(f"**/account/{account.pk}/people/?q=*")
    expect(page.locator("main .lead")).to_have_text("Ateliers Martin")


def test_the_overview_leads_to_what_waits(browse, live_shop, sign_in, account, bob, course):
    given_session(course, account, blanks=2)
    page = sign_in(browse(live_shop.base_url, locale="fr-FR", viewport=NARROW, color_scheme="dark"), bob)
    page.goto("/account/")
    page.wait_for_url(f"**/account/{account.pk}/")
    check_page(page)
    page.locator("main .waiting a").first.click()
    expect(page.locator("h1")).to_have_text("Secourisme au travail")


# A participant exchanged


@pytest.mark.parametrize(
    ("locale", "viewport", "color_scheme", "told"),
    [
        ("fr-FR", NARROW, "light", "dan@example.org a maintenant le siège."),
        ("en-GB", WIDE, "dark", "dan@example.org has the seat now."),
    ],
)
def test_a_participant_is_exchanged(
    browse,
    live_shop,
    sign_in,
    account,
    bob,
    course,
    locale,
    viewport,
    color_scheme,
    told,
):
    [seat] = given_pack(account)
    assign(seat, course, "a.very.long.address.of.carol@example-organisation.org", bob, now=timezone.now())
    page = sign_in(
        browse(
            live_shop.base_url, locale=locale, viewport=viewport, color_scheme=color_scheme, reduced_motion="reduce"
        ),
        bob,
    )
    page.goto(f"/account/{account.pk}/seats/{seat.pk}/")
    page.locator(f"main a[href$='/seats/{seat.pk}/replace/']").click()
    check_page(page)
    page.locator("main form button[type=submit]:not(.button-secondary)").click()
    expect(page.locator("#form-errors")).to_be_focused()
    check_page(page)
    fill(page, "dan@example.org", "Dan", "Petit")
    page.locator("main form button[type=submit]:not(.button-secondary)").click()

    expect(page.locator("main")).to_contain_text(told)
    check_page(page)
    assert Seat.objects.get().person.email == "dan@example.org"


def test_without_scripts_a_correction_that_names_another_person_leads_on_to_the_exchange(
    browse,
    live_shop,
    sign_in,
    account,
    bob,
    course,
):
    UserFactory(email="dan@example.org")
    first, second = given_pack(account, seats=2)
    carol = assign(first, course, "carol@example.org", bob, now=timezone.now()).user
    assign(second, CourseFactory(), "carol@example.org", bob, now=timezone.now())
    page = sign_in(browse(live_shop.base_url, locale="en-GB", viewport=NARROW, java_script_enabled=False), bob)
    page.goto(person_path(account, carol))
    page.locator("#id_email").fill("dan@example.org")
    page.get_by_role("button", name="Save").click()

    expect(page.locator("main")).to_contain_text("This address belongs to somebody else")
    expect(page.locator("main [name=seats]:checked")).to_have_count(2)
    expect(page.locator("#id_email")).to_have_value("dan@example.org")
    page.get_by_role("button", name="Exchange").click()

    expect(page.locator("main")).to_contain_text("dan@example.org has the 2 seats now.")
    assert {each.person.email for each in Seat.objects.all()} == {"dan@example.org"}
