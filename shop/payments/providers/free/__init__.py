"""Nothing to pay: the server's own decision when an order's total is zero."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from shop.payments.port import Provider, ProviderEvent

if TYPE_CHECKING:
    from shop.orders.models import Order


class FreeProvider(Provider):
    name = "free"
    label = _("Nothing to pay")
    is_immediate = True

    def offers(self, order: Order) -> bool:
        """Never chosen by anybody: a zero total is confirmed by the server."""
        return False


provider = FreeProvider()


def nothing_to_pay(order: Order) -> ProviderEvent:
    """The event that confirms a zero total."""
    return ProviderEvent(
        provider=provider.name,
        event_id=order.number,
        reference=order.number,
        kind="succeeded",
        order_number=order.number,
        amount=Decimal("0.00"),
        currency=order.currency,
    )
