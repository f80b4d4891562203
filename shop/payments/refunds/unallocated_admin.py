"""Buttons in the administration that send unallocated money back: of one payment, or of those chosen in the list."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import action

from accounts.people.models import User
from common.admin.readonly import ReadOnlyAdmin
from common.decimals import AmountField
from common.refusals import Refused
from shop.orders.models import Order
from shop.payments.models import MoneyHandling, PaymentEvent
from shop.payments.refunds.second_person import send_unallocated_or_ask
from shop.payments.refunds.unallocated import WayBack, way_back
from shop.payments.transfers_back.forms import PayeeForm
from shop.payments.transfers_back.models import PayeeAccount

SEND = "shop.send_refund"


class SendBackForm(PayeeForm):
    """Amount to be sent back as the page showed it, and why; a bank account for one that goes by transfer."""

    by_transfer = forms.BooleanField(required=False)
    amount = AmountField()
    note = forms.CharField(required=False, max_length=MoneyHandling.NOTE_LENGTH)

    def needs_account(self, typed: dict[str, Any]) -> bool:
        return bool(typed.get("by_transfer"))


class SendsUnallocatedBack(ReadOnlyAdmin):
    """Buttons of the list and of the page of payment events."""

    actions = ("send_chosen_back",)

    def send_back_url(self) -> URLPattern:
        view = self.admin_site.admin_view(self.send_back)
        return path("<int:event_id>/send-back/", view, name="shop_paymentevent_send_back")

    def has_send_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(SEND)

    def way_back_for(self, request: HttpRequest, event: PaymentEvent) -> WayBack | None:
        """Return what a reader may send back of an open event."""
        return way_back(event) if self.has_send_permission(request) else None

    def send_back(self, request: HttpRequest, event_id: int) -> HttpResponse:
        """Send the unallocated money of one payment back."""
        form = SendBackForm(request.POST)
        if request.method == "POST" and self.has_send_permission(request) and not form.is_valid():
            if "amount" in form.errors:
                return HttpResponseBadRequest()
            for problem in form.problems():
                messages.error(request, problem)
            return redirect("admin:shop_paymentevent_change", event_id)
        return self.ask_service(
            request,
            event_id,
            permission=SEND,
            service=lambda: self._send_typed(request, event_id, form),
            done=lambda waits: (
                _("This waits for a second person. Nothing was changed yet.")
                if waits
                else _("The money is on its way back.")
            ),
        )

    @action(description=gettext_lazy("Send the money back the way it came"), permissions=["send"])
    def send_chosen_back(self, request: HttpRequest, queryset: QuerySet[PaymentEvent]) -> None:
        """Send back what can go back of each chosen payment; the others stay as they are, and are counted."""
        sent = waiting = left = 0
        for event in queryset.select_related("payment").order_by("pk"):
            found = way_back(event)
            try:
                if found is None or not found.method:
                    left += 1
                elif self._send(request, event.pk, found.amount, "", None):
                    waiting += 1
                else:
                    sent += 1
            except Refused:
                left += 1
        if sent:
            text = ngettext("%(n)d payment is on its way back.", "%(n)d payments are on their way back.", sent)
            messages.success(request, text % {"n": sent})
        if waiting:
            text = ngettext("%(n)d waits for a second person.", "%(n)d wait for a second person.", waiting)
            messages.warning(request, text % {"n": waiting})
        if left:
            text = ngettext(
                "%(n)d cannot be sent back from here: open it to see why.",
                "%(n)d cannot be sent back from here: open them to see why.",
                left,
            )
            messages.warning(request, text % {"n": left})

    @transaction.atomic
    def _send_typed(self, request: HttpRequest, event_id: int, form: SendBackForm) -> bool:
        order = Order.objects.filter(payment_events=event_id).first()
        payee = form.keep(order=order, actor=cast(User, request.user), now=timezone.now())
        return self._send(request, event_id, form.cleaned_data["amount"], form.cleaned_data["note"], payee)

    def _send(
        self, request: HttpRequest, event_id: int, amount: Decimal, reason: str, payee: PayeeAccount | None
    ) -> bool:
        """Send an amount back; tell whether it waits for a second person."""
        _sent, kept = send_unallocated_or_ask(
            event_id=event_id,
            amount=amount,
            reason=reason,
            payee=payee,
            actor=cast(User, request.user),
            now=timezone.now(),
        )
        return kept is not None
