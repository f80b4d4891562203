"""A card is saved once for what is due later, whatever gets lost on the way."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from shop.payments.configured.services import save_settings
from shop.payments.port import CallRefused
from shop.payments.saved_cards.models import SavedCard
from shop.payments.saved_cards.saving import CardNotBegun, NoCardWanted, remove_card
from tests.constraints import broken, copy, run
from tests.factories.accounts import UserFactory
from tests.factories.shop import make_cart, place
from tests.shop.admin_pages import text_of
from tests.shop.payments.configured.given import row_of
from tests.shop.payments.providers.desks import signed
from tests.shop.payments.saved_cards.given import begin, on, saved
from tests.shop.steps import english_client

pytestmark = pytest.mark.django_db(transaction=True)


def test_nothing_is_charged_and_the_card_is_known_by_its_last_digits(order, desk):
    row = saved(order, desk)
    assert (row.state, row.last4, row.url) == ("saved", 4242, "")
    assert row.card.startswith("cus_")
    assert desk.service.of("pi") == []


def test_two_tabs_lead_to_one_page(order, desk):
    assert begin(order) == begin(order)
    assert len(desk.service.of("cs")) == 1


def test_a_lost_answer_costs_no_second_page(order, desk):
    desk.service.dies = True
    with pytest.raises(CardNotBegun):
        begin(order)
    desk.service.dies = False
    begin(order)
    assert len(desk.service.of("cs")) == 1


def test_a_page_that_has_closed_is_followed_by_another(order, desk):
    first = begin(order)
    assert begin(order, now=on(2)) != first
    assert list(SavedCard.objects.order_by("pk").values_list("state", flat=True)) == ["ended", "started"]


def test_a_message_about_it_is_heard_once_and_records_no_money(order, desk):
    begin(order)
    row = SavedCard.objects.get()
    desk.service.save_card(row.reference)
    answers = [
        Client()
        .post(
            reverse("payment-webhook", args=["stripe"]),
            message.body,
            content_type="application/json",
            headers=dict(message.headers),
        )
        .status_code
        for message in [signed(body) for body in desk.service.waiting * 2]
    ]
    assert answers == [204, 200]
    row.refresh_from_db()
    assert row.state == "saved"
    assert not order.payments.exists()


def test_a_customer_who_comes_back_has_it_asked(order, desk):
    begin(order)
    desk.service.save_card(SavedCard.objects.get().reference)
    Client().get(reverse("payment-return", args=["stripe", order.token]))
    assert SavedCard.objects.get().state == "saved"


def test_one_that_is_saved_already_is_not_saved_again(order, desk):
    begin(order)
    desk.service.save_card(SavedCard.objects.get().reference)  # and the message is lost
    with pytest.raises(NoCardWanted):
        begin(order)
    assert SavedCard.objects.get().state == "saved"


def test_what_is_due_now_needs_none(probe_entry, desk):
    order = place(make_cart(probe_entry))
    with pytest.raises(NoCardWanted):
        begin(order)


def test_a_provider_that_refuses_the_call_is_called_anew_under_another_key(order, desk, monkeypatch):
    monkeypatch.setenv("STRIPE_SECRET_KEY", "sk_test_wrong")
    with pytest.raises(CardNotBegun) as refusal:
        begin(order)
    assert isinstance(refusal.value.__cause__, CallRefused)
    assert SavedCard.objects.get().state == "ended"


def test_switched_off_it_is_not_begun(order, desk):
    row_of()
    save_settings(provider=desk.provider, offer="no", typed={}, actor=UserFactory(), now=timezone.now())
    with pytest.raises(NoCardWanted):
        begin(order)


class TestThePage:
    def test_offers_to_save_and_to_remove_it(self, order, desk):
        client = english_client()
        page = text_of(client.get(reverse("order", args=[order.token])))
        assert "Have your card charged on the day" in page
        answer = client.post(reverse("order-card", args=[order.token]))
        assert answer["Location"].startswith(desk.service.page_base)

        desk.service.save_card(SavedCard.objects.get().reference)
        client.get(reverse("payment-return", args=["stripe", order.token]))
        assert "We charge the card ending in 4242 by itself" in text_of(client.get(f"/orders/{order.token}/"))

        client.post(reverse("order-card", args=[order.token]), {"card": "remove"})
        assert SavedCard.objects.get().state == "ended"
        assert "Save a card" in text_of(client.get(f"/orders/{order.token}/"))

    def test_tells_that_the_provider_is_silent(self, order, desk, monkeypatch):
        monkeypatch.setenv("STRIPE_API_BASE", "http://127.0.0.1:9")
        answer = english_client().post(reverse("order-card", args=[order.token]), follow=True)
        assert "cannot be reached just now" in text_of(answer)


class TestConstraints:
    def test_an_order_has_one_card_that_lives(self, order, desk):
        row = saved(order, desk)
        with broken("shop_savedcard_own_one_live"):
            copy("shop_savedcard", row.pk, key="00000000-0000-4000-8000-000000000000", reference="other")

    def test_a_key_is_used_once(self, order, desk):
        row = saved(order, desk)
        with broken("shop_savedcard_key_once"):
            copy("shop_savedcard", row.pk, state="ended", reference="other")

    def test_a_page_saves_one_card(self, order, desk):
        row = saved(order, desk)
        remove_card(order=order)
        with broken("shop_savedcard_reference_once"):
            copy("shop_savedcard", row.pk, key="00000000-0000-4000-8000-000000000000")

    @pytest.mark.parametrize("what", ["card = ''", "saved_at = NULL", "state = 'begun'", "state = 'gone'"])
    def test_a_state_has_what_belongs_to_it(self, order, desk, what):
        row = saved(order, desk)
        with broken("shop_savedcard_state"):
            run(f"UPDATE shop_savedcard SET {what} WHERE id = %s", row.pk)
