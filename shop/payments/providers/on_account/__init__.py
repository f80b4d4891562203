"""Buying on account: the account's promise to pay settles, within the limit that the merchant has set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shop.payments.on_account.services import has_room
from shop.payments.port import Provider

if TYPE_CHECKING:
    from shop.orders.models import Order


class OnAccountProvider(Provider):
    name = "on_account"
    label = _("On account")
    summary = _("We deliver at once; you pay by the date agreed with us.")
    is_promise = True

    def offers(self, order: Order) -> bool:
        """Tell whether the order's account has room for it. Five queries at most, none for an unclaimed order."""
        return order.is_claimed and order.gross > 0 and has_room(order, order.account, now=timezone.now())


provider = OnAccountProvider()
