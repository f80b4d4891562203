"""The renderer of forms writes byte for byte what Django's templates write."""

from decimal import Decimal

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy
from unfold import widgets as unfold

from common.form_renderer import Renderer

DJANGOS, OURS = DjangoTemplates(), Renderer()
VALUES = (
    None, "", "plain", "\"><script>'&", mark_safe("<b>&amp;</b>"), 0, 7, 1234567, Decimal("1.50"), True, False,
    ("a", "b"), gettext_lazy("Save"),
)  # fmt: skip
WIDGETS = (
    forms.TextInput, forms.NumberInput, forms.EmailInput, forms.URLInput, forms.PasswordInput, forms.HiddenInput,
    forms.TelInput, forms.SearchInput,
    forms.DateInput, forms.TimeInput, forms.CheckboxInput, forms.Textarea, unfold.UnfoldAdminTextInputWidget,
    unfold.UnfoldAdminIntegerFieldWidget, unfold.UnfoldAdminTextareaWidget, unfold.UnfoldAdminDateWidget,
    unfold.UnfoldBooleanSwitchWidget,
)  # fmt: skip
ATTRS = {
    "id": "id_field", "data-true": True, "data-false": False, "data-none": None, "data-number": 1234567,
    "data-markup": "\"><script>'&", "data-safe": mark_safe("a && b"), "title": gettext_lazy("Save"), "x-on:click": "a",
}  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=repr)
@pytest.mark.parametrize("widget", WIDGETS, ids=lambda widget: widget.__name__)
def test_every_widget_is_written_as_by_django(widget, value):
    for attrs in ({}, ATTRS):
        made = widget(attrs)
        assert made.render("a<b", value, renderer=OURS) == made.render("a<b", value, renderer=DJANGOS)


@pytest.mark.parametrize(
    "widget", [forms.Select, forms.SelectMultiple, unfold.UnfoldAdminSelectWidget, forms.RadioSelect]
)
def test_choices_are_written_as_by_django(widget):
    choices = [
        ("", "---"),
        (1, "One & <b>"),
        ("Group", [(1234567, gettext_lazy("Save")), ("'\"", mark_safe("<i>3</i>"))]),
    ]
    for value in ("", 1, ["1234567"], "'\""):
        made = widget(ATTRS, choices=choices)
        assert made.render("choice", value, renderer=OURS) == made.render("choice", value, renderer=DJANGOS)


class Asked(forms.Form):
    plain = forms.CharField(label="A & b", help_text="<i>Help</i>")
    lazy = forms.IntegerField(label=gettext_lazy("Save"))
    marked = forms.BooleanField(label=mark_safe("<b>Yes</b>"), required=False)
    moment = forms.SplitDateTimeField(label="When", required=False)


@pytest.mark.parametrize("data", [None, {}, {"plain": "<", "lazy": "x", "moment_0": "never"}], ids=repr)
def test_forms_labels_and_errors_are_written_as_by_django(data):
    for options in ({}, {"auto_id": False}, {"prefix": "p"}):
        ours, djangos = (Asked(data, renderer=renderer, **options) for renderer in (OURS, DJANGOS))
        assert ours.as_div() == djangos.as_div()
        assert ours.as_table() == djangos.as_table()
        for name in ours.fields:
            for attrs in (None, {"class": "a", "hidden": True, "data-false": False}):
                assert ours[name].label_tag(attrs=attrs) == djangos[name].label_tag(attrs=attrs)
            assert ours[name].legend_tag() == djangos[name].legend_tag()
            assert str(ours[name].errors) == str(djangos[name].errors)


def test_the_shops_forms_are_rendered_by_it():
    assert isinstance(Asked().renderer, Renderer)
