"""Forms about erasure: of the person who asks for it, and of the merchant."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminEmailInputWidget, UnfoldAdminTextareaWidget

from accounts.people.models import User
from accounts.privacy.models import MAX_REASON
from common.fields import KnownAddressField


class OwnAddressForm(forms.Form):
    """The address of the person to erase, typed again: nobody is erased by a slip of the hand."""

    use_required_attribute = False

    email = KnownAddressField(label=_("E-mail address, once more"))

    def __init__(self, *args: Any, person: User, **options: Any) -> None:
        super().__init__(*args, **options)
        self.person = person

    def clean_email(self) -> str:
        typed: str = self.cleaned_data["email"]
        if typed != self.person.email:
            raise forms.ValidationError(_("This is another address."), code="other_address")
        return typed


class EraseForm(OwnAddressForm):
    """The address typed by the merchant."""

    email = KnownAddressField(
        label=_("Address of the person, once more"), widget=UnfoldAdminEmailInputWidget({"autocomplete": "off"})
    )


class RefuseForm(forms.Form):
    use_required_attribute = False

    reason = forms.CharField(
        label=_("Why"),
        max_length=MAX_REASON,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
        help_text=_("The person reads it in a mail."),
    )
