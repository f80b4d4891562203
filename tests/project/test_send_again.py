"""A form whose token is out of date is sent again with all that was typed."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from accounts.browser_sessions.models import BrowserSession
from accounts.people.models import User
from shop.orders.models import Order
from tests.factories.accounts import PASSWORD, CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.catalog import EntryFactory
from tests.made_from import noted
from tests.shop.probes import diary as diary
from tests.shop.steps import VISITOR_DETAILS

pytestmark = pytest.mark.django_db

OURS = {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}
HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')


@pytest.fixture
def browser() -> Client:
    """Return a browser that checks tokens, with a cart."""
    client = Client(enforce_csrf_checks=True, headers={"accept-language": "en"})
    entry = EntryFactory()
    client.get(f"/e/{entry.code}/")
    post(client, f"/e/{entry.code}/", {"quantity": "1"})
    return client


def post(client: Client, address: str, typed: dict, headers=OURS):
    """Post with the token of the moment."""
    return client.post(address, typed | {"csrfmiddlewaretoken": client.cookies["csrftoken"].value}, headers=headers)


def carried(answer) -> dict[str, list[str]]:
    main = answer.content.decode().split("<main", 1)[1]
    found: dict[str, list[str]] = {}
    for name, value in HIDDEN.findall(main):
        found.setdefault(unescape(name), []).append(unescape(value))
    return found


def send_again(client: Client, answer):
    """Press the button of the page."""
    [action] = re.findall(r'<main.*?<form method="post" action="([^"]*)">', answer.content.decode(), re.DOTALL)
    return client.post(unescape(action), carried(answer), headers=OURS)


def test_details_typed_before_somebody_signed_in_elsewhere_are_sent_with_one_press(browser):
    answer = browser.post("/checkout/details/?from=here", VISITOR_DETAILS | {"city": 'L"Île & <b>'}, headers=OURS)

    assert answer.status_code == 403
    assert "<h1>Please send it again</h1>" in answer.content.decode()
    kept = {name: values[0] for name, values in carried(answer).items() if name != "csrfmiddlewaretoken"}
    assert kept == VISITOR_DETAILS | {"city": 'L"Île & <b>'}
    assert "no-store" in answer["Cache-Control"]
    assert send_again(browser, answer).url == "/checkout/review/"


def test_units_are_kept(browser, diary):
    entry = EntryFactory(handler="std_formprobe")
    post(browser, f"/e/{entry.code}/", {"quantity": "2"})
    from shop.cart.models import CartLine

    line = CartLine.objects.get(entry=entry)
    typed = {f"unit-{line.pk}-0-name": "Ann", f"unit-{line.pk}-1-name": "Bob", "next": "1"}

    answer = browser.post("/checkout/units/?page=1", typed, headers=OURS)
    assert answer.status_code == 403
    assert not line.units.exists()
    send_again(browser, answer)
    assert [unit.answers["name"] for unit in line.units.all()] == ["Ann", "Bob"]


def test_a_form_of_the_account_area_is_kept(browser):
    account = CustomerAccountFactory(name="Alpha", city="Lyon")
    browser.force_login(MembershipFactory(account=account).user)
    page = f"/account/{account.pk}/details/"
    typed = noted(browser, page, {**VISITOR_DETAILS, "name": "Alpha SARL", "city": "Lille"})

    answer = browser.post(page, typed, headers=OURS, follow=True)
    assert answer.status_code == 403
    send_again(browser, answer)
    account.refresh_from_db()
    assert (account.name, account.city) == ("Alpha SARL", "Lille")


def test_a_form_of_the_administration_is_kept(browser):
    browser.force_login(UserFactory(is_staff=True, is_superuser=True))
    typed = {"name_en": "Reduced", "name_fr": "Réduit", "rate": "5.5", "code": "RED"}

    answer = browser.post("/admin/catalog/tax/add/", typed, headers=OURS)

    assert answer.status_code == 403
    assert {name: values[0] for name, values in carried(answer).items() if name != "csrfmiddlewaretoken"} == typed
    assert send_again(browser, answer).status_code in (200, 302)


def test_passwords_and_codes_are_typed_again(browser):
    answer = browser.post("/auth/login/", {"login": "a@example.org", "password": "not-in-the-page"}, headers=OURS)
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "not-in-the-page" not in page
    assert "Passwords, codes and files are not kept" in page
    assert carried(answer)["login"] == ["a@example.org"]
    again = send_again(browser, answer)
    assert 'value="a@example.org"' in again.content.decode()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://testserver"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://testserver.evil.example"},
    ],
)
def test_a_form_of_another_site_gets_no_button(browser, headers):
    answer = browser.post("/checkout/details/", VISITOR_DETAILS, headers=headers)
    assert answer.status_code == 403
    assert "Send again" not in answer.content.decode()
    assert "Ateliers Martin" not in answer.content.decode()


def test_more_than_a_page_can_carry_is_refused_plainly(browser):
    answer = browser.post("/checkout/details/", VISITOR_DETAILS | {"city": "x" * 1_000_001}, headers=OURS)
    assert answer.status_code == 403
    assert "Send again" not in answer.content.decode()


def test_it_leads_nowhere_else(browser):
    answer = browser.post("//evil.example/", {"a": "b"}, headers=OURS)
    assert 'action="//' not in answer.content.decode()


def test_what_the_form_was_made_from_is_still_checked(browser):
    post(browser, "/checkout/details/", VISITOR_DETAILS)
    shown = browser.get("/checkout/review/").context["shown"]
    posted = {"cart": "another", "version": shown.version, "gross": shown.gross, "contents": shown.contents}
    answer = browser.post("/checkout/review/", posted, headers=OURS)
    again = send_again(browser, answer)
    assert "have changed meanwhile" in str(again.context["notice"])
    assert not Order.objects.exists()


def test_what_staff_typed_when_their_session_was_over_is_kept_until_they_have_signed_in_again():
    merchant = User.objects.create_superuser("merchant@example.org", PASSWORD, is_address_proved=True)
    client = Client(enforce_csrf_checks=True, headers={"accept-language": "en"})
    client.force_login(merchant)
    address = "/account/profile/"
    typed = noted(client, address, {"first_name": "Marie", "last_name": "Curie", "language": "en"})
    BrowserSession.objects.update(
        created_at=timezone.now() - timedelta(hours=2), last_seen_at=timezone.now() - timedelta(minutes=31)
    )

    answer = post(client, address, typed)

    assert answer.status_code == 403
    assert "sign in in another window" in answer.content.decode()
    assert carried(answer)["last_name"] == ["Curie"]
    again = send_again(client, answer)
    assert carried(again)["last_name"] == ["Curie"]
    client.force_login(merchant)
    assert send_again(client, again).status_code == 302
    merchant.refresh_from_db()
    assert merchant.last_name == "Curie"


def test_a_visitors_form_is_no_such_form(browser):
    answer = post(browser, "/account/profile/", {"first_name": "Marie"})

    assert answer.status_code == 302
