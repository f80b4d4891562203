"""Chart of accounts in the administration."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from billing.journal.chart import USUAL
from billing.journal.models import ChartAccount
from common.admin.display import NOTHING
from common.admin.refusals import TellsRefusals


@admin.register(ChartAccount)
class ChartAccountAdmin(TellsRefusals):
    list_display = ("number", "label", "account_label", "part_text", "usual")
    list_display_links = ("number",)
    list_filter = (("account", ChoicesDropdownFilter),)
    list_filter_submit = True
    search_fields = ("number", "label")
    search_help_text = gettext_lazy("Number or label")
    rows_named = gettext_lazy("accounts of the chart")
    when_empty = gettext_lazy("The usual accounts of the French chart hold. Add the numbers that your accountant uses.")
    fields = ("account", "part", "number", "label")
    warn_unsaved_form = True

    @display(description=gettext_lazy("account of the ledger"), ordering="account")
    def account_label(self, row: ChartAccount) -> str:
        return row.get_account_display()

    @display(description=gettext_lazy("part"), ordering="part")
    def part_text(self, row: ChartAccount) -> str:
        return row.part or NOTHING

    @display(description=gettext_lazy("usual number"))
    def usual(self, row: ChartAccount) -> str:
        return USUAL[row.account].number
