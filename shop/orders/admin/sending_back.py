"""Page on which a merchant sends back what is owed for units given back: the way it came, by transfer, or as credit."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminTextInputWidget

from accounts.people.models import User
from common.admin.display import amount
from common.decimals import DecimalField
from common.refusals import Refused
from shop.orders.admin.actions import ORDER_PAGE, WAITS
from shop.orders.admin.paying_back import PayingBackPages
from shop.orders.giving_back.owed import owed_for
from shop.orders.models import Order
from shop.orders.second_person import send_back_or_ask
from shop.payments.refunds.sending import How, Share, shares_of
from shop.payments.transfers_back.forms import PayeeForm

SEND = "shop.send_refund"


class SendBackForm(PayeeForm):
    """Amount owed, as the page showed it, and the way by which it goes back."""

    use_required_attribute = False
    field_order = ("owed", "how", "holder", "iban")

    owed = DecimalField(widget=forms.HiddenInput)
    how = forms.ChoiceField(
        label=gettext_lazy("How it goes back"),
        choices=How.choices,
        required=False,
        initial=How.AS_IT_CAME,
        widget=UnfoldAdminRadioSelectWidget,
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in ("holder", "iban"):
            self.fields[name].widget = UnfoldAdminTextInputWidget({"autocomplete": "off"})
            self.fields[name].help_text = gettext_lazy("For a transfer only. Stored encrypted, and blanked later.")

    def needs_account(self, typed: dict[str, Any]) -> bool:
        return typed.get("how") == How.TRANSFER


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
                return self._send(request, order, form)
            except Refused as refusal:
                form.add_error(None, str(refusal))
        owed = owed_for(order)
        # The amount of now, whatever was posted.
        form = _with_amount(form, str(owed))
        shares = shares_of(order, owed)
        context: dict[str, Any] = {"form": form, "owed": owed, "shares": shares}
        more = _facts(order, owed, shares)
        return self._answer(request, order, "orders/admin/send_back.html", more_facts=more, **context)

    @transaction.atomic
    def _send(self, request: HttpRequest, order: Order, form: SendBackForm) -> HttpResponse:
        actor, now = cast(User, request.user), timezone.now()
        how = How(form.cleaned_data["how"] or How.AS_IT_CAME)
        sent, kept = send_back_or_ask(
            order_id=order.pk,
            owed=form.cleaned_data["owed"],
            how=how,
            payee=form.keep(order=order, actor=actor, now=now),
            actor=actor,
            now=now,
        )
        said = {"amount": amount(sent, order.currency)}
        if kept:
            messages.warning(request, str(WAITS))
        elif how is How.CREDIT:
            messages.success(request, _("%(amount)s are kept as credit of the account.") % said)
        elif how is How.TRANSFER:
            messages.success(request, _("%(amount)s wait for a transfer file, under “Refunds”.") % said)
        else:
            messages.success(request, _("%(amount)s are on their way back.") % said)
        return redirect(ORDER_PAGE, order.pk)


def _with_amount(form: SendBackForm, owed: str) -> SendBackForm:
    """Return the form with the amount owed now, beside what was typed and what is wrong with it."""
    if not form.is_bound:
        return SendBackForm(initial={"owed": owed})
    form.data = cast(QueryDict, form.data).copy()
    form.data["owed"] = owed
    return form


def _facts(order: Order, owed: Any, shares: list[Share]) -> list[tuple[str, str]]:
    rest = owed - sum(share.amount for share in shares)
    return [
        (_("To be paid back"), amount(owed, order.currency)),
        *((_method(share), amount(share.amount, order.currency)) for share in shares),
        *([(_("Left to be sent by transfer, or kept as credit"), amount(rest, order.currency))] if rest else []),
    ]


def _method(share: Share) -> str:
    told = {"method": share.method, "reference": _short(share.payment.reference)}
    return _("By %(method)s, %(reference)s") % told


def _short(reference: str) -> str:
    return reference if len(reference) <= 30 else f"{reference[:30]}…"
