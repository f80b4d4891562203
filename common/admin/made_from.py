"""Change forms of the administration that carry what they were made from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Model
from django.http import HttpRequest

from common.admin.titles import PlainTitles
from common.admin.typed import TYPED
from common.constraints import SaysWhy
from common.made_from import MadeFrom
from common.made_from_rows import MadeFromRows


class CarriesMadeFrom(PlainTitles):
    """Admin whose form and rows notice what was saved elsewhere since they were shown."""

    change_form_before_template = "common/admin/made_from.html"
    formfield_overrides = TYPED

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        return form if issubclass(form, MadeFrom) else type(form.__name__, (MadeFrom, form), {})

    def get_formsets_with_inlines(self, request: HttpRequest, obj: Model | None = None) -> Iterator[Any]:
        for formset, inline in super().get_formsets_with_inlines(request, obj):
            if inline.has_change_permission(request, obj):
                bases = (formset,) if issubclass(formset, MadeFromRows) else (MadeFromRows, formset)
                form = formset.form
                if not issubclass(form, SaysWhy):  # to make a class takes as long as to make ten forms
                    form = type(form.__name__, (SaysWhy, form), {})
                formset = type(formset.__name__, bases, {"form": form})
            yield formset, inline
