"""The contract of every provider whose page takes payments: from the beginning to the money sent back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from decimal import Decimal
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.utils import timezone, translation

from shop.payments.attempts.answers import note_started
from shop.payments.attempts.models import PaymentAttempt
from shop.payments.attempts.services import attempt_told, begin_attempt, start_payment
from shop.payments.attempts.sweep import ask_about_attempt
from shop.payments.configured.in_force import forget
from shop.payments.configured.keyed import Connection
from shop.payments.configured.models import ProviderSettings
from shop.payments.configured.services import try_keys
from shop.payments.configured.wording import check_in_words
from shop.payments.models import Payment, PaymentEvent, Settlement
from shop.payments.port import CallRefused, Forged, Notice, NotificationRefused, Provider, RefundState, Unreachable
from shop.payments.registry import installed
from shop.payments.saved_cards.port import CardProvider, Saving
from shop.payments.services import ask_about, methods_for
from tests.shop.payments.configured.given import row_of
from tests.shop.payments.providers.desks import (
    AtSandbox,
    Desk,
    gocardless_desk,
    lyra_desk,
    mollie_desk,
    receive,
    status_of,
    stripe_desk,
)
from tests.shop.payments.test_providers import EVERY

pytestmark = pytest.mark.django_db(transaction=True)


def told_of(row: ProviderSettings) -> str:
    """Return what the merchant reads of the last try of the keys."""
    with translation.override("en"):
        return check_in_words(row)


def silent(_provider: Provider) -> Connection:
    raise Unreachable("timeout")


DESKS = ["gocardless", "lyra", "mollie", "sandbox", "stripe"]
# Of the providers that keep cards.
AT_KEEPERS = pytest.mark.parametrize("desk", ["stripe"], indirect=True)


@pytest.fixture(params=DESKS)
def desk(request, monkeypatch) -> Iterator[Desk]:
    with ExitStack() as stack:
        match request.param:
            case "gocardless":
                yield stack.enter_context(gocardless_desk(monkeypatch))
            case "lyra":
                yield stack.enter_context(lyra_desk(monkeypatch))
            case "mollie":
                yield stack.enter_context(mollie_desk(monkeypatch))
            case "sandbox":
                yield AtSandbox()
            case "stripe":
                yield stack.enter_context(stripe_desk(monkeypatch))


def test_every_provider_with_a_page_is_held_to_it():
    assert [provider.name for provider in EVERY if provider.has_page] == DESKS
    assert set(DESKS) <= set(installed())


def test_a_provider_says_whether_it_tells_of_charge_backs():
    """Those of all others are noted by hand: of cards at Lyra, transfers, cheques."""
    assert [provider.name for provider in EVERY if provider.tells_charge_backs] == ["gocardless", "mollie", "stripe"]


def test_one_key_begins_one_payment(attempt, desk):
    again = desk.provider.start(attempt_told(attempt))
    assert (again.reference, again.url) == (attempt.reference, attempt.url)


def test_a_beginning_whose_answer_got_lost_is_found_by_its_key(order, desk):
    """Killed between the provider's answer and our commit."""
    attempt = begin_attempt(order=order, provider=desk.provider, now=timezone.now())
    begun = desk.provider.start(attempt_told(attempt))
    ask_about_attempt(attempt_id=attempt.pk, now=timezone.now())
    attempt.refresh_from_db()
    assert (attempt.state, attempt.reference, attempt.url) == ("started", begun.reference, begun.url)


def test_the_message_settles_once_however_often_it_comes_and_in_any_order(order, attempt, desk):
    messages = desk.pay(attempt)
    outcomes = receive(desk, *reversed(messages), *messages, messages[0])
    assert outcomes[0] == "settled"
    assert Settlement.objects.count() == 1
    assert status_of(order) == "paid"
    attempt.refresh_from_db()
    assert attempt.state == "ended"


def test_a_payment_whose_message_never_comes_is_found_by_asking(order, attempt, desk):
    """Killed between the customer's payment and our commit."""
    desk.pay(attempt)
    PaymentAttempt.objects.filter(pk=attempt.pk).update(reference=desk.reference(attempt))
    ask_about_attempt(attempt_id=attempt.pk, now=timezone.now())
    assert status_of(order) == "paid"


def test_what_the_provider_did_not_sign_is_refused(attempt, desk):
    for message in desk.forged(desk.pay(attempt)[0]):
        with pytest.raises(Forged):
            desk.provider.verify(message)


def test_after_a_decline_one_pays_by_another_attempt(order, attempt, desk):
    receive(desk, *desk.decline(attempt))
    assert status_of(order) == "placed"
    second = start_payment(order=order, provider=desk.provider, now=timezone.now())
    assert second.pk != attempt.pk
    receive(desk, *desk.pay(second))
    assert status_of(order) == "paid"


def test_a_decline_after_a_success_changes_nothing(order, attempt, desk):
    receive(desk, *desk.pay(attempt))
    late = PaymentAttempt.objects.create(
        order=order,
        provider=desk.provider.name,
        amount=order.gross,
        currency=order.currency,
        begun_at=timezone.now(),
        ask_again_at=timezone.now(),
    )
    note_started(late, desk.provider.start(attempt_told(late)))
    late.refresh_from_db()
    receive(desk, *desk.decline(late))
    assert status_of(order) == "paid"
    assert Settlement.objects.count() == 1


def test_another_amount_is_recorded_and_pays_nothing(order, attempt, desk):
    outcomes = receive(desk, *desk.pay(attempt, amount=order.gross - Decimal("0.01")))
    assert outcomes[0] == "mismatch"
    assert status_of(order) == "placed"
    assert Payment.objects.get(status="succeeded").amount == order.gross - Decimal("0.01")


def test_nothing_is_known_of_what_was_never_begun(desk):
    for reference in ("made up", "cs_made_up", "re_made_up", "dp_made_up"):
        with pytest.raises((NotificationRefused, CallRefused)):
            ask_about(desk.provider, Notice(reference), now=timezone.now())
    assert not PaymentEvent.objects.exists()


def test_an_ended_payment_ends_twice_without_error(attempt, desk):
    desk.provider.end(attempt.reference)
    desk.provider.end(attempt.reference)


class TestKeys:
    """Of a provider that needs keys: they are tried, and wrong ones told in plain words."""

    @pytest.fixture(autouse=True)
    def row(self, desk) -> None:
        row_of(desk.provider.name)

    def test_a_provider_with_keys_can_try_them(self, desk):
        assert bool(desk.key_variable) is (desk.provider.settings_form is not None)

    def test_right_keys_tell_that_no_money_moves(self, desk):
        if desk.key_variable:
            try_keys(provider=desk.provider, now=timezone.now())
            row = row_of(desk.provider.name)
            assert (row.problem, row.is_test, bool(row.account)) == ("", True, True)
            assert "no money moves" in told_of(row)

    def test_a_wrong_key_is_told_and_noted(self, desk, monkeypatch):
        if desk.key_variable:
            monkeypatch.setenv(desk.key_variable, f"{os.environ[desk.key_variable][:12]}wrong")
            with pytest.raises(CallRefused):
                try_keys(provider=desk.provider, now=timezone.now())
            row = row_of(desk.provider.name)
            assert row.problem
            assert "refuses these keys" in told_of(row)

    def test_silence_is_not_held_against_the_keys(self, desk, monkeypatch):
        if desk.key_variable:
            monkeypatch.setattr(type(desk.provider), "check_connection", silent)
            with pytest.raises(Unreachable):
                try_keys(provider=desk.provider, now=timezone.now())
            assert not row_of(desk.provider.name).problem


class TestSwitchedOff:
    """Of a provider that customers are not offered any more: what was begun there goes on."""

    @pytest.fixture(autouse=True)
    def switched_off(self, order, attempt, desk) -> Iterator[None]:
        row_of(desk.provider.name)
        ProviderSettings.objects.filter(name=desk.provider.name).update(offer=ProviderSettings.Offer.NO)
        forget()
        yield
        forget()

    def test_it_hears_of_its_old_payments_and_sends_money_back(self, order, attempt, desk):
        assert desk.provider not in methods_for(order)
        assert receive(desk, *desk.pay(attempt))[0] == "settled"
        assert status_of(order) == "paid"
        payment = order.payments.get(status="succeeded")
        answer = desk.provider.refund(
            reference=payment.reference, amount=Decimal("1.00"), currency=order.currency, key=str(uuid4())
        )
        assert answer.state in (RefundState.PENDING, RefundState.SUCCEEDED)

    def test_it_is_asked_by_the_sweep(self, order, attempt, desk):
        desk.pay(attempt)
        PaymentAttempt.objects.filter(pk=attempt.pk).update(reference=desk.reference(attempt))
        ask_about_attempt(attempt_id=attempt.pk, now=timezone.now())
        assert status_of(order) == "paid"


class TestSavedCards:
    """Of a provider that keeps cards: it saves one for a key, and charges it once for another."""

    @pytest.fixture
    def keeper(self, desk) -> CardProvider:
        assert isinstance(desk.provider, CardProvider)
        return desk.provider

    @pytest.fixture
    def saving(self, order) -> Saving:
        return Saving(str(uuid4()), order.number, "", "en", "https://a.example", "https://b.example", order.placed_at)

    def test_a_provider_says_that_it_keeps_cards_where_it_does(self, desk):
        assert desk.provider.saved_card is isinstance(desk.provider, CardProvider)
        assert desk.provider.saved_card is (desk.provider.name == "stripe")

    @AT_KEEPERS
    def test_one_key_saves_one_card_which_is_charged_once(self, order, keeper, saving, desk):
        begun = keeper.start_saving(saving)
        assert keeper.start_saving(saving).reference == begun.reference
        assert urlsplit(begun.url).netloc in keeper.sites()[0]
        assert keeper.fetch_card(begun.reference) is None
        desk.save_card(begun.reference)
        card = keeper.fetch_card(begun.reference)
        assert card is not None
        assert len(card.reference) <= 200
        attempt = PaymentAttempt.objects.create(
            order=order, provider=keeper.name, amount=order.gross, currency="EUR", by_card=True,
            begun_at=timezone.now(), ask_again_at=timezone.now(),
        )  # fmt: skip
        assert keeper.find_charge(attempt_told(attempt)) is None
        charged = keeper.charge(attempt_told(attempt), card.reference)
        assert keeper.charge(attempt_told(attempt), card.reference) == charged
        assert (charged.refusal, charged.needs_customer) == ("", False)
        found = keeper.find_charge(attempt_told(attempt))
        assert found is not None
        assert found.reference == charged.reference
        assert ask_about(keeper, Notice(charged.reference), now=timezone.now()) == "settled"
        assert Payment.objects.get().reference == charged.reference

    @AT_KEEPERS
    def test_a_page_on_which_a_card_is_saved_is_no_payment(self, order, keeper, saving, desk):
        begun = keeper.start_saving(saving)
        desk.save_card(begun.reference)
        assert ask_about(keeper, Notice(begun.reference), now=timezone.now()) is None
        assert not PaymentEvent.objects.exists()


class TestRefunds:
    @pytest.fixture(autouse=True)
    def paid(self, attempt, desk) -> None:
        receive(desk, *desk.pay(attempt))
        self.payment = Payment.objects.get(status="succeeded")

    def refund(self, desk: Desk, amount: str, key: str):
        sums = {"amount": Decimal(amount), "currency": "EUR"}
        return desk.provider.refund(reference=self.payment.reference, key=key, **sums)

    def test_one_key_sends_money_back_once(self, desk):
        first, again = self.refund(desk, "10.00", "k1"), self.refund(desk, "10.00", "k1")
        assert first == again
        assert first.state == RefundState.SUCCEEDED
        assert desk.provider.fetch_refund(first.reference) == first
        assert len(first.reference) <= 200

    def test_more_than_was_taken_is_refused(self, desk):
        with pytest.raises(CallRefused):
            self.refund(desk, str(self.payment.amount + 1), "k1")
