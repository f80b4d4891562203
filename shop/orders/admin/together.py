"""Button that gives all unallocated money of an order to it."""

from __future__ import annotations

from decimal import Decimal
from typing import cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.people.models import User
from common.admin.display import amount
from common.refusals import Refused
from shop.orders.admin.actions import ORDER_PAGE
from shop.orders.admin.payers import PayerPages
from shop.orders.models import Order
from shop.payments.requests.together import apply_together, sum_waiting

MAY = "shop.deal_with_money"


class TogetherPages(PayerPages):
    """Button to apply several payments at once; a single one is applied on its own page."""

    def action_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:order_id>/together/", wrap(self.apply_together), name="shop_order_together"),
            *super().action_urls(),
        ]

    def waits_together(self, request: HttpRequest, order: Order, has_money: bool) -> Decimal | None:
        """Return the sum of several unallocated payments of an order, None if the button is not shown."""
        if not has_money or not request.user.has_perm(MAY):
            return None
        number, total = sum_waiting(order)
        return total if number > 1 else None

    def apply_together(self, request: HttpRequest, order_id: int) -> HttpResponse:
        """Apply them; POST only. `seen` is the sum that the page showed."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        order = self.order_or_404(request, order_id)
        if not request.user.has_perm(MAY):
            raise PermissionDenied
        _number, total = sum_waiting(order)
        try:
            given = apply_together(
                order_id=order.pk,
                seen=total if request.POST.get("seen") == str(total) else Decimal(-1),
                reason="",
                actor=cast(User, request.user),
                now=timezone.now(),
            )
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            told = _("%(amount)s are given to this order.") % {"amount": amount(given, order.currency)}
            messages.success(request, told)
        return redirect(ORDER_PAGE, order.pk)
