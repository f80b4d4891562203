"""Fields of the administration that look up what they refer to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError
from django.db.models import ForeignKey
from django.forms import ModelChoiceField
from django.http import HttpRequest


class CheckedAutocompleteSelect(AutocompleteSelect):
    """Select nothing for what can be no key. Repairs Django 5.2, which fails to show the form."""

    def optgroups(self, name: str, value: Iterable[Any], attrs: dict[str, Any] | None = None) -> list[Any]:
        return super().optgroups(name, [key for key in value if self._can_be_key(key)], attrs)

    def _can_be_key(self, key: Any) -> bool:
        try:
            self.field.target_field.to_python(key)
        except (ValidationError, ValueError):
            return False
        return True


class CheckedAutocomplete:
    """Mixin of a ModelAdmin or an inline with `autocomplete_fields`."""

    def formfield_for_foreignkey(
        self, db_field: ForeignKey, request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField | None:
        if db_field.name in self.get_autocomplete_fields(request):  # type: ignore[attr-defined]
            kwargs["widget"] = CheckedAutocompleteSelect(db_field, self.admin_site)  # type: ignore[attr-defined]
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]
