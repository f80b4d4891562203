"""Page on which a merchant corrects the billing data of an order."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminEmailInputWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from accounts.members.forms.details import NUMBERS
from accounts.people.models import User
from common.fields import AddressField
from common.made_from import MadeFrom
from common.refusals import Refused, add_refusal
from shop.orders.admin.actions import ORDER_PAGE
from shop.orders.admin.sending_back import SendingBackPages
from shop.orders.billing.services import BILLING, CLOSED, REASON_LENGTH, correct_billing
from shop.orders.copied.columns import COPIED
from shop.orders.copied.models import KeptBilling
from shop.orders.copied.sight import copied_for
from shop.orders.models import Order
from shop.papers.selectors import invoices_of

CORRECT = "shop.correct_papers"
# Asked of a public body alone.
OF_PUBLIC_BODIES = ("service_code", "commitment_number")
# Not asked of a private person.
OF_ORGANISATIONS = ("register_number", "vat_id", "payer_email", "purchase_reference", *OF_PUBLIC_BODIES)


class BillingForm(MadeFrom, forms.ModelForm):
    """Billing data of an order as they stand, with the reason for the correction."""

    use_required_attribute = False

    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=REASON_LENGTH,
        widget=UnfoldAdminTextareaWidget({"rows": 2}),
        help_text=gettext_lazy("Kept in the order’s history, with the values before and after."),
    )

    class Meta:
        model: type[Model] = Order
        fields: tuple[str, ...] = BILLING
        field_classes = {"payer_email": AddressField}
        widgets = {
            **{name: UnfoldAdminTextInputWidget() for name in BILLING},
            "billing_country": UnfoldAdminSelectWidget,
            "payer_email": UnfoldAdminEmailInputWidget,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.order.is_organisation:
            for name in OF_ORGANISATIONS:
                del self.fields[name]
        elif not self.order.is_public_body:
            for name in OF_PUBLIC_BODIES:
                del self.fields[name]

    @property
    def order(self) -> Order:
        return self.instance

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        country = str(cleaned.get("billing_country", self.order.billing_country) or "")
        for name, normalise in NUMBERS.items():
            try:
                if name in cleaned:
                    cleaned[name] = normalise(cleaned[name] or "", country=country)
            except ValidationError as invalid:
                self.add_error(name, invalid)
        return cleaned


class KeptBillingForm(BillingForm):
    """Billing data of an erased customer, kept for accounting. The country stays with the order."""

    locks_its_row = False  # the page locks the order

    class Meta(BillingForm.Meta):
        model = KeptBilling
        fields = tuple(name for name in BILLING if name in COPIED)

    @property
    def order(self) -> Order:
        return self.instance.order

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = _(
            "Kept in the order’s history, with what was corrected, not with its values: name nobody here."
        )


class BillingPages(SendingBackPages):
    """Button to correct billing data."""

    def action_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:order_id>/billing/", wrap(self.billing), name="shop_order_billing"),
            *super().action_urls(),
        ]

    def billing(self, request: HttpRequest, order_id: int) -> HttpResponse:
        """Show the billing data with a reason to fill in, and correct them."""
        order = self.order_or_404(request, order_id)
        if not self.may_act(request):
            raise PermissionDenied
        with transaction.atomic():
            row = Order.objects.select_for_update(no_key=True).get(pk=order.pk)
            kept = copied_for(row, cast(User, request.user))
            if kept is None:
                messages.error(request, str(CLOSED))
                return redirect(ORDER_PAGE, order.pk)
            typed_in = request.POST if request.method == "POST" else None
            kind = KeptBillingForm if isinstance(kept, KeptBilling) else BillingForm
            form = kind(typed_in, instance=kept)
            if form.is_valid():
                typed = dict(form.cleaned_data)
                reason = typed.pop("reason")
                try:
                    correct_billing(
                        order_id=order.pk,
                        values=typed,
                        reason=reason,
                        actor=cast(User, request.user),
                        now=timezone.now(),
                    )
                except Refused as refusal:
                    add_refusal(form, refusal)
                else:
                    messages.success(request, _("The billing data are corrected."))
                    return redirect(ORDER_PAGE, order.pk)
        # Of documents that were issued, those who may correct them find the way here.
        invoices = list(invoices_of(order)) if request.user.has_perm(CORRECT) else []
        is_issued = bool(invoices) or invoices_of(order).exists()
        context: dict[str, Any] = {"form": form, "invoices": invoices, "is_issued": is_issued}
        return self._answer(request, order, "orders/admin/billing.html", **context)
