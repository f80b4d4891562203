"""Fields of the administration that look up the rows they refer to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.contrib.admin import AdminSite
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError
from django.db.models import ForeignKey, Model
from django.forms import ModelChoiceField
from django.http import HttpRequest

if TYPE_CHECKING:

    class WithAutocomplete:
        """Stand-in for the part of a ModelAdmin or an inline that the mixin calls."""

        admin_site: AdminSite

        def get_autocomplete_fields(self, request: HttpRequest) -> Sequence[str]: ...
        def formfield_for_foreignkey(
            self, db_field: ForeignKey, request: HttpRequest, **kwargs: Any
        ) -> ModelChoiceField | None: ...

else:
    WithAutocomplete = object


class CheckedAutocompleteSelect(AutocompleteSelect):
    """Widget that selects nothing for a value that can be no key. Repairs Django 5.2, which fails to show the form.

    `loaded` is the row chosen, where the caller has it: it is shown without being looked up again.
    """

    loaded: Model | None = None

    def optgroups(self, name: str, value: Iterable[Any], attrs: dict[str, Any] | None = None) -> list[Any]:
        keys = [key for key in value if self._can_be_key(key)]
        if self.loaded is not None and [str(key) for key in keys] == [str(self.loaded.pk)]:
            label = self.choices.field.label_from_instance(self.loaded)
            return [(None, [self.create_option(name, self.loaded.pk, label, True, 0)], 0)]
        return super().optgroups(name, keys, attrs)

    def _can_be_key(self, key: Any) -> bool:
        try:
            self.field.target_field.to_python(key)
        except (ValidationError, ValueError):
            return False
        return True


class CheckedAutocomplete(WithAutocomplete):
    """Mixin of a ModelAdmin or an inline with `autocomplete_fields`."""

    def formfield_for_foreignkey(
        self, db_field: ForeignKey, request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField | None:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs["widget"] = CheckedAutocompleteSelect(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
