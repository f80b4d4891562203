"""Pages of signing in and of the account area: our frame, both languages, one heading, a label on every field."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.links.effects import link_url
from accounts.links.services import NewLink, create_links
from tests.accounts.sign_in.proofs import give_app, sign_in_with
from tests.accounts.sign_in.test_sign_in import sign_in
from tests.factories.accounts import PASSWORD, MembershipFactory, UserFactory

pytestmark = pytest.mark.django_db

ADDRESS = "alice@example.org"


class Page(HTMLParser):
    """Parser of a page: language, headings, labels, fields, scripts; no browser needed."""

    def __init__(self, response):
        super().__init__()
        self.headings = 0
        self.labels: list[str] = []
        self.fields: list[dict[str, str]] = []
        self.ids: list[str] = []
        self.scripts: list[dict[str, str]] = []
        self.inline_styles = 0
        self.language = ""
        self.feed(response.content.decode())

    def handle_starttag(self, tag, attrs):
        values = {name: value or "" for name, value in attrs}
        self.ids += [values["id"]] if "id" in values else []
        self.inline_styles += "style" in values or tag == "style"
        if tag == "html":
            self.language = values["lang"]
        elif tag == "h1":
            self.headings += 1
        elif tag == "label":
            self.labels.append(values.get("for", ""))
        elif tag == "script":
            self.scripts.append(values)
        elif tag in ("input", "select", "textarea") and values.get("type") != "hidden":
            self.fields.append(values)


def assert_well_made(response, language):
    assert response.status_code in (200, 403, 404, 422)
    assert "Content-Security-Policy" in response
    page = Page(response)
    assert page.language == language
    assert page.headings == 1
    assert len(page.ids) == len(set(page.ids))
    assert [field for field in page.fields if field.get("id") not in page.labels] == []
    assert [script for script in page.scripts if "src" not in script] == []
    assert page.inline_styles == 0


@pytest.fixture(params=["en", "fr"])
def language(request):
    return request.param


@pytest.fixture
def browser(language):
    client = Client()
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    return client


@pytest.mark.parametrize(
    "name",
    [
        "account_login", "account_signup", "account_request_login_code", "account_reset_password", "account_inactive",
        "account_password_reset_completed",
    ],
)  # fmt: skip
def test_pages_for_visitors(browser, language, name):
    assert_well_made(browser.get(reverse(name)), language)
    assert_well_made(browser.get(f"{reverse(name)}?next=/cart/"), language)


@pytest.mark.parametrize(
    "name", ["account_login", "account_signup", "account_request_login_code", "account_reset_password"]
)
def test_pages_with_errors(browser, language, name):
    response = browser.post(reverse(name), {})

    assert_well_made(response, language)
    assert 'aria-invalid="true"' in response.content.decode()


def test_pages_that_ask_for_a_code(browser, language, code_for):
    person = {"email": ADDRESS, "password1": PASSWORD, "password2": PASSWORD}
    assert_well_made(browser.post(reverse("account_signup"), person, follow=True), language)
    assert_well_made(browser.post(reverse("account_email_verification_sent"), {"code": "WRONG"}), language)
    browser.post(reverse("account_logout"))
    assert_well_made(browser.post(reverse("account_request_login_code"), {"email": ADDRESS}, follow=True), language)
    browser.post(reverse("account_logout"))
    assert_well_made(browser.post(reverse("account_reset_password"), {"email": ADDRESS}, follow=True), language)
    code = {"code": code_for(ADDRESS)}
    assert_well_made(browser.post(reverse("account_confirm_password_reset_code"), code, follow=True), language)


def test_too_many_attempts(browser, language):
    for _ in range(12):
        response = browser.post(reverse("account_reset_password"), {"email": ADDRESS})
        if response.status_code == 429:
            break

    assert response.status_code == 429
    assert Page(response).headings == 1
    assert Page(response).language == language


@pytest.fixture
def alice(language):
    return MembershipFactory(user__email=ADDRESS, user__language=language).user


@pytest.mark.parametrize(
    "name",
    [
        "account_logout", "account_email", "account_change_password", "mfa_index", "mfa_activate_totp",
        "account-profile", "accounts-welcome", "accounts-second-factor",
    ],
)  # fmt: skip
def test_pages_for_who_is_signed_in(browser, language, alice, name):
    sign_in(browser, ADDRESS)
    assert_well_made(browser.get(reverse("account_reauthenticate")), language)
    browser.post(reverse("account_reauthenticate"), {"password": PASSWORD})

    assert_well_made(browser.get(reverse(name)), language)


@pytest.mark.parametrize("name", ["account-overview", "account-details", "account-members"])
def test_pages_of_an_account(browser, language, alice, name):
    sign_in(browser, ADDRESS)

    assert_well_made(browser.get(reverse(name, args=[alice.memberships.get().account_id])), language)


def test_the_page_of_somebody_without_account(browser, language):
    browser.force_login(UserFactory(language=language))

    assert_well_made(browser.get(reverse("account-home")), language)


def test_the_page_of_a_member(browser, language, alice):
    other = MembershipFactory(account=alice.memberships.get().account, is_owner=False, is_buyer=True)
    sign_in(browser, ADDRESS)

    assert_well_made(browser.get(reverse("account-member", args=[other.account_id, other.pk])), language)


def test_pages_with_a_choice_of_accounts(browser, language, alice):
    account = MembershipFactory(user=alice).account
    sign_in(browser, ADDRESS)

    for name in ("account-overview", "account-members"):
        assert_well_made(browser.get(reverse(name, args=[account.pk])), language)


def test_the_page_to_set_a_password(browser, language):
    browser.force_login(UserFactory(password=None))

    assert_well_made(browser.get(reverse("account_set_password")), language)


def test_pages_of_the_second_factor(browser, language, alice):
    app = give_app(alice)
    response = sign_in(browser, ADDRESS)
    assert_well_made(browser.get(response["Location"]), language)
    browser.force_login(alice)
    assert_well_made(browser.get(reverse("mfa_reauthenticate")), language)
    sign_in_with(browser, app)

    for name in (
        *("mfa_index", "mfa_deactivate_totp", "mfa_generate_recovery_codes"),
        *("mfa_list_webauthn", "mfa_add_webauthn"),
    ):
        assert_well_made(browser.get(reverse(name)), language)
    browser.post(reverse("mfa_generate_recovery_codes"))
    assert_well_made(browser.get(reverse("mfa_view_recovery_codes")), language)


@pytest.mark.parametrize("purpose", ["invitation", "membership", "claim"])
def test_the_pages_of_a_link(browser, language, purpose):
    account = MembershipFactory().account
    [link] = create_links(links=[NewLink(purpose=purpose, email=ADDRESS, account=account)], now=timezone.now())

    assert_well_made(browser.get(link_url(link)), language)
    assert_well_made(browser.get(link_url(link)[:-3] + "/"), language)
    browser.force_login(UserFactory(email="bob@example.org"))
    assert_well_made(browser.get(link_url(link)), language)


def test_no_page_of_allauth_is_left_unmade():
    """A page of allauth without a template of ours would come in allauth's own looks."""
    from pathlib import Path

    import allauth
    from allauth.mfa import app_settings as mfa
    from django.template.loader import get_template

    theirs = Path(allauth.__file__).parent / "templates"
    # Not reached: confirming by link, telephones, several addresses, sign-up by passkey, layouts that ours do not use.
    unused = {
        "account/email.html", "account/email_confirm.html", "account/phone_change.html", "mfa/trust.html",
        "account/confirm_phone_verification_code.html", "account/signup_by_passkey.html",
        "mfa/webauthn/signup_form.html",
    }  # fmt: skip
    assert set(mfa.SUPPORTED_TYPES) == {"totp", "webauthn", "recovery_codes"}
    for path in sorted([*theirs.glob("account/*.html"), *theirs.glob("mfa/**/*.html")]):
        name = str(path.relative_to(theirs))
        if name in unused or "base" in path.name or "snippets" in name:
            continue
        assert Path(get_template(name).origin.name).is_relative_to(settings.BASE_DIR), name
