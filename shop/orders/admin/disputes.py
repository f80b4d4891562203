"""Page on which a merchant lets an order go on whose payment is disputed."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.people.models import User
from common.refusals import Refused
from shop.orders.admin.actions import ORDER_PAGE
from shop.orders.admin.withdrawal import LiftForm, WithdrawalPages
from shop.payments.disputes import let_go_on


class DisputePages(WithdrawalPages):
    """Button to let a disputed order go on."""

    def action_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.go_on)
        return [path("<int:order_id>/go-on/", page, name="shop_order_go_on"), *super().action_urls()]

    def go_on(self, request: HttpRequest, order_id: int) -> HttpResponse:
        """Ask why the order goes on, and lift the freeze for its dispute."""
        order = self.order_or_404(request, order_id)
        if not self.may_act(request):
            raise PermissionDenied
        form = LiftForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            reason, actor = form.cleaned_data["reason"], cast(User, request.user)
            try:
                let_go_on(order_id=order.pk, reason=reason, actor=actor, now=timezone.now())
            except Refused as refusal:
                messages.error(request, str(refusal))
            else:
                messages.success(request, _("The order goes on: it is no longer frozen for the dispute."))
            return redirect(ORDER_PAGE, order.pk)
        return self._answer(request, order, "orders/admin/go_on.html", form=form)
