"""Public mandate: a public body sends its purchase order, whose acceptance by the merchant settles as a promise; the
money comes after the service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from shop.payments.port import Provider

if TYPE_CHECKING:
    from shop.orders.models import Order


class PublicMandateProvider(Provider):
    name = "public_mandate"
    label = _("Purchase order of a public body")
    summary = _("You send us your purchase order; we deliver once we have accepted it, and you pay after the service.")
    instructions_template = "public_mandate/instructions.html"

    def offers(self, order: Order) -> bool:
        """Tell whether the order is a public body's."""
        return order.gross > 0 and order.is_public_body


provider = PublicMandateProvider()
