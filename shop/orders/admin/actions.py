"""Actions of a merchant on an order: confirm a payment received, cancel the order, retry a failed line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.people.models import User
from common.admin.display import amount
from common.admin.readonly import ReadOnlyAdmin
from common.refusals import Refused, add_refusal
from shop.orders.admin.facts import MoneySums
from shop.orders.admin.forms import CancelForm, ConfirmPaymentForm
from shop.orders.admin.page import order_with_account
from shop.orders.admin.units import PER_PAGE, units_at, units_table
from shop.orders.admin.wording import installed_handler
from shop.orders.ending import cancel_order
from shop.orders.fulfilment import retry_line
from shop.orders.giving_back.units import units_given_back
from shop.orders.hooks import ScriptBroken
from shop.orders.lines.models import OrderLine
from shop.orders.models import Order
from shop.orders.second_person import confirm_or_ask
from shop.payments.models import PaymentEvent

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

ORDER_PAGE = "admin:shop_order_change"
WAITS = gettext_lazy("This waits for a second person, who finds it under “Second person”. Nothing was changed yet.")
Outcome = PaymentEvent.Outcome


class OrderActions(ReadOnlyAdmin):
    """Common parts of an order's pages, and its buttons: each calls one service, by POST only."""

    def action_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:order_id>/payment/", wrap(self.confirm_payment), name="shop_order_payment"),
            path("<int:order_id>/cancel/", wrap(self.cancel), name="shop_order_cancel"),
            path("<int:order_id>/lines/<int:line_id>/retry/", wrap(self.retry), name="shop_order_retry"),
            path("<int:order_id>/lines/<int:line_id>/units/", wrap(self.units), name="shop_order_units"),
        ]

    def may_act(self, request: HttpRequest) -> bool:
        return request.user.has_perm("shop.change_order")

    def may_confirm(self, request: HttpRequest) -> bool:
        return request.user.has_perm("shop.confirm_money")

    def may_cancel(self, request: HttpRequest) -> bool:
        return request.user.has_perm("shop.cancel_order")

    def order_or_404(self, request: HttpRequest, order_id: str | int) -> WithAnnotations[Order, MoneySums]:
        """Return the order. Raises PermissionDenied unless the user may see orders, and Http404."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        order = order_with_account(order_id)
        if order is None:
            raise Http404
        return order

    def page_context(self, request: HttpRequest, order: Order) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": order,
            "order": order,
            "title": order.number,
        }

    def confirm_payment(self, request: HttpRequest, order_id: int) -> HttpResponse:
        """Ask for the amount and reference of a payment received, and report the outcome."""
        order = self.order_or_404(request, order_id)
        if not self.may_confirm(request):
            raise PermissionDenied
        form = ConfirmPaymentForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            typed = form.cleaned_data
            try:
                outcome, kept = confirm_or_ask(
                    order_id=order.pk, actor=cast(User, request.user), now=timezone.now(), **typed
                )
            except Refused as refusal:
                add_refusal(form, refusal)
            else:
                level, text = (messages.WARNING, WAITS) if kept else outcome_in_words(outcome, order, typed)
                messages.add_message(request, level, text)
                return redirect(ORDER_PAGE, order.pk)
        return self._answer(request, order, "orders/admin/confirm_payment.html", form=form)

    def cancel(self, request: HttpRequest, order_id: int) -> HttpResponse:
        """Ask for confirmation, and cancel an unpaid order."""
        order = self.order_or_404(request, order_id)
        if not self.may_cancel(request):
            raise PermissionDenied
        form = CancelForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                cancel_order(
                    order_id=order.pk,
                    actor=cast(User, request.user),
                    now=timezone.now(),
                    reason=form.cleaned_data["reason"],
                    needs_scripts="without_script" not in request.POST,
                )
            except ScriptBroken as refusal:
                return self._answer(request, order, "orders/admin/cancel.html", form=form, broken=str(refusal))
            except Refused as refusal:
                messages.error(request, str(refusal))
            else:
                messages.success(request, _("The order is cancelled, and what it held is free again."))
            return redirect(ORDER_PAGE, order.pk)
        return self._answer(request, order, "orders/admin/cancel.html", form=form)

    def retry(self, request: HttpRequest, order_id: int, line_id: int) -> HttpResponse:
        """Retry a failed line; POST only."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        order, line = self._line_or_404(request, order_id, line_id)
        if not self.may_act(request):
            raise PermissionDenied
        try:
            retry_line(line_id=line.pk, actor=cast(User, request.user), now=timezone.now())
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("The line is delivered again in a moment."))
        return redirect(ORDER_PAGE, order.pk)

    def units(self, request: HttpRequest, order_id: int, line_id: int) -> HttpResponse:
        """Show all units of a line with their answers, page by page."""
        order, line = self._line_or_404(request, order_id, line_id)
        page = Paginator(range(line.quantity), PER_PAGE).get_page(request.GET.get("page"))
        given_back = units_given_back([line])[line.pk]
        units = units_at(line, cast("range", page.object_list))
        table = units_table(line, installed_handler(line), units, given_back=given_back)
        return self._answer(request, order, "orders/admin/units.html", line=line, units=page, table=table)

    def _line_or_404(self, request: HttpRequest, order_id: int, line_id: int) -> tuple[Order, OrderLine]:
        order = self.order_or_404(request, order_id)
        line = order.lines.filter(pk=line_id).first()
        if line is None:
            raise Http404
        return order, line

    def _answer(
        self,
        request: HttpRequest,
        order: Order,
        template: str,
        *,
        more_facts: Sequence[tuple[str, str]] = (),
        **context: Any,
    ) -> HttpResponse:
        facts = [
            (_("Customer account"), str(order.account)),
            (_("Status"), order.get_status_display()),
            (_("Total"), amount(order.gross, order.currency)),
            *more_facts,
        ]
        return TemplateResponse(request, template, {**self.page_context(request, order), "facts": facts, **context})


def outcome_in_words(outcome: str, order: Order, typed: dict[str, Any]) -> tuple[int, str]:
    """Return the message level and the sentence for the outcome of a payment confirmed by the merchant."""
    said = {
        "number": order.number,
        "amount": amount(typed["amount"], order.currency),
        "total": amount(order.gross, order.currency),
        "reference": typed["reference"],
    }
    match outcome:
        case Outcome.SETTLED:
            return messages.SUCCESS, _("Order %(number)s is paid: %(amount)s have arrived.") % said
        case Outcome.ALLOCATED:
            return messages.SUCCESS, _(
                "%(amount)s with the reference “%(reference)s” are recorded as a part of what order %(number)s asks."
            ) % said
        case Outcome.MISMATCH:
            return messages.WARNING, _(
                "%(amount)s with the reference “%(reference)s” are recorded as different from the total of %(total)s. "
                "The order goes on as before, without this money."
            ) % said
        case Outcome.SECOND_CHARGE:
            return messages.WARNING, _(
                "%(amount)s with the reference “%(reference)s” are recorded as a second charge: order %(number)s was "
                "paid already. Give the money back, or agree with the customer what it is for."
            ) % said
        case Outcome.LATE:
            return messages.WARNING, _(
                "%(amount)s with the reference “%(reference)s” are recorded, but came too late: order %(number)s has "
                "ended, and its places cannot all be had again. Give the money back, or agree with the customer on "
                "something else."
            ) % said
    return messages.INFO, _("The payment “%(reference)s” was recorded before. Nothing has changed.") % said
