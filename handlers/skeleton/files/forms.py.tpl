"""Forms for the merchant, and for the customer at each unit."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from handlers.contract import ParametersForm
from handlers.parameter_fields import TextField


class MerchantForm(ParametersForm):
    """Internal parameters. Each field is a key of the entry's parameter string, too."""

    notice = TextField(
        label=_("Notice to the customer"),
        max_length=200,
        help_text=_("A sentence that the customer reads after payment. Empty: none."),
    )


class UnitForm(forms.Form):
    """Micro-form, shown once per unit bought. Its cleaned answers are kept as JSON."""

    beneficiary = forms.CharField(
        label=_("Beneficiary"),
        max_length=150,
        help_text=_("Who this unit is for."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
