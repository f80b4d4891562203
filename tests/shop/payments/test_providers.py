"""The contract of payment providers, kept by every installed one, and the registry for new ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from importlib import import_module
from typing import ClassVar
from urllib.parse import urlsplit

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from shop.orders.models import Order
from shop.payments import providers as packages
from shop.payments.attempts.models import PaymentAttempt
from shop.payments.attempts.services import attempt_told
from shop.payments.configured.declared import KeyField, SettingsForm
from shop.payments.models import Payment, PaymentEvent
from shop.payments.port import (
    Attempt,
    CallRefused,
    Forged,
    Message,
    Notice,
    NotificationRefused,
    Provider,
    ProviderEvent,
    Started,
    check_event,
)
from shop.payments.providers.sandbox import bank
from shop.payments.providers.sandbox.provider import SIGNATURE_HEADER, event_of
from shop.payments.registry import get_provider, installed, origins, temporary
from tests.factories.shop import charge_at_sandbox, make_cart, place
from tests.shop.payments.providers.desks import gocardless_desk, lyra_desk, mollie_desk, stripe_desk

pytestmark = pytest.mark.django_db

EVERY = [import_module(f"{packages.__name__}.{name}").provider for name in installed()]
# Without any valid signature.
FORGED = [
    Message(b"", {}),
    Message(b"{}", {}),
    Message(b"\xff\x00", {"Authorization": "Bearer x", "Signature": "é" * 64}),
    Message(json.dumps({"id": "evt_1", "kind": "succeeded", "amount": "1.00"}).encode(), {SIGNATURE_HEADER: "0" * 64}),
    Message(b"[" * 100_000, {SIGNATURE_HEADER: ""}),
]


@pytest.fixture
def order(probe_entry) -> Order:
    return place(make_cart(probe_entry))


def attempt_of(order: Order, provider: Provider) -> Attempt:
    sums = {"amount": order.gross, "currency": order.currency}
    attempt = PaymentAttempt(order=order, provider=provider.name, begun_at=timezone.now(), **sums)
    return attempt_told(attempt)


class Elsewhere(Provider):
    """Provider whose page is on another site."""

    name = "elsewhere"
    label = "Elsewhere"
    is_immediate = True
    origins: ClassVar[tuple[str, ...]] = ("https://pay.example", "https://pay.example:8443")

    has_page = True

    def start(self, attempt: Attempt) -> Started:
        return Started(f"session-{attempt.key}", f"https://pay.example/{attempt.order_number}")


@pytest.mark.parametrize("provider", EVERY, ids=lambda provider: provider.name)
class TestEveryProvider:
    @pytest.fixture(autouse=True)
    def _chosen(self, provider, monkeypatch) -> Iterator[None]:
        """Choose a provider that this installation has not chosen."""
        with ExitStack() as stack:
            if provider.name == "lyra":
                stack.enter_context(lyra_desk(monkeypatch))
            elif provider.name == "stripe":
                stack.enter_context(stripe_desk(monkeypatch))
            elif provider.name == "mollie":
                stack.enter_context(mollie_desk(monkeypatch))
            elif provider.name == "gocardless":
                stack.enter_context(gocardless_desk(monkeypatch))
            elif get_provider(provider.name) is None:
                stack.enter_context(temporary(provider))
            yield

    def test_is_called_like_its_package(self, provider):
        assert isinstance(provider, Provider)
        assert f"{type(provider).__module__}.".startswith(f"{packages.__name__}.{provider.name}.")
        assert len(provider.name) <= Payment._meta.get_field("provider").max_length
        assert str(provider.label)

    @pytest.mark.parametrize("message", FORGED, ids=range(len(FORGED)))
    def test_takes_no_message_that_nobody_signed(self, provider, message):
        with pytest.raises(Forged):
            provider.verify(message)

    def test_a_forged_message_leaves_no_trace(self, provider, order):
        answer = Client().post(f"/payments/{provider.name}/webhook/", b"{}", content_type="application/json")
        assert answer.status_code == 400
        assert not PaymentEvent.objects.exists()
        assert not Payment.objects.exists()

    def test_names_sites_and_not_patterns_of_sites(self, provider):
        for origin in provider.origins:
            parts = urlsplit(origin)
            assert parts.scheme == "https"
            assert parts.hostname
            assert f"{parts.scheme}://{parts.netloc}" == origin
            assert "*" not in origin

    def test_sends_customers_to_the_shop_or_to_a_site_it_names(self, provider, order):
        if not provider.has_page:
            with pytest.raises(CallRefused):
                provider.start(attempt_of(order, provider))
            return
        where = urlsplit(provider.start(attempt_of(order, provider)).url)
        assert not where.netloc or f"{where.scheme}://{where.netloc}" in provider.sites()

    def test_knows_nothing_of_a_payment_it_never_took(self, provider, order):
        payment = Payment.objects.create(
            provider=provider.name,
            reference="made up",
            order=order,
            amount=1,
            currency="EUR",
            created_at=order.placed_at,
        )
        try:
            event = provider.fetch(Notice(reference=payment.reference), now=timezone.now())
        except NotificationRefused:
            event = None
        assert event is None


class TestTheSandbox:
    sandbox = get_provider("sandbox")

    def read(self, body: bytes, signature: str) -> Notice | None:
        return self.sandbox.verify(Message(body, {SIGNATURE_HEADER: signature}))

    def told(self, order: Order, **changes: object) -> tuple[ProviderEvent, bytes, str]:
        event = event_of(charge_at_sandbox(order, "succeed", now=timezone.now()), event_id="e1")
        event = type(event)(**(vars(event) | changes))
        return (event, *bank.notification(event))

    @pytest.mark.parametrize("kind", PaymentEvent.Kind.values)
    def test_answers_a_message_about_a_payment_with_what_to_look_up(self, order, kind):
        event, body, signature = self.told(order, kind=kind)
        notice = self.read(body, signature)
        assert (notice.event_id, notice.reference) == ("e1", event.reference)
        fetched = self.sandbox.fetch(notice, now=timezone.now())
        check_event(fetched)
        assert (fetched.kind, fetched.amount, fetched.order_number) == (kind, order.gross, order.number)

    @pytest.mark.parametrize("kind", ["payout", "refunds", "", "SUCCEEDED"])
    def test_is_not_interested_in_what_is_no_payment(self, order, kind):
        _event, body, signature = self.told(order, kind=kind)
        assert self.read(body, signature) is None

    def test_checks_the_signature_first(self, order):
        body, signature = bank.payout()
        with pytest.raises(Forged):
            self.read(body + b" ", signature)

    @pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"[" * 100_000, b'{"kind": 5}', b'{"kind": "succeeded"}'])
    def test_a_signed_message_without_sense_is_refused_and_not_called_forged(self, body):
        with pytest.raises(NotificationRefused) as refusal:
            self.read(body, bank.signature(body))
        assert not isinstance(refusal.value, Forged)


class TestWhereFormsLead:
    def form_action(self, path: str) -> str:
        header = Client().get(path)["Content-Security-Policy"]
        return next(part.strip() for part in header.split(";") if part.strip().startswith("form-action"))

    def test_an_orders_page_lets_forms_lead_to_the_chosen_providers_and_nowhere_else(self, order):
        path = reverse("order", args=[order.token])
        with temporary(Elsewhere()):
            assert self.form_action(path) == "form-action 'self' https://pay.example https://pay.example:8443"
        assert self.form_action(path) == "form-action 'self'"

    def test_no_other_page_does(self, order):
        with temporary(Elsewhere()):
            for path in ("/", "/cart/", "/auth/login/", reverse("sandbox-pay", args=[order.token])):
                assert self.form_action(path) == "form-action 'self'"

    def test_choosing_it_leads_there(self, order):
        with temporary(Elsewhere()):
            answer = Client().post(reverse("order-pay", args=[order.token]), {"method": "elsewhere"})
        assert answer["Location"] == f"https://pay.example/{order.number}"

    def test_a_site_of_two_providers_is_named_once(self):
        class Another(Elsewhere):
            name = "another"

        with temporary(Elsewhere()), temporary(Another()):
            assert origins() == ["https://pay.example", "https://pay.example:8443"]

    @pytest.mark.parametrize(
        "origin",
        [
            *("https://*.pay.example", "*", "https:", "http://pay.example", "https://pay.example/", "pay.example"),
            *("https://pay.example; script-src *", "https://pay.example https://other.example", "https://", "'self'"),
        ],
    )
    def test_what_is_no_single_site_is_refused(self, origin):
        class Wide(Elsewhere):
            origins = (origin,)

        with pytest.raises(ImproperlyConfigured, match="which is no origin"), temporary(Wide()):
            pass
        assert get_provider("elsewhere") is None


class TestWhatIsRefusedAtTheStart:
    def test_an_imaginary_provider_where_money_counts(self, settings):
        settings.IMAGINARY_MONEY = False
        refusal = "'sandbox', which delivers without any money"
        with pytest.raises(ImproperlyConfigured, match=refusal), temporary(get_provider("sandbox")):
            pass

    def test_a_provider_with_some_of_its_variables_and_all_that_are_missing_are_named(self, monkeypatch):
        class Keys(SettingsForm):
            provider = "elsewhere"
            variables: ClassVar = {
                "key": "ELSEWHERE_KEY", "secret": "ELSEWHERE_SECRET", "site": "ELSEWHERE_SITE"
            }  # fmt: skip
            key, secret, site = KeyField(), KeyField(), KeyField()

        class Keyed(Elsewhere):
            settings_form = Keys

        with temporary(Keyed()) as provider:  # the administration may have them
            assert get_provider("elsewhere") is provider
        monkeypatch.setenv("ELSEWHERE_SITE", "12")
        monkeypatch.setenv("ELSEWHERE_SECRET", " ")
        refusal = "'elsewhere' needs ELSEWHERE_KEY, ELSEWHERE_SECRET in the environment"
        with pytest.raises(ImproperlyConfigured, match=refusal), temporary(Keyed()):
            pass
        monkeypatch.setenv("ELSEWHERE_KEY", "k")
        monkeypatch.setenv("ELSEWHERE_SECRET", "s")
        with temporary(Keyed()) as provider:
            assert get_provider("elsewhere") is provider
        assert get_provider("elsewhere") is None
