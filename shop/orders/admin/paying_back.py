"""Pages on which a merchant notes that money owed for units given back was sent."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.people.models import User
from common.admin.display import amount
from common.decimals import DecimalField
from common.moments import local_day
from common.refusals import Refused
from shop.orders.admin.actions import ORDER_PAGE, WAITS
from shop.orders.admin.giving_back_many import GivingBackManyPages
from shop.orders.giving_back.models import GivingBack
from shop.orders.giving_back.paying_back import OwedDiffers, mark_owed_again
from shop.orders.second_person import note_paid_back_or_ask

# Noting money as paid back, and that it is owed again.
NOTE = "shop.note_paid_back"


class PayBackForm(forms.Form):
    """Day and reference of a payment back. `owed` is the amount that the page showed."""

    use_required_attribute = False

    owed = DecimalField(widget=forms.HiddenInput)
    paid_on = forms.DateField(
        label=gettext_lazy("Paid back on"),
        widget=UnfoldAdminTextInputWidget({"type": "date"}),
    )
    reference = forms.CharField(
        label=gettext_lazy("Reference"),
        max_length=GivingBack.REFERENCE_LENGTH,
        widget=UnfoldAdminTextInputWidget({"autocomplete": "off"}),
        help_text=gettext_lazy("What finds the payment again: the transfer’s reference, or the number of the refund."),
    )


class PayingBackPages(GivingBackManyPages):
    """Buttons for what is owed for units given back."""

    def action_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:order_id>/pay-back/", wrap(self.pay_back), name="shop_order_pay_back"),
            path("<int:order_id>/owed-again/", wrap(self.owed_again), name="shop_order_owed_again"),
            *super().action_urls(),
        ]

    def pay_back(self, request: HttpRequest, order_id: int) -> HttpResponse:
        """Ask for day and reference, and note that all that is owed was paid back."""
        order = self.order_or_404(request, order_id)
        if not request.user.has_perm(NOTE):
            raise PermissionDenied
        # The browser's own field of dates reads and writes ISO 8601, whatever the language.
        today = local_day(timezone.now()).isoformat()
        shown = {"owed": str(order.owed_back), "paid_on": today}
        form = PayBackForm(request.POST if request.method == "POST" else None, initial=shown)
        if form.is_valid():
            typed = form.cleaned_data
            try:
                paid, kept = note_paid_back_or_ask(
                    order_id=order.pk,
                    amount=typed["owed"],
                    paid_on=typed["paid_on"],
                    reference=typed["reference"],
                    actor=cast(User, request.user),
                    now=timezone.now(),
                )
            except Refused as refusal:
                if isinstance(refusal, OwedDiffers):
                    # What was typed stays, beside the amount of now.
                    typed_again = request.POST.copy()
                    typed_again["owed"] = str(order.owed_back)
                    form = PayBackForm(typed_again)
                    form.full_clean()
                form.add_error(None, str(refusal))
            else:
                said = {"amount": amount(paid, order.currency)}
                if kept:
                    messages.warning(request, str(WAITS))
                else:
                    messages.success(request, _("%(amount)s are noted as paid back.") % said)
                return redirect(ORDER_PAGE, order.pk)
        context: dict[str, Any] = {"form": form, "owed": order.owed_back}
        more = [(_("To be paid back"), amount(order.owed_back, order.currency))]
        return self._answer(request, order, "orders/admin/pay_back.html", more_facts=more, **context)

    def owed_again(self, request: HttpRequest, order_id: int) -> HttpResponse:
        """Take the last note of a payment back away; POST only."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        order = self.order_or_404(request, order_id)
        if not request.user.has_perm(NOTE):
            raise PermissionDenied
        try:
            owed = mark_owed_again(order_id=order.pk, actor=cast(User, request.user), now=timezone.now())
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("%(amount)s are owed again.") % {"amount": amount(owed, order.currency)})
        return redirect(ORDER_PAGE, order.pk)
