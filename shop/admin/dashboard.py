"""The start page of the administration: what waits for the merchant's hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from outbox.models import Job
from shop.admin.orders.filters import FAILED_LINE, TodoFilter, waiting_for_money
from shop.admin.payments import AttentionFilter
from shop.missing import missing_from_the_shop
from shop.models import Order, PaymentEvent


@dataclass(frozen=True)
class Count:
    """How many rows of a list ask for attention, and where they are."""

    label: str | Promise
    hint: str | Promise
    number: int
    url: str
    colour: str = "warn"


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the start page knows besides the list of models: only what its reader may see."""
    user = request.user
    counts = []
    if user.has_perm("shop.view_order"):
        orders = reverse("admin:shop_order_changelist")
        counts.append(
            Count(
                _("Orders waiting for money"),
                _("Confirm what has arrived."),
                waiting_for_money(Order.objects.all()).count(),
                f"{orders}?{TodoFilter.parameter_name}={TodoFilter.MONEY}",
            )
        )
        counts.append(
            Count(
                _("Orders with a failed line"),
                _("Paid, and not delivered yet."),
                Order.objects.filter(FAILED_LINE).count(),
                f"{orders}?{TodoFilter.parameter_name}={TodoFilter.LINE}",
                "bad",
            )
        )
    if user.has_perm("shop.view_paymentevent"):
        counts.append(
            Count(
                _("Money that needs attention"),
                _("It differs, came twice or too late, or belongs to no order."),
                PaymentEvent.objects.needing_attention().count(),
                f"{reverse('admin:shop_paymentevent_changelist')}"
                f"?{AttentionFilter.parameter_name}={AttentionFilter.ATTENTION}",
                "bad",
            )
        )
    if user.has_perm("outbox.view_job"):
        counts.append(
            Count(
                _("Jobs that gave up"),
                _("Tried as often as allowed. Read why, then run them again."),
                Job.objects.dead().count(),
                f"{reverse('admin:outbox_job_changelist')}?state__exact={Job.State.DEAD}",
                "bad",
            )
        )
    if user.has_perm("shop.view_shopidentity"):
        context["missing"] = missing_from_the_shop(now=timezone.now())
    return context | {"counts": counts}
