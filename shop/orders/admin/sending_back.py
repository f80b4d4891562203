"""Page on which a merchant sends back what is owed for units given back, by the providers that took the money."""

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

from accounts.people.models import User
from common.admin.display import amount
from common.decimals import DecimalField
from common.refusals import Refused
from shop.orders.admin.actions import ORDER_PAGE, WAITS
from shop.orders.admin.paying_back import PayingBackPages
from shop.orders.giving_back.owed import owed_for
from shop.orders.second_person import send_back_or_ask
from shop.payments.refunds.sending import shares_of

SEND = "shop.send_refund"


class SendBackForm(forms.Form):
    """Amount owed, as the page showed it."""

    owed = DecimalField(widget=forms.HiddenInput)


class SendingBackPages(PayingBackPages):
    """Page behind the button that sends money back."""

    def action_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.send_back)
        return [path("<int:order_id>/send-back/", page, name="shop_order_send_back"), *super().action_urls()]

    def send_back(self, request: HttpRequest, order_id: int) -> HttpResponse:
        """Show what goes back by which payment, and send it once that is confirmed."""
        order = self.order_or_404(request, order_id)
        if not request.user.has_perm(SEND):
            raise PermissionDenied
        form = SendBackForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                sent, kept = send_back_or_ask(
                    order_id=order.pk,
                    owed=form.cleaned_data["owed"],
                    actor=cast(User, request.user),
                    now=timezone.now(),
                )
            except Refused as refusal:
                form.add_error(None, str(refusal))
            else:
                said = {"amount": amount(sent, order.currency)}
                if kept:
                    messages.warning(request, str(WAITS))
                else:
                    messages.success(request, _("%(amount)s are on their way back.") % said)
                return redirect(ORDER_PAGE, order.pk)
        owed = owed_for(order)
        shares = shares_of(order, owed)
        rest = owed - sum(share.amount for share in shares)
        # The amount of now, whatever was posted.
        shown = SendBackForm(initial={"owed": str(owed)})
        more = [
            (_("To be paid back"), amount(owed, order.currency)),
            *(
                (
                    _("By %(method)s, %(reference)s")
                    % {"method": share.method, "reference": _short(share.payment.reference)},
                    amount(share.amount, order.currency),
                )
                for share in shares
            ),
            *([(_("Left to be sent by hand"), amount(rest, order.currency))] if rest else []),
        ]
        context: dict[str, Any] = {"form": shown, "refused": form.non_field_errors(), "shares": shares}
        return self._answer(request, order, "orders/admin/send_back.html", more_facts=more, **context)


def _short(reference: str) -> str:
    return reference if len(reference) <= 30 else f"{reference[:30]}…"
