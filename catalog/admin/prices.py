"""Price tiers inside the form of an entry."""

from decimal import Decimal
from typing import Any

from django import forms
from django.forms.models import BaseInlineFormSet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.forms import PaginationFormSetMixin

from catalog.guards import prices_include_tax
from catalog.models.entries import PriceTier
from catalog.services.errors import FirstPriceMissing
from common.admin.decimals import AMOUNTS
from common.admin.pages import TabularRows
from common.constraints import SaysWhy


def typed_price_label() -> str:
    """Return the label of a unit's price: net, or with tax, as the shop types them. One query."""
    return gettext("Price with tax") if prices_include_tax() else gettext("Net price")


class PriceFormSet(PaginationFormSetMixin, BaseInlineFormSet):
    """Price tiers of an entry: one price per quantity, the first from 1 on."""

    def clean(self) -> None:
        super().clean()
        if any(self.errors):
            return
        if 1 not in self.tiers():
            raise forms.ValidationError(FirstPriceMissing.message)

    def tiers(self) -> dict[int, Decimal]:
        """Return the prices to store, by quantity."""
        return {
            form.cleaned_data["from_quantity"]: form.cleaned_data["unit_net"]
            for form in self.forms
            if form.cleaned_data and not form.cleaned_data.get("DELETE")
        }


class PriceForm(SaysWhy, forms.ModelForm):
    class Meta:  # the inline names the model: named here, each page would make the fields twice
        fields = ("from_quantity", "unit_net")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["from_quantity"].widget.attrs |= {"min": "1"}
        # A screen reader does not take the heading of a table's column for a label.
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = field.label


class PriceInline(TabularRows):
    model = PriceTier
    form = PriceForm
    formset = PriceFormSet
    formfield_overrides = AMOUNTS
    fields = ("from_quantity", "unit_net")
    ordering = ("from_quantity",)
    verbose_name_plural = _("prices")
    hide_title = True

    def get_formset(self, request: Any, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        formset.form.base_fields["unit_net"].label = typed_price_label()
        return formset

    def get_extra(self, request: Any, obj: Any = None, **kwargs: Any) -> int:
        return 0 if obj else 1
