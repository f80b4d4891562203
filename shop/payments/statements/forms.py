"""Forms about bank statements in the administration."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files import File
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from common.sheets.tables import Row
from shop.payments.registry import in_use, method_label
from shop.payments.statements.models import MAX_NOTE
from shop.payments.statements.read import StatementTooLarge
from shop.payments.statements.tables import AMOUNT, CREDIT, DAY, DEBIT, IBAN, MOST, NAME, REFERENCE, TEXT, Columns

LABELS = {
    DAY: _("Day"),
    AMOUNT: _("Amount, with its sign"),
    DEBIT: _("Debit"),
    CREDIT: _("Credit"),
    TEXT: _("Text"),
    NAME: _("Name of the payer"),
    IBAN: _("IBAN of the payer"),
    REFERENCE: _("Reference of the bank"),
}


class UploadForm(forms.Form):
    use_required_attribute = False

    file = forms.FileField(
        label=_("Statement"),
        widget=UnfoldAdminFileFieldWidget(),
        help_text=_("CAMT.053 (XML, or several in a ZIP), or the table that your bank exports (CSV or XLSX)."),
    )
    account = forms.CharField(
        label=_("Bank account"),
        max_length=34,
        required=False,
        widget=UnfoldAdminTextInputWidget({"autocomplete": "off"}),
        help_text=_("For tables alone: the IBAN, or a name that you give the account. Its columns are remembered."),
    )

    def clean_file(self) -> File[bytes]:
        file: File[bytes] = self.cleaned_data["file"]
        if file.size > MOST.size:
            raise forms.ValidationError(StatementTooLarge.message)
        return file

    def clean_account(self) -> str:
        return str(self.cleaned_data["account"]).replace(" ", "").upper()


class ColumnsForm(forms.Form):
    """Meaning of the columns of a bank's table."""

    use_required_attribute = False

    def __init__(self, *args: Any, headings: Row, columns: Columns, **options: Any) -> None:
        super().__init__(*args, **options)
        choices = [("", "–")] + [
            (str(number), f"{number + 1}: {cell.strip()[:40]}") for number, cell in enumerate(headings.cells)
        ]
        for meaning, label in LABELS.items():
            number = columns.numbers.get(meaning)
            self.fields[meaning] = forms.ChoiceField(
                label=label,
                choices=choices,
                required=False,
                initial="" if number is None else str(number),
                widget=UnfoldAdminSelectWidget(),
            )
        self.fields["is_day_first"] = forms.BooleanField(
            label=_("01/02 is the first of February"),
            required=False,
            initial=columns.is_day_first,
            widget=UnfoldBooleanWidget(),
        )

    def clean(self) -> dict[str, Any]:
        if not self.columns.is_whole:
            raise forms.ValidationError(
                _("Choose the column of the day, and that of the amount or those of debit and credit.")
            )
        return self.cleaned_data

    @property
    def columns(self) -> Columns:
        chosen = {meaning: int(self.cleaned_data[meaning]) for meaning in LABELS if self.cleaned_data.get(meaning)}
        return Columns(chosen, is_day_first=self.cleaned_data["is_day_first"])


class PayoutForm(forms.Form):
    use_required_attribute = False

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["provider"] = forms.ChoiceField(
            label=_("Paid out by"),
            choices=[(each.name, method_label(each.name)) for each in in_use()],
            widget=UnfoldAdminSelectWidget(),
        )


class AsideForm(forms.Form):
    use_required_attribute = False

    note = forms.CharField(
        label=_("Why this line concerns no order"),
        max_length=MAX_NOTE,
        widget=UnfoldAdminTextInputWidget({"autocomplete": "off"}),
    )
