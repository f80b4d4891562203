"""Credit of the account: money that was kept for it pays the order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from shop.payments.credit.selectors import pays
from shop.payments.port import Provider

if TYPE_CHECKING:
    from shop.orders.models import Order


class CreditProvider(Provider):
    name = "credit"
    label = _("Credit of your account")
    summary = _("Money that we keep for you pays the order at once.")
    is_promise = True

    def offers(self, order: Order) -> bool:
        """Tell whether the account's credit pays the order. Two queries, none for an unclaimed order."""
        return order.is_claimed and pays(order)


provider = CreditProvider()
