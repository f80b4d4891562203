"""Labels of payment methods: told apart by their providers where two in use read the same, alike on every page."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import translation

from shop.payments.providers.lyra.keys import Keys
from shop.payments.registry import method_label
from tests.factories.shop import make_cart, place
from tests.shop.payments.configured.given import saved
from workbench.stand_ins import lyra as stand_in

pytestmark = pytest.mark.django_db


def of_environment(monkeypatch: pytest.MonkeyPatch, page: str = "https://secure.payzen.eu") -> None:
    """Configure Lyra by the environment."""
    for name, value in stand_in.settings(page).items():
        monkeypatch.setenv(name, value)


def titles(client, order) -> list[str]:
    page = client.get(reverse("order", args=[order.token]), headers={"accept-language": "en"}).content.decode()
    return [part.split("<")[0] for part in page.split('<span class="title">')[1:]]


def test_one_card_provider_is_called_as_it_is():
    saved("stripe")

    with translation.override("en"):
        assert method_label("stripe") == "Card"
        # Without keys nobody pays by it, and the label of old payments stays.
        assert method_label("lyra") == "Card (Lyra)"


def test_two_of_one_name_are_told_apart_in_each_language(monkeypatch):
    saved("stripe")
    of_environment(monkeypatch)

    with translation.override("en"):
        assert [method_label(name) for name in ("stripe", "lyra")] == ["Card (Stripe)", "Card (PayZen)"]
        assert method_label("transfer") == "Bank transfer"
    with translation.override("fr"):
        assert [method_label(name) for name in ("stripe", "lyra")] == [
            "Carte bancaire (Stripe)",
            "Carte bancaire (PayZen)",
        ]


def test_buyers_read_which_card_is_whose(client, probe_entry, monkeypatch):
    saved("stripe")
    saved("lyra")
    order = place(make_cart(probe_entry))
    assert "Card" in titles(client, order)

    of_environment(monkeypatch)

    told = titles(client, order)
    assert {"Card (Stripe)", "Card (PayZen)"} <= set(told)
    assert len(told) == len(set(told))


@pytest.mark.parametrize(
    ("page", "brand"),
    [
        ("https://secure.payzen.eu/vads-payment/", "PayZen"),
        ("https://sogecommerce.societegenerale.eu/vads-payment/", "Sogecommerce"),
        ("https://paiement.systempay.fr/vads-payment/", "SystemPay"),
        ("https://scelliuspaiement.labanquepostale.fr/vads-payment/", "Scellius"),
        ("https://pay.example/vads-payment/", "Lyra"),
    ],
)
def test_the_address_of_the_page_tells_the_platform(page, brand):
    assert Keys(page, "", "", "", "", "").brand == brand
