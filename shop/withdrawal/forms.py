from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from common.fields import AddressField, NameField


class WithdrawalForm(forms.Form):
    """Declaration of a withdrawal: name, and where the acknowledgement is sent (CC D221-5)."""

    use_required_attribute = False

    name = NameField(label=_("Your name"), widget=forms.TextInput(attrs={"autocomplete": "name"}))
    answer_to = AddressField(
        label=_("E-mail address for the acknowledgement"),
        help_text=_("The acknowledgement, with content, date and time, is sent here at once."),
    )
