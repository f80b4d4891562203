"""Port of providers that keep a customer's card, and charge it later without the customer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from shop.payments.port import Attempt, CallRefused, Provider, Started


@dataclass(frozen=True)
class Saving:
    """Card to save at a provider's page, for the parts of an order that are due later. `key` names the call for ever,
    as that of an attempt does."""

    key: str
    order_number: str
    email: str
    language: str
    return_url: str
    cancel_url: str
    begun_at: datetime


@dataclass(frozen=True)
class Card:
    """Card kept by a provider: its name there, and its last four digits, None where the provider tells none."""

    reference: str
    last4: int | None = None


@dataclass(frozen=True)
class Charged:
    """Charge of a saved card: its reference at the provider, and the code of the refusal, "" if there is none.

    `needs_customer` tells that the bank wants to ask the customer, who has to pay on a page.
    """

    reference: str
    refusal: str = ""
    needs_customer: bool = False


class CardProvider(Provider):
    """Provider that keeps cards."""

    saved_card: ClassVar[bool] = True

    def start_saving(self, saving: Saving) -> Started:
        """Begin to save a card on the provider's page. Called again with one key it begins once."""
        raise CallRefused("no_saved_cards")

    def fetch_card(self, reference: str) -> Card | None:
        """Return the card that was saved under the reference of a beginning; None while there is none."""
        return None

    def charge(self, attempt: Attempt, card: str) -> Charged:
        """Charge a saved card while its customer is away. Called again with one key it charges once, and answers the
        same. A charge that was refused can never succeed later."""
        raise CallRefused("no_saved_cards")

    def find_charge(self, attempt: Attempt) -> Started | None:
        """Look up by its key a charge whose answer was lost; None if the provider never got the call."""
        return None
