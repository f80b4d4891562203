"""Pages of the administration on which staff note what a bank took back, and that it came again."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from accounts.people.models import User
from common.admin.decimals import AdminDecimalInput
from common.admin.display import amount
from common.admin.readonly import ReadOnlyAdmin
from common.decimals import AmountField, DecimalField
from common.refusals import Refused, add_refusal
from shop.payments.charge_backs.by_hand import (
    REASON_LENGTH,
    left_to_take,
    note_came_again,
    note_charge_back,
    taken_by_hand,
)
from shop.payments.charge_backs.models import ChargeBack
from shop.payments.models import Payment

DEAL = "shop.deal_with_money"
PAYMENT_PAGE = "admin:shop_payment_change"


class ChargeBackForm(forms.Form):
    """Amount that the bank took back, the day, and why. `left` is what the page showed of the payment."""

    use_required_attribute = False

    amount = AmountField(label=gettext_lazy("Amount taken back"), widget=AdminDecimalInput())
    day = forms.DateField(
        label=gettext_lazy("Day"),
        widget=UnfoldAdminTextInputWidget({"type": "date"}),
        help_text=gettext_lazy("As it stands on the bank statement."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=REASON_LENGTH,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
        help_text=gettext_lazy("Kept with the payment. The customer does not read it."),
    )
    left = DecimalField(widget=forms.HiddenInput)


class NotesChargeBacks(ReadOnlyAdmin):
    """Part of the pages of payments."""

    change_form_outer_after_template = "charge_backs/admin/tool.html"

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:payment_id>/charge-back/", wrap(self.charge_back), name="shop_payment_charge_back"),
            path(
                "<int:payment_id>/came-again/<int:charge_back_id>/",
                wrap(self.came_again),
                name="shop_payment_came_again",
            ),
            *super().get_urls(),
        ]

    def row_context(self, request: HttpRequest, row: Payment) -> dict[str, Any]:
        if not request.user.has_perm(DEAL):
            return {}
        return {"left_to_take": left_to_take(row), "taken_by_hand": taken_by_hand(row)}

    def charge_back(self, request: HttpRequest, payment_id: int) -> HttpResponse:
        """Ask for amount, day and reason; posting them notes the charge-back."""
        payment = self._payment_or_404(request, payment_id)
        left = left_to_take(payment)
        if left <= 0 and request.method != "POST":
            raise Http404
        initial = {"amount": left, "left": left, "day": timezone.localdate()}
        form = ChargeBackForm(request.POST if request.method == "POST" else None, initial=initial)
        if form.is_valid():
            try:
                note_charge_back(
                    payment_id=payment.pk, **form.cleaned_data, actor=cast(User, request.user), now=timezone.now()
                )
            except Refused as refusal:
                add_refusal(form, refusal)
            else:
                messages.success(request, _("The charge-back is noted: what the money had paid for is owed again."))
                return redirect(PAYMENT_PAGE, payment.pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": payment,
            "payment": payment,
            "left": amount(left, payment.currency),
            "title": _("Note a charge-back"),
            "form": form,
        }
        return TemplateResponse(request, "charge_backs/admin/note.html", context)

    def came_again(self, request: HttpRequest, payment_id: int, charge_back_id: int) -> HttpResponse:
        """Note that the money of a charge-back came again."""
        return self.ask_service(
            request,
            payment_id,
            permission=DEAL,
            service=lambda: _came_again(payment_id, charge_back_id, cast(User, request.user)),
            done=_("The money is there again: it pays what it paid for before, as far as that is still asked for."),
        )

    def _payment_or_404(self, request: HttpRequest, payment_id: int) -> Payment:
        if not (self.has_view_permission(request) and request.user.has_perm(DEAL)):
            raise PermissionDenied
        payment = Payment.objects.select_related("order").filter(pk=payment_id).first()
        if payment is None:
            raise Http404
        return payment


def _came_again(payment_id: int, charge_back_id: int, actor: User) -> None:
    if not ChargeBack.objects.filter(pk=charge_back_id, payment=payment_id).exists():
        raise Payment.DoesNotExist
    note_came_again(charge_back_id=charge_back_id, actor=actor, now=timezone.now())
