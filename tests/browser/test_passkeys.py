"""A passkey in a real browser, with an authenticator that Chromium plays."""

from importlib import import_module
from typing import Any

import pytest
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.urls import reverse
from playwright.sync_api import Page, expect

from tests.browser.administration import fits_within
from tests.browser.looks import findings
from tests.factories.accounts import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = "alice@example.org"


def plug_in(page: Page) -> None:
    """Give the browser an authenticator that holds passkeys and is touched at once."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def check(page: Page) -> None:
    for width in (1360, 320):
        fits_within(page, width)
    assert findings(page, part="main", runOnly=["wcag2a", "wcag2aa"]) == [], page.url


def sign_in(page: Page) -> None:
    page.goto(reverse("account_login"))
    page.locator("[name=login]").fill(ADDRESS)
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Se connecter", exact=True).click()


def add(page: Page, name: str) -> None:
    page.goto(reverse("mfa_add_webauthn"))
    page.locator("main [name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Continuer").click()
    page.wait_for_url(f"**{reverse('mfa_add_webauthn')}")
    check(page)
    page.locator("[name=name]").fill(name)
    page.locator("#passkey_add").click()
    page.wait_for_url(f"**{reverse('mfa_view_recovery_codes')}")


def test_a_passkey_is_added_signs_in_is_renamed_and_removed(page, live_shop):
    alice = UserFactory(email=ADDRESS, language="fr")
    plug_in(page)
    sign_in(page)
    page.wait_for_url(lambda url: "/auth/" not in url)
    add(page, "Mon téléphone")
    passkey = Authenticator.objects.get(user=alice, type="webauthn")
    assert passkey.wrap().name == "Mon téléphone"

    page.goto(reverse("mfa_list_webauthn"))
    check(page)
    page.get_by_role("link", name="Renommer").click()
    page.locator("[name=name]").fill("Ma clé")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("heading", name="Ma clé")).to_be_visible()

    # Alone, without password.
    page.context.clear_cookies()
    page.goto(reverse("account_login"))
    check(page)
    page.locator("#passkey_login").click()
    page.wait_for_url(lambda url: "/auth/" not in url)
    page.goto(reverse("account-profile"))
    expect(page.locator("main [name=first_name]")).to_be_visible()

    # Beside the password.
    page.context.clear_cookies()
    sign_in(page)
    page.wait_for_url(f"**{reverse('mfa_authenticate')}**")
    check(page)
    page.locator("#passkey_show").click()
    page.wait_for_url(lambda url: "/auth/" not in url)

    page.goto(reverse("mfa_remove_webauthn", args=[passkey.pk]))
    check(page)
    page.get_by_role("button", name="Retirer").click()
    page.wait_for_url(f"**{reverse('mfa_list_webauthn')}")
    assert not Authenticator.objects.filter(user=alice).exists()


def test_staff_show_a_passkey_again_before_they_give_rights(settings, page, live_shop):
    UserFactory(email=ADDRESS, language="fr", is_staff=True, is_superuser=True)
    plug_in(page)
    sign_in(page)
    page.wait_for_url(lambda url: "/auth/" not in url)
    add(page, "Clé")
    settings.STAFF_NEEDS_SECOND_FACTOR = True
    page.goto(reverse("admin:auth_group_add"))
    age_proofs(settings, page)
    page.locator("[name=name]").fill("Accueil")
    page.locator("[name=_save]").click()
    page.wait_for_url(f"**{reverse('mfa_reauthenticate_webauthn')}**")
    check(page)
    assert not Group.objects.exists()

    page.locator("#passkey_show").click()

    page.wait_for_url(f"**{reverse('admin:auth_group_changelist')}")
    assert Group.objects.get().name == "Accueil"


def age_proofs(settings: Any, page: Page) -> None:
    """Make all that the session has proved eleven minutes older."""
    cookie = next(each for each in page.context.cookies() if each["name"] == settings.SESSION_COOKIE_NAME)
    session = import_module(settings.SESSION_ENGINE).SessionStore(cookie["value"])
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [
        {**record, "at": record["at"] - 11 * 60} for record in session[AUTHENTICATION_METHODS_SESSION_KEY]
    ]
    session.save()


def test_without_scripts_the_pages_say_that_passkeys_do_not_work(browse, live_shop):
    page = browse(live_shop.base_url, java_script_enabled=False)
    page.goto(reverse("account_login"))

    expect(page.locator("#passkey_login")).to_be_hidden()
    expect(page.locator("[name=password]")).to_be_visible()
