"""Payment methods in the administration: offered or not, keys that nobody sees again, and a try of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from shop.payments.configured.models import ProviderSettings
from shop.payments.configured.standing import make_rows
from shop.payments.providers.stripe.keys import keys
from tests.catalog.admin_pages import controls, merchant
from tests.shop.admin_pages import text_of
from tests.shop.payments.configured.given import row_of, saved
from workbench.stand_ins import lyra as lyra_stand_in
from workbench.stand_ins import stripe as stand_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    return merchant()


@pytest.fixture
def service(monkeypatch) -> Iterator[stand_in.Stripe]:
    service = stand_in.Stripe()
    with stand_in.running(service) as address:
        monkeypatch.setenv("STRIPE_API_BASE", address)
        yield service


def page(name: str = "stripe", what: str = "change") -> str:
    return reverse(f"admin:shop_providersettings_{what}", args=[row_of(name).pk])


def shown(client: Client, name: str = "stripe") -> dict[str, Any]:
    return controls(client.get(page(name)), "providersettings_form")


def save(client: Client, name: str = "stripe", **typed: str) -> Any:
    return client.post(page(name), shown(client, name) | typed)


def test_every_method_that_a_merchant_chooses_has_a_row():
    ProviderSettings.objects.all().delete()
    make_rows()
    make_rows()
    names = set(ProviderSettings.objects.values_list("name", flat=True))
    assert {"sandbox", "transfer", "cheque", "stripe", "lyra", "mollie"} <= names
    assert "free" not in names
    assert ProviderSettings.objects.count() == len(names)


def test_the_list_tells_what_is_offered_and_which_keys_there_are(client, monkeypatch):
    saved()
    text = text_of(client.get(reverse("admin:shop_providersettings_changelist")))
    assert "Stripe" in text
    assert "saved here" in text
    assert "missing" in text  # of Mollie
    assert "test: no money moves" in text


def test_keys_are_saved_and_never_shown_again(client):
    assert save(client, offer="yes", secret_key="sk_live_1", webhook_secret="whsec_1").status_code == 302

    assert (keys().secret_key, keys().webhook_secret) == ("sk_live_1", "whsec_1")
    again = client.get(page())
    sent = controls(again, "providersettings_form")
    assert (sent["secret_key"], sent["webhook_secret"], sent["offer"]) == ("", "", "yes")
    for secret in ("sk_live_1", "whsec_1", row_of().secret):
        assert secret not in again.content.decode()
    history = str(list(LogEntry.objects.values_list("change_message", flat=True)))
    assert "Secret key" in history
    assert "sk_live_1" not in history


def test_saved_again_as_shown_nothing_changes(client):
    before = saved()
    assert save(client).status_code == 302
    after = row_of()
    assert (after.secret, after.keys_at, after.offer) == (before.secret, before.keys_at, before.offer)


def test_what_is_not_a_secret_is_shown(client):
    values = {name.removeprefix("LYRA_").lower(): value for name, value in lyra_stand_in.settings("https://b").items()}
    assert save(client, "lyra", **values).status_code == 302
    sent = shown(client, "lyra")
    assert (sent["site_id"], sent["mode"]) == (values["site_id"], "TEST")
    assert (sent["form_key"], sent["api_password"]) == ("", "")


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"secret_key": "sk_live_1"}, "This field is required"),
        ({"secret_key": "pk_live_1", "webhook_secret": "whsec_1"}, "A secret key of Stripe begins with sk_"),
        ({"secret_key": "sk_live_1", "webhook_secret": "whsec 1"}, "begins with whsec_"),
        ({"secret_key": "sk_live_1\0", "webhook_secret": "whsec_1"}, "Null characters"),
    ],
)
def test_keys_that_cannot_be_right_are_told_at_their_field(client, typed, told):
    answer = save(client, **typed)
    assert answer.status_code == 200
    assert told in text_of(answer)
    assert row_of().keys_at is None
    assert all(value not in answer.content.decode() for value in typed.values() if value)


def test_keys_saved_by_a_colleague_meanwhile_are_not_replaced_unseen(client):
    sent = shown(client) | {"secret_key": "sk_live_mine", "webhook_secret": "whsec_mine"}
    saved()

    answer = client.post(page(), sent)

    assert "Somebody else has changed this" in text_of(answer)
    assert keys().secret_key == stand_in.SECRET_KEY


def test_the_connection_is_checked_and_told_in_plain_words(client, service):
    saved()
    answer = client.post(page(what="check"), follow=True)
    assert "account “Stand-in Academy”, test: no money moves" in text_of(answer)
    row = row_of()
    assert (row.account, row.is_test, row.problem) == ("Stand-in Academy", True, "")


def test_refused_keys_are_told_and_noted(client, service):
    saved(secret_key="sk_test_wrong", webhook_secret="whsec_1")
    answer = client.post(page(what="check"), follow=True)
    assert "The provider refuses these keys (api_key_invalid)" in text_of(answer)
    assert row_of().problem == "api_key_invalid"
    assert "sk_test_wrong" not in answer.content.decode()


def test_silence_is_told_and_not_held_against_the_keys(client, monkeypatch):
    monkeypatch.setenv("STRIPE_API_BASE", "http://127.0.0.1:9")
    saved()
    answer = client.post(page(what="check"), follow=True)
    assert "The provider did not answer" in text_of(answer)
    assert row_of().checked_at is None


def test_keys_of_the_environment_are_named_and_may_be_checked(client, service, monkeypatch):
    monkeypatch.setenv("STRIPE_SECRET_KEY", stand_in.SECRET_KEY)
    monkeypatch.setenv("STRIPE_WEBHOOK_SECRET", stand_in.WEBHOOK_SECRET)
    text = text_of(client.get(page()))
    assert "The keys in force come from the environment (STRIPE_SECRET_KEY, STRIPE_WEBHOOK_SECRET)" in text
    assert "/payments/stripe/webhook/" in text
    assert "Stand-in Academy" in text_of(client.post(page(what="check"), follow=True))


def test_keys_are_removed_by_a_button_that_names_them(client):
    saved()
    refused = client.post(page(what="remove"), {"seen": "yesterday"}, follow=True)
    assert "The keys were changed meanwhile" in text_of(refused)
    client.post(page(what="remove"), {"seen": row_of().keys_at.isoformat()})
    row = row_of()
    assert (row.keys_at, row.secret, row.plain) == (None, "", {})


def test_a_page_that_offers_what_cannot_be_offered_says_so(client):
    answer = client.post(page(), shown(client) | {"offer": "yes"}, follow=True)
    assert "Customers are not offered it" in text_of(answer)


def test_a_method_without_keys_has_a_switch_alone(client):
    assert set(shown(client, "transfer")) == {"csrfmiddlewaretoken", "made_from", "offer"}
    assert save(client, "transfer", offer="no").status_code == 302
    assert row_of("transfer").offer == "no"
