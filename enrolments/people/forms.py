"""Form of a person's corrected details."""

from __future__ import annotations

from django import forms

from enrolments.seats.forms import PersonForm


class EditPersonForm(PersonForm):
    """Name and address of a person; `seen` is the `version_of` the details when the page was opened."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)
