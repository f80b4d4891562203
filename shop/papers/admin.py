"""Invoices that could not be issued, in the admin: what is missing, and a button to issue them once it is there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import action, display
from unfold.forms import ActionForm
from unfold.widgets import UnfoldAdminSelectWidget

from accounts.people.models import User
from catalog.models.taxes import Tax
from common.admin.display import amount, link, moment
from common.admin.readonly import ReadOnlyAdmin
from common.numbers import whole_number
from common.refusals import Refused
from shop.papers.codes import codes_to_say, say_code
from shop.papers.models import AFTER_SERVICE, NO_LONGER_KEPT, MissingPaper
from shop.papers.services import issue_by_hand

ISSUE = "shop.issue_papers"
# Faults that the merchant can mend, in words; any other is shown as its code.
IN_WORDS: dict[str, str | Promise] = {
    "seller.name": gettext_lazy("name of the seller"),
    "seller.street": gettext_lazy("street of the seller"),
    "seller.postal_code": gettext_lazy("postal code of the seller"),
    "seller.city": gettext_lazy("city of the seller"),
    "seller.siren": gettext_lazy("SIRET of the seller"),
    "seller.siret": gettext_lazy("SIRET of the seller"),
    "seller.legal_line": gettext_lazy("legal form, capital and register of the seller"),
    "seller.email": gettext_lazy("support address of the seller"),
    "seller.vat_number": gettext_lazy("VAT number of the seller"),
    "seller.activity_number": gettext_lazy("declaration of activity (NDA) of the seller"),
    "buyer.name": gettext_lazy("name of the buyer"),
    "buyer.street": gettext_lazy("street of the buyer"),
    "buyer.postal_code": gettext_lazy("postal code of the buyer"),
    "buyer.city": gettext_lazy("city of the buyer"),
    "buyer.siren": gettext_lazy("SIRET of the buyer"),
    "buyer.vat_number": gettext_lazy("VAT number of the buyer"),
    "payment.iban": gettext_lazy("IBAN of the seller"),
    AFTER_SERVICE: gettext_lazy("the end of the service"),
    NO_LONGER_KEPT: gettext_lazy("the invoice itself, of which the number alone is kept"),
    "taxes.treatment": gettext_lazy("tax code of a line"),
    "taxes.outside_alone": gettext_lazy("lines that may not share one invoice"),
}


def faults_in_words(faults: Iterable[str]) -> str:
    """Return what is missing for a person to read, each thing once."""
    return ", ".join(dict.fromkeys(str(IN_WORDS.get(fault, fault)) for fault in faults))


class CodeForm(ActionForm):
    """Action on missing invoices, with the tax code of lines that were sold at 0 before there were codes."""

    tax = forms.ModelChoiceField(
        label="",
        queryset=Tax.objects.none(),
        required=False,
        empty_label=gettext_lazy("Lines sold at 0 without a tax code: leave"),
        widget=UnfoldAdminSelectWidget({"aria-label": gettext_lazy("Tax code of lines sold at 0")}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ModelChoiceField, self.fields["tax"]).queryset = codes_to_say()


@admin.register(MissingPaper)
class MissingPaperAdmin(ReadOnlyAdmin):
    list_display = ("order_link", "money", "missing", "waits_since")
    list_select_related = ("order",)
    search_fields = ("order__number",)
    search_help_text = gettext_lazy("Order number")
    rows_named = gettext_lazy("missing invoices")
    ordering = ("-id",)
    fields = readonly_fields = ("order_link", "money", "missing", "waits_since")
    actions = ("issue_chosen",)
    action_form = CodeForm

    def has_issue_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(ISSUE)

    @action(description=gettext_lazy("Issue the invoices"), permissions=["issue"])
    def issue_chosen(self, request: HttpRequest, queryset: QuerySet[MissingPaper]) -> None:
        """Issue the invoices of the chosen orders; those that still lack something stay. A tax code chosen is that of
        their lines sold at 0 without one."""
        orders = list(queryset.order_by("order_id").values_list("order_id", flat=True))
        issued = lacked_nothing = left = 0
        if chosen := next(filter(None, map(whole_number, request.POST.getlist("tax"))), None):
            try:
                say_code(orders=orders, tax_id=chosen)
            except Refused as refusal:
                messages.error(request, str(refusal))
                return
        for order_id in orders:
            try:
                documents = issue_by_hand(order_id=order_id, actor=cast(User, request.user), now=timezone.now())
                issued += bool(documents)
                lacked_nothing += not documents
            except Refused:
                left += 1
        if issued:
            text = ngettext("%(n)d invoice is issued.", "%(n)d invoices are issued.", issued)
            messages.success(request, text % {"n": issued})
        if lacked_nothing:
            text = ngettext(
                "%(n)d order lacked nothing any more.", "%(n)d orders lacked nothing any more.", lacked_nothing
            )
            messages.info(request, text % {"n": lacked_nothing})
        if left:
            text = ngettext("%(n)d invoice still lacks something.", "%(n)d invoices still lack something.", left)
            messages.warning(request, text % {"n": left})

    @display(description=gettext_lazy("order"), ordering="order")
    def order_link(self, paper: MissingPaper) -> SafeString | str:
        return link("shop_order", paper.order_id, paper.order)

    @display(description=gettext_lazy("total"))
    def money(self, paper: MissingPaper) -> str:
        return amount(paper.order.gross, paper.order.currency)

    @display(description=gettext_lazy("what is missing"))
    def missing(self, paper: MissingPaper) -> str:
        return faults_in_words(paper.faults)

    @display(description=gettext_lazy("since"), ordering="since")
    def waits_since(self, paper: MissingPaper) -> str:
        return moment(paper.since)
