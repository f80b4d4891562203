"""A person put right."""

from __future__ import annotations

from django import forms

from enrolments.seats.forms import PersonForm


class EditPersonForm(PersonForm):
    """`seen` stands for the details the page showed when it was opened."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)
