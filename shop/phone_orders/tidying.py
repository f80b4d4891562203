"""Deletion of orders that staff entered and nobody accepted."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from common.tidying import tidies
from shop.cart.models import Cart
from shop.phone_orders.models import PhoneOrder


@tidies("phone_orders", "shop_phoneorder", batch=50)
def phone_orders(before: datetime, limit: int) -> int:
    """Delete orders being entered with their carts, whose links are over, too. Locks the carts, and waits for none."""
    link_over = Q(phone_order__expires_at__isnull=True) | Q(phone_order__expires_at__lt=before)
    left = Cart.objects.filter(link_over, ordered_at__isnull=True, changed_at__lt=before, entered_by__isnull=False)
    with transaction.atomic():
        locked = left.filter(phone_order__isnull=False, phone_order__order__isnull=True).order_by("changed_at")
        keys = list(locked.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True)[:limit])
        PhoneOrder.objects.filter(cart__in=keys).delete()
        Cart.objects.filter(pk__in=keys).delete()
    return len(keys)
