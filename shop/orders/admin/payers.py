"""Page on which a merchant asks an outside payer for a part of an order."""

from __future__ import annotations

from decimal import Decimal
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
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.people.models import User
from common.admin.decimals import AdminDecimalInput
from common.admin.display import amount
from common.decimals import AmountField
from common.fields import AddressField
from common.refusals import Refused, add_refusal
from shop.orders.admin.actions import ORDER_PAGE
from shop.orders.admin.plan import PlanPages
from shop.payments.requests.payers import ask_payer
from shop.payments.requests.services import parts_of


class PayerForm(forms.Form):
    """Share of an outside payer, and where the pay link is mailed."""

    use_required_attribute = False

    amount = AmountField(
        label=gettext_lazy("Amount that they pay"),
        min_value=Decimal("0.01"),
        widget=AdminDecimalInput(),
    )
    email = AddressField(
        label=gettext_lazy("E-mail address of the payer"), widget=UnfoldAdminTextInputWidget({"type": "email"})
    )


class PayerPages(PlanPages):
    """Button to ask an outside payer."""

    def action_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [path("<int:order_id>/payer/", wrap(self.payer), name="shop_order_payer"), *super().action_urls()]

    def payer(self, request: HttpRequest, order_id: int) -> HttpResponse:
        """Ask for amount and address, and mail the pay link."""
        order = self.order_or_404(request, order_id)
        if not self.may_confirm(request):
            raise PermissionDenied
        form = PayerForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                ask_payer(
                    order_id=order.pk,
                    amount=form.cleaned_data["amount"],
                    email=form.cleaned_data["email"],
                    actor=cast(User, request.user),
                    now=timezone.now(),
                )
            except Refused as refusal:
                add_refusal(form, refusal)
            else:
                messages.success(request, _("The payer is asked by mail for this part."))
                return redirect(ORDER_PAGE, order.pk)
        rests = [amount(each.rest, order.currency) for each in parts_of(order) if each.rest > 0]
        facts = [(_("Still to be paid"), ", ".join(rests))]
        return self._answer(request, order, "orders/admin/payer.html", more_facts=facts, form=form)
