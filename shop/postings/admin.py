"""The ledger in the administration: read only, with the orders that its keys stand for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter
from unfold.decorators import display

from accounts.members.models import CustomerAccount
from billing.ledger.models import Account, LedgerEntry, LedgerLine
from common.admin.display import NOTHING, Column, Table, admin_link, amount, columns, link, moment
from common.admin.filters import DayRangeFilter
from common.admin.readonly import ReadOnlyAdmin
from common.currencies import from_minor_units
from common.search import matching_whole
from shop.orders.models import Order
from shop.postings.parts import in_words


class AccountFilter(DropdownFilter):
    title = gettext_lazy("account of the ledger")
    parameter_name = "account"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        return list(Account.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[LedgerEntry]) -> QuerySet[LedgerEntry]:
        if not self.value():
            return queryset
        return queryset.filter(pk__in=LedgerLine.objects.filter(account=self.value()).values("entry"))


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnlyAdmin):
    list_display = ("at_text", "kind_text", "order_link", "money")
    list_display_links = ("at_text",)
    list_filter = (("kind", ChoicesDropdownFilter), AccountFilter, ("posted_on", DayRangeFilter))
    list_filter_submit = True
    list_fullwidth = True
    rows_named = gettext_lazy("ledger entries")
    search_fields = ("fact",)
    search_help_text = gettext_lazy("Number of an order")
    ordering = ("-id",)
    fields = readonly_fields = ("kind_text", "order_link", "money", "posted_on", "at_text", "fact")
    change_form_outer_after_template = "postings/admin/lines.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[LedgerEntry]:
        lines = LedgerLine.objects.filter(entry=OuterRef("pk")).order_by()
        debits = lines.filter(amount__gt=0).values("entry").annotate(sum=Sum("amount")).values("sum")
        order_id = lines.filter(order_id__isnull=False).values("order_id")[:1]
        entries = super().get_queryset(request).annotate(debits=Subquery(debits), order_id=Subquery(order_id))
        number = Order.objects.filter(pk=OuterRef("order_id")).values("number")
        return entries.annotate(order_number=Subquery(number))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[LedgerEntry], search_term: str
    ) -> tuple[QuerySet[LedgerEntry], bool]:
        if not search_term.strip():
            return queryset, False
        found = matching_whole(queryset, search_term, "fact", also=self.also_found_whole)
        return queryset.none() if found is None else found, False

    def also_found_whole(self, text: str) -> Iterable[QuerySet[Any]]:
        orders = Order.objects.filter(number=text).values("pk")
        return (LedgerLine.objects.filter(order_id__in=orders).values("entry"),)

    def row_context(self, request: HttpRequest, row: LedgerEntry) -> dict[str, Any]:
        return {"lines": _lines_of(row, request)}

    @display(description=gettext_lazy("at"), ordering="id")
    def at_text(self, entry: LedgerEntry) -> str:
        return moment(entry.at)

    @display(description=gettext_lazy("kind"), ordering="kind")
    def kind_text(self, entry: LedgerEntry) -> str:
        return entry.get_kind_display()

    @display(description=gettext_lazy("order"))
    def order_link(self, entry: Any) -> SafeString | str:
        return link("shop_order", entry.order_id, entry.order_number)

    @display(description=gettext_lazy("amount"))
    def money(self, entry: Any) -> str:
        return amount(from_minor_units(entry.debits or 0, entry.currency), entry.currency)


def _lines_of(entry: LedgerEntry, request: HttpRequest) -> Table:
    lines = list(entry.lines.order_by("pk"))
    accounts = CustomerAccount.objects.in_bulk({line.customer_id for line in lines if line.customer_id is not None})
    numbers = dict(Order.objects.filter(pk__in={line.order_id for line in lines}).values_list("pk", "number"))

    parts = in_words({line.part for line in lines})

    def said(units: int) -> str:
        return amount(from_minor_units(units, entry.currency), entry.currency) if units > 0 else ""

    def customer(line: LedgerLine) -> SafeString | str:
        known = accounts.get(line.customer_id or 0)
        return NOTHING if known is None else admin_link(request.user, CustomerAccount, known.pk, known)

    def order(line: LedgerLine) -> SafeString | str:
        number = numbers.get(line.order_id or 0)
        return NOTHING if number is None else admin_link(request.user, Order, line.order_id, number)

    return Table(
        columns(
            _("Account"),
            _("Part"),
            _("Customer account"),
            _("Order"),
            Column(_("Debit"), is_amount=True),
            Column(_("Credit"), is_amount=True),
        ),
        [
            [
                line.get_account_display(),
                parts[line.part],
                customer(line),
                order(line),
                said(line.amount),
                said(-line.amount),
            ]
            for line in lines
        ],
    )
