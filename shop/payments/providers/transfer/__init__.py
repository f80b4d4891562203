"""Bank transfer: the customer gets the bank details, the merchant confirms the arrival of the money."""

from __future__ import annotations

import re
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from shop.payments.port import Provider, ProviderEvent


class TransferProvider(Provider):
    name = "transfer"
    label = _("Bank transfer")
    summary = _("You receive our bank details; we deliver when the money has arrived.")
    takes_pieces = True
    instructions_template = "transfer/instructions.html"


provider = TransferProvider()


def received(*, order_number: str, reference: str, amount: Decimal, currency: str) -> ProviderEvent:
    """Return the event of a merchant's confirmation. References differing only in case or spacing are equal."""
    typed = re.sub(r"\s+", " ", reference).strip().upper()
    key = f"{order_number}:{typed}"
    return ProviderEvent(
        provider=provider.name,
        event_id=key,
        reference=key,
        kind="succeeded",
        order_number=order_number,
        amount=amount,
        currency=currency,
        payload={"reference": reference},
    )
