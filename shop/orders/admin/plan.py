"""Page on which a merchant asks for an order's money in parts."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from accounts.people.models import User
from common.moments import local_day
from common.refusals import Refused
from shop.orders.admin.actions import ORDER_PAGE
from shop.orders.admin.promises import PromisePages
from shop.payments.requests.planning import MOST_INSTALMENTS, divide, plan_payments


class PlanForm(forms.Form):
    """Deposit, and instalments on days at equal distances."""

    use_required_attribute = False

    deposit_percent = forms.IntegerField(
        label=gettext_lazy("Deposit, in percent"),
        min_value=0,
        max_value=99,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=gettext_lazy("Due at once; 0 for none."),
    )
    instalments = forms.IntegerField(
        label=gettext_lazy("Number of instalments"),
        min_value=1,
        max_value=MOST_INSTALMENTS,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    first_on = forms.DateField(
        label=gettext_lazy("First instalment due on"), widget=UnfoldAdminTextInputWidget({"type": "date"})
    )
    days_between = forms.IntegerField(
        label=gettext_lazy("Days between them"), min_value=1, max_value=366, widget=UnfoldAdminIntegerFieldWidget
    )


class PlanPages(PromisePages):
    """Button to ask for the money in parts."""

    def action_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [path("<int:order_id>/plan/", wrap(self.plan), name="shop_order_plan"), *super().action_urls()]

    def plan(self, request: HttpRequest, order_id: int) -> HttpResponse:
        """Ask for deposit and instalments, and replace what the order asks for by them."""
        order = self.order_or_404(request, order_id)
        if not self.may_confirm(request):
            raise PermissionDenied
        today = local_day(timezone.now())
        shown = {
            "deposit_percent": 30,
            "instalments": 1,
            "first_on": (today + timedelta(days=30)).isoformat(),
            "days_between": 30,
        }
        form = PlanForm(request.POST if request.method == "POST" else None, initial=shown)
        if form.is_valid():
            try:
                plan_payments(
                    order_id=order.pk,
                    parts=divide(order.gross, order.currency, **form.cleaned_data),
                    actor=cast(User, request.user),
                    now=timezone.now(),
                )
            except Refused as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, _("The order asks for its money in parts now."))
                return redirect(ORDER_PAGE, order.pk)
        return self._answer(request, order, "orders/admin/plan.html", form=form)
