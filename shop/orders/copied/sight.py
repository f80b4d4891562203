"""Sight of what an order copied of people: by everybody who may see the order, by accounting alone, or by nobody."""

from __future__ import annotations

from django.utils.translation import gettext as _

from accounts.people.models import User
from shop.orders.copied.columns import Copied
from shop.orders.models import Order

READ_KEPT = "shop.view_keptbilling"


def copied_for(order: Order, viewer: User) -> Copied | None:
    """Return names and addresses of an order as a member of the staff may read them; None if they may not, or if they
    are gone. One query for an order closed to accounting, unless it came with `kept_billing`."""
    if not order.is_closed:
        return order
    return getattr(order, "kept_billing", None) if viewer.has_perm(READ_KEPT) else None


def closed_in_words(order: Order) -> str:
    """Return what stands in place of names and addresses that have left an order; "" for any other order."""
    if order.blanked_at is not None:
        return _("no longer kept")
    return _("kept for accounting") if order.sealed_at is not None else ""
