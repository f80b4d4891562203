"""Page on which a merchant lets a contract go on from which its customer withdrew."""

from __future__ import annotations

from collections.abc import Callable
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
from unfold.widgets import UnfoldAdminTextareaWidget

from accounts.people.models import User
from common.admin.display import amount, moment
from common.refusals import Refused
from shop.orders.admin.actions import ORDER_PAGE
from shop.orders.admin.together import TogetherPages
from shop.orders.models import Order
from shop.withdrawal.models import Withdrawal
from shop.withdrawal.services import lift_withdrawal


class LiftForm(forms.Form):
    """Reason for which the contract goes on."""

    use_required_attribute = False

    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=500,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
        help_text=gettext_lazy("Kept in the order’s history. The customer does not read it."),
    )


class WithdrawalPages(TogetherPages):
    """Button to let a contract go on."""

    def action_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        lift = path("<int:order_id>/lift/", wrap(self.lift), name="shop_order_lift")
        return [lift, *super().action_urls()]

    def lift(self, request: HttpRequest, order_id: int) -> HttpResponse:
        """Ask why the contract goes on, and lift the freeze of the order."""
        return self.ask_why(
            request,
            order_id,
            template="orders/admin/lift.html",
            service=lift_withdrawal,
            done=_("The contract goes on: the order is no longer frozen for it."),
            facts=lambda order: withdrawal_facts(withdrawal_of(order)),
        )

    def ask_why(
        self,
        request: HttpRequest,
        order_id: int,
        *,
        template: str,
        service: Callable[..., object],
        done: str,
        facts: Callable[[Order], list[tuple[str, str]]] = lambda _order: [],
    ) -> HttpResponse:
        """Ask for a reason beside the facts of an order, then call the service that lifts a freeze of it."""
        order = self.order_or_404(request, order_id)
        if not self.may_act(request):
            raise PermissionDenied
        form = LiftForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            reason, actor = form.cleaned_data["reason"], cast(User, request.user)
            try:
                service(order_id=order.pk, reason=reason, actor=actor, now=timezone.now())
            except Refused as refusal:
                messages.error(request, str(refusal))
            else:
                messages.success(request, done)
            return redirect(ORDER_PAGE, order.pk)
        return self._answer(request, order, template, form=form, more_facts=facts(order))


def withdrawal_of(order: Order) -> Withdrawal | None:
    return Withdrawal.objects.filter(order=order).select_related("order").first()


def withdrawal_facts(withdrawal: Withdrawal | None) -> list[tuple[str, str]]:
    """Return what the merchant reads of a withdrawal, none without one."""
    if withdrawal is None:
        return []
    facts = [
        (_("Withdrawn from the contract"), moment(withdrawal.received_at)),
        (_("Withdrawn by"), f"{withdrawal.name}\n{withdrawal.answer_to}".strip()),
        (_("Proposed to pay back"), amount(withdrawal.proposed, withdrawal.order.currency)),
    ]
    if withdrawal.lifted_at is not None:
        facts.append((_("The contract goes on since"), moment(withdrawal.lifted_at)))
    return facts
