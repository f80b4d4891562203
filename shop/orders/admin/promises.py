"""Page on which a merchant accepts a promise of payment: a purchase order, an OPCO's file, a sale on account."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from accounts.people.models import User
from common.admin.display import amount
from common.fields import LineField
from common.refusals import Refused, add_refusal
from common.register_numbers import is_siret
from shop.orders.admin.actions import ORDER_PAGE
from shop.orders.admin.pro_forma import ProFormaPages
from shop.payments.requests.asked import still_to_come
from shop.payments.requests.givers import Giver
from shop.payments.requests.models import PaymentRequest
from shop.payments.requests.promises import accept_promise
from shop.payments.requests.services import parts_of

GIVER = ("name", "siret", "street", "postal_code", "city")


def _giver_field(label: Any, length: int) -> LineField:
    return LineField(
        label=label, max_length=length, required=False, widget=UnfoldAdminTextInputWidget({"autocomplete": "off"})
    )


class PromiseForm(forms.Form):
    """Promise of payment, with the part that it covers. `0` stands for all that is open."""

    use_required_attribute = False

    kind = forms.ChoiceField(
        label=gettext_lazy("Promise"),
        choices=PaymentRequest.Promise.choices,
        widget=UnfoldAdminSelectWidget,
    )
    reference = forms.CharField(
        label=gettext_lazy("Reference"),
        max_length=PaymentRequest.REFERENCE_LENGTH,
        required=False,
        widget=UnfoldAdminTextInputWidget({"autocomplete": "off"}),
        help_text=gettext_lazy(
            "Service code and commitment number of a public body, or the number of the OPCO’s file."
        ),
    )
    name, siret, street, postal_code, city = (
        _giver_field(gettext_lazy("Name of the OPCO"), 200),
        _giver_field(gettext_lazy("SIRET of the OPCO"), 20),
        _giver_field(gettext_lazy("Street of the OPCO"), 200),
        _giver_field(gettext_lazy("Postal code of the OPCO"), 20),
        _giver_field(gettext_lazy("City of the OPCO"), 100),
    )
    due_on = forms.DateField(
        label=gettext_lazy("Money expected by"),
        required=False,
        widget=UnfoldAdminTextInputWidget({"type": "date"}),
    )
    part = forms.TypedChoiceField(label=gettext_lazy("Covers"), coerce=int, widget=UnfoldAdminSelectWidget)

    def clean(self) -> dict[str, Any]:
        """Ask whom the invoice of an OPCO's share is made out to."""
        typed = super().clean() or {}
        if typed.get("kind") == PaymentRequest.Promise.OPCO:
            for name in GIVER:
                if not typed.get(name):
                    self.add_error(name, _("The invoice of the OPCO’s share must say this."))
            if typed.get("siret") and not is_siret(typed["siret"], country="FR"):
                self.add_error("siret", _("This is no SIRET."))
        return typed

    def giver(self) -> Giver | None:
        """Return whom the share is invoiced to; None for the promise of the buyer."""
        typed = self.cleaned_data
        if typed["kind"] != PaymentRequest.Promise.OPCO:
            return None
        return Giver(**{name: typed[name] for name in GIVER})


class PromisePages(ProFormaPages):
    """Button to accept a promise."""

    def action_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:order_id>/promise/", wrap(self.accept_promise), name="shop_order_promise"),
            *super().action_urls(),
        ]

    def may_promise(self, request: HttpRequest) -> bool:
        return request.user.has_perm("shop.accept_promise")

    def accept_promise(self, request: HttpRequest, order_id: int) -> HttpResponse:
        """Ask for the promise, and accept it."""
        order = self.order_or_404(request, order_id)
        if not self.may_promise(request):
            raise PermissionDenied
        asked = parts_of(order)
        form = PromiseForm(request.POST if request.method == "POST" else None)
        field = cast(forms.TypedChoiceField, form.fields["part"])
        whole = _("All that is open: %(amount)s") % {"amount": amount(still_to_come(asked), order.currency)}
        parts = [
            (each.request.position, _("Part of %(amount)s") % {"amount": amount(each.rest, order.currency)})
            for each in asked
            if each.rest > 0
        ]
        field.choices = [(0, whole), *(parts if len(parts) > 1 else [])]
        if form.is_valid():
            typed = form.cleaned_data
            try:
                settled = accept_promise(
                    order_id=order.pk,
                    kind=typed["kind"],
                    reference=typed["reference"],
                    due_on=typed["due_on"],
                    positions=[typed["part"]] if typed["part"] else None,
                    giver=form.giver(),
                    actor=cast(User, request.user),
                    now=timezone.now(),
                )
            except Refused as refusal:
                add_refusal(form, refusal)
            else:
                text = _("The promise is accepted, and the order confirmed.") if settled else _("The promise is kept.")
                messages.success(request, text)
                return redirect(ORDER_PAGE, order.pk)
        return self._answer(request, order, "orders/admin/promise.html", form=form)
