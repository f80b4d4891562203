"""Page on which a merchant lets an order go on whose payment is disputed."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from shop.orders.admin.withdrawal import WithdrawalPages
from shop.payments.disputes import let_go_on


class DisputePages(WithdrawalPages):
    """Button to let a disputed order go on."""

    def action_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.go_on)
        return [path("<int:order_id>/go-on/", page, name="shop_order_go_on"), *super().action_urls()]

    def go_on(self, request: HttpRequest, order_id: int) -> HttpResponse:
        """Ask why the order goes on, and lift the freeze for its dispute."""
        return self.ask_why(
            request,
            order_id,
            template="orders/admin/go_on.html",
            service=let_go_on,
            done=_("The order goes on: it is no longer frozen for the dispute."),
        )
