"""Provider for orders with a zero total, confirmed by the server."""

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
    is_choosable = False

    def offers(self, order: Order) -> bool:
        """Return False: customers never choose this method, as the server confirms a zero total."""
        return False


provider = FreeProvider()


def nothing_to_pay(order: Order) -> ProviderEvent:
    """Return the event that confirms a zero total."""
    return ProviderEvent(
        provider=provider.name,
        event_id=order.number,
        reference=order.number,
        kind="succeeded",
        order_number=order.number,
        amount=Decimal("0.00"),
        currency=order.currency,
    )
