"""Filters of the list of orders."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from shop.orders.figures import waiting_for_money
from shop.orders.giving_back.models import GivingBack
from shop.orders.lines.models import OrderLine
from shop.orders.models import Order
from shop.orders.standing import Paid, orders_paid
from shop.payments.charge_backs.selectors import charged_back_orders
from shop.payments.disputes import disputed_orders
from shop.payments.models import PaymentEvent
from shop.payments.registry import in_use, method_label
from shop.vat_ids.selectors import orders_to_look_at
from shop.withdrawal.selectors import to_settle

FAILED_LINE = Exists(OrderLine.objects.filter(order=OuterRef("pk"), status=OrderLine.Status.FAILED))
OPEN_MONEY = Exists(PaymentEvent.objects.needing_attention().filter(order=OuterRef("pk")))
OWED_BACK = Exists(GivingBack.objects.owed().filter(line__order=OuterRef("pk")))


class TodoFilter(DropdownFilter):
    """Filter of orders that need an action of the merchant."""

    title = _("to do")
    parameter_name = "todo"

    MONEY, LINE, ATTENTION, OWED, WITHDRAWN = "money", "line", "attention", "owed", "withdrawn"
    DISPUTED, CHARGED_BACK, VAT_ID = "disputed", "charged_back", "vat_id"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        return [
            (self.MONEY, _("waiting for money")),
            (self.LINE, _("with a failed line")),
            (self.ATTENTION, _("payment needs attention")),
            (self.OWED, _("with money to pay back")),
            (self.WITHDRAWN, _("withdrawn from, to be settled")),
            (self.DISPUTED, _("frozen for a dispute")),
            (self.CHARGED_BACK, _("owed again after a charge-back")),
            (self.VAT_ID, _("without VAT, by a number that VIES does not confirm")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        match self.value():
            case self.MONEY:
                return waiting_for_money(queryset)
            case self.LINE:
                return queryset.filter(FAILED_LINE)
            case self.ATTENTION:
                return queryset.filter(OPEN_MONEY)
            case self.OWED:
                return queryset.filter(OWED_BACK)
            case self.WITHDRAWN:
                return queryset.filter(pk__in=to_settle().values("pk"))
            case self.DISPUTED:
                return queryset.filter(pk__in=disputed_orders().values("pk"))
            case self.CHARGED_BACK:
                return queryset.filter(pk__in=charged_back_orders().values("pk"))
            case self.VAT_ID:
                return queryset.filter(pk__in=orders_to_look_at().values("pk"))
        return queryset


class PaidFilter(DropdownFilter):
    """Filter by how much of an order is paid, by the ledger."""

    title = _("paid")
    parameter_name = "paid"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        return list(Paid.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        return orders_paid(queryset, self.value()) if self.value() in Paid.values else queryset


class MethodFilter(DropdownFilter):
    """Filter by payment method, including a method in use that is no longer installed."""

    title = _("payment method")
    parameter_name = "by"
    NONE = "-"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        names = [provider.name for provider in in_use()]
        if self.value() not in (None, self.NONE, *names):
            names.append(self.value())
        return [(name, method_label(name)) for name in names] + [(self.NONE, _("not chosen yet"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        if not self.value():
            return queryset
        return queryset.filter(method="" if self.value() == self.NONE else self.value())
