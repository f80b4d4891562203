"""Formats of the numbers of documents in the administration."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common.admin.single_row import SingleRowAdmin
from documents.series.formats import coming_numbers, save_formats, usual_formats, wrong_formats
from documents.series.models import NumberFormats


class NumberFormatsForm(forms.ModelForm):
    """Form of the formats, with what is wrong beside each."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, usual in usual_formats().items():
            if name in self.fields:
                self.fields[name].help_text = _("Empty: %(usual)s") % {"usual": usual}

    def clean(self) -> None:
        typed = {name: self.cleaned_data.get(name, "") for name in usual_formats()}
        for field, message in wrong_formats(NumberFormats(**typed)).items():
            self.add_error(field, str(message))


@admin.register(NumberFormats)
class NumberFormatsAdmin(SingleRowAdmin):
    form = NumberFormatsForm
    fields = ("invoice", "credit_note", "receipt", "proforma")
    change_form_outer_before_template = "series/admin/coming.html"

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        today = timezone.localdate()
        context = {**(extra_context or {}), "coming": coming_numbers(day=today), "next_year": today.year + 1}
        return super().changeform_view(request, object_id, form_url, context)

    def save_model(self, request: HttpRequest, obj: NumberFormats, form: NumberFormatsForm, change: bool) -> None:
        save_formats(obj)
