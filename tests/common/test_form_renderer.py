"""Inputs are written like Django's own templates write them."""

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy

from common.form_renderer import FormRenderer

WIDGETS = (
    forms.TextInput(),
    forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
    forms.NumberInput(attrs={"min": 1, "step": "any"}),
    forms.PasswordInput(render_value=True),
    forms.HiddenInput(),
    forms.URLInput(),
    forms.TelInput(),
    forms.SearchInput(),
    forms.DateInput(),
    forms.CheckboxInput(),
    forms.Textarea(),
    forms.Select(choices=[("a", "A & B"), ("b", "B")]),
    forms.RadioSelect(choices=[("a", "A"), ("b", "B")]),
    forms.CheckboxSelectMultiple(choices=[("a", "A")]),
)
VALUES = (None, "", "a", 0, 12, True, False, "<\"&'>", mark_safe("&amp;"), gettext_lazy("Name"))


@pytest.mark.parametrize("widget", WIDGETS, ids=lambda widget: type(widget).__name__)
@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_control_is_that_of_django(widget, value):
    attrs = {"id": "x", "required": True, "disabled": False, "title": '"<&', "data-safe": mark_safe("&lt;"), "size": 3}

    written = widget.render("a<b", value, attrs, renderer=FormRenderer())

    assert written == widget.render("a<b", value, attrs, renderer=DjangoTemplates())


def test_forms_are_written_by_it():
    assert isinstance(forms.Form().renderer, FormRenderer)
