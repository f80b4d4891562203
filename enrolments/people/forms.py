"""Form of a person's corrected details."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext as _

from accounts.people.delegation.models import Delegation
from enrolments.seats.forms import PersonForm


class EditPersonForm(PersonForm):
    """Name and address of a person; `seen` is the `version_of` the details when the page was opened."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def tell_changed(self, stored: Delegation) -> None:
        """Write at each field the stored value, where another one was typed."""
        for name in ("email", "first_name", "last_name"):
            now = getattr(stored, name)
            if self.cleaned_data.get(name) not in (None, now):
                self.add_error(name, _("Stored now: “%(now)s”.") % {"now": now})
