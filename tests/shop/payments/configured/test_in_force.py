"""Settings of providers in force: saved ones before those of the environment, for old payments as for new ones."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from shop.orders.models import Order
from shop.payments.attempts.models import PaymentAttempt
from shop.payments.attempts.services import start_payment
from shop.payments.attempts.sweep import ask_about_attempt
from shop.payments.configured import in_force
from shop.payments.configured.models import ProviderSettings
from shop.payments.configured.services import KeysChanged, KeysIncomplete, remove_keys, save_settings
from shop.payments.providers.stripe.keys import keys
from shop.payments.providers.stripe.provider import provider as stripe
from shop.payments.registry import get_provider, origins, providers
from shop.payments.services import methods_for
from tests.factories.accounts import UserFactory
from tests.factories.shop import make_cart, place
from tests.shop.payments.configured.given import STRIPE_KEYS, row_of, saved
from workbench.stand_ins import stripe as stand_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def service(monkeypatch) -> Iterator[stand_in.Stripe]:
    """Stripe's stand-in, whose address the environment names, and nothing else of it."""
    service = stand_in.Stripe()
    with stand_in.running(service) as address:
        monkeypatch.setenv("STRIPE_API_BASE", address)
        yield service


@pytest.fixture
def order(probe_entry) -> Order:
    return place(make_cart(probe_entry))


def of_environment(monkeypatch: pytest.MonkeyPatch, secret_key: str = "sk_test_other") -> None:
    monkeypatch.setenv("STRIPE_SECRET_KEY", secret_key)
    monkeypatch.setenv("STRIPE_WEBHOOK_SECRET", "whsec_other")


def ring(service: stand_in.Stripe) -> list[int]:
    """Have the shop hear what the stand-in has to tell; return the answers."""
    waiting, service.waiting = service.waiting, []
    where = reverse("payment-webhook", args=["stripe"])
    told = [(body, {"Stripe-Signature": stand_in.signature(body)}) for body in waiting]
    return [
        Client().post(where, body, content_type="application/json", headers=headers).status_code
        for body, headers in told
    ]


def test_without_keys_it_is_offered_to_nobody_and_hears_nothing(order, service):
    saved("stripe", secret_key="", webhook_secret="")
    assert stripe in providers()
    assert stripe not in methods_for(order)
    answer = Client().post(reverse("payment-webhook", args=["stripe"]), b"{}", content_type="application/json")
    assert answer.status_code == 404


def test_keys_saved_and_offered_it_takes_payments_without_any_variable(order, service):
    saved()
    assert stripe in methods_for(order)
    assert service.page_base in origins()
    attempt = start_payment(order=order, provider=stripe, now=timezone.now())
    service.pay(attempt.reference, "pay")
    assert ring(service) == [204]
    order.refresh_from_db()
    assert order.status == "paid"


def test_saved_keys_take_the_place_of_all_variables(monkeypatch):
    of_environment(monkeypatch)
    assert keys().secret_key == "sk_test_other"
    saved()
    assert (keys().secret_key, keys().webhook_secret) == (stand_in.SECRET_KEY, stand_in.WEBHOOK_SECRET)
    row = ProviderSettings.objects.get(name="stripe")
    remove_keys(provider=stripe, seen=row.keys_at)
    assert (keys().secret_key, keys().webhook_secret) == ("sk_test_other", "whsec_other")


def test_a_method_of_the_setting_is_not_offered_once_the_merchant_says_no(order):
    transfer = get_provider("transfer")
    assert transfer in methods_for(order)
    saved("transfer", offer="no")
    assert transfer not in methods_for(order)
    saved("transfer", offer="")
    assert transfer in methods_for(order)


def test_switched_off_it_still_hears_of_its_payments(order, service):
    saved()
    attempt = start_payment(order=order, provider=stripe, now=timezone.now())
    saved(offer="no")
    assert stripe not in methods_for(order)
    service.pay(attempt.reference, "pay")
    assert ring(service) == [204]
    order.refresh_from_db()
    assert order.status == "paid"


def test_switched_off_it_is_still_asked_by_the_sweep_and_sends_money_back(order, service):
    saved()
    attempt = start_payment(order=order, provider=stripe, now=timezone.now())
    saved(offer="no")
    service.pay(attempt.reference, "pay")
    ask_about_attempt(attempt_id=attempt.pk, now=timezone.now() + timedelta(minutes=5))
    order.refresh_from_db()
    assert order.status == "paid"
    assert PaymentAttempt.objects.get().state == "ended"
    answer = stripe.refund(reference=attempt.reference, amount=order.gross, currency=order.currency, key="k")
    assert answer.state == "succeeded"


def test_another_process_knows_a_change_seconds_later(monkeypatch):
    saved()
    in_force.remember({})  # this process has read before
    assert keys().secret_key == ""
    monkeypatch.setattr(in_force, "KEPT_SECONDS", 0.0)
    assert keys().secret_key == stand_in.SECRET_KEY


def test_many_questions_cost_one_query(django_assert_num_queries):
    saved()
    with django_assert_num_queries(1):
        for _each in range(3):
            keys(), providers(), origins()


class TestWhatIsStored:
    def test_secrets_are_encrypted_and_stay_where_they_are_left_empty(self):
        row = saved()
        assert stand_in.SECRET_KEY not in row.secret + str(row.plain)
        saved(secret_key="sk_test_new", webhook_secret="")
        assert (keys().secret_key, keys().webhook_secret) == ("sk_test_new", stand_in.WEBHOOK_SECRET)

    def test_keys_that_are_not_all_there_are_refused_and_nothing_is_written(self):
        with pytest.raises(KeysIncomplete):
            saved(offer="no", secret_key="sk_test_new", webhook_secret="")
        row = ProviderSettings.objects.get(name="stripe")
        assert (row.offer, row.secret, row.keys_at) == ("", "", None)

    def test_the_same_keys_again_keep_their_date_and_their_check(self):
        before = saved()
        ProviderSettings.objects.update(checked_at=timezone.now(), account="Academy")
        saved(offer="no")
        after = ProviderSettings.objects.get(name="stripe")
        assert (after.keys_at, after.secret, after.account) == (before.keys_at, before.secret, "Academy")
        saved(secret_key="sk_test_new", webhook_secret="")
        assert ProviderSettings.objects.get(name="stripe").checked_at is None

    def test_under_another_key_of_the_shop_none_counts_and_those_of_the_environment_neither(
        self, settings, monkeypatch
    ):
        of_environment(monkeypatch)
        saved()
        settings.SECRET_KEY = "z" * 60
        in_force.forget()
        assert keys().secret_key == ""
        save_settings(provider=stripe, offer="yes", typed=STRIPE_KEYS, actor=UserFactory(), now=timezone.now())
        assert keys().secret_key == stand_in.SECRET_KEY

    def test_keys_changed_since_are_not_removed(self):
        seen = saved().keys_at
        saved(secret_key="sk_test_new", webhook_secret="")
        with pytest.raises(KeysChanged):
            remove_keys(provider=stripe, seen=seen)
        with pytest.raises(KeysChanged):
            remove_keys(provider=get_provider("mollie"), seen=row_of("mollie").keys_at)
        assert keys().secret_key == "sk_test_new"
