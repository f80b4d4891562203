"""Form that asks for an export."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from billing.journal.vat import Basis
from shop.books.models import BookExport


class ExportForm(forms.Form):
    """Kind, form and period of an export."""

    use_required_attribute = False

    kind = forms.ChoiceField(label=_("Export"), choices=BookExport.Kind.choices, widget=UnfoldAdminSelectWidget)
    starts_on = forms.DateField(
        label=_("First day"), widget=UnfoldAdminTextInputWidget({"type": "date"}), localize=False
    )
    ends_on = forms.DateField(label=_("Last day"), widget=UnfoldAdminTextInputWidget({"type": "date"}), localize=False)
    form = forms.ChoiceField(
        label=_("Form"),
        choices=[choice for choice in BookExport.Form.choices if choice[0] != BookExport.Form.TXT],
        widget=UnfoldAdminSelectWidget,
        help_text=_("Of tables. The French journal has a form of its own, by law."),
    )
    basis = forms.ChoiceField(
        label=_("VAT is due"),
        choices=Basis.choices,
        widget=UnfoldAdminSelectWidget,
        help_text=_("For the exports of VAT, as the company has chosen."),
    )
    asked_as = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, **options: Any) -> None:
        super().__init__(data, **options)
        self.initial.setdefault("asked_as", uuid.uuid4())
