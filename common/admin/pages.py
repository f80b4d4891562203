"""Root of all pages of the administration: a list is narrowed by what its page declares, and by nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.admin import FieldListFilter
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest
from django.utils.functional import Promise
from unfold import admin as unfold
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from common.admin.display import NOTHING

if TYPE_CHECKING:

    class AnyPage:
        """Stand-in for the ModelAdmin or the inline that the mixin is part of."""

        list_filter: ClassVar[Any]
        date_hierarchy: ClassVar[Any]

        def get_list_filter(self, request: HttpRequest) -> Any: ...

else:
    AnyPage = object

# Columns whose value opens something, or is kept from staff: no list is narrowed, searched or sorted by one, whatever
# its page declares. A column of such a name is never shown in a list.
SECRETS = frozenset(
    {
        "answers", "code_hash", "context", "data", "details", "link_hash", "link_nonce", "nonce", "password", "payload",
        "secret", "secrets", "session_data", "session_key", "token", "token_hash", "visitor_key",
    }
)  # fmt: skip
# What the filters of a field ask; a path into another table is none of it.
_ASKED = r"(__(exact|in|isnull|gt|gte|lt|lte|id__exact|pk__exact)|_(from|to)(_[01])?)?"


def names_secret(path: str) -> bool:
    """Tell whether a path of columns, with or without a look-up and a sign for the order, leads to a secret."""
    return not SECRETS.isdisjoint(path.lstrip("-=^@").split("__"))


class OnlyDeclared(AnyPage):
    """Part of every page and inline: look-ups in the address of a list are those of its filters and `linked_lookups`,
    which other pages link to. Any other is refused with 400."""

    linked_lookups: tuple[str, ...] = ()

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        if names_secret(lookup):
            return False
        if lookup in self.linked_lookups:
            return True
        return any(re.fullmatch(declared, lookup) for declared in self._declared(request))

    def _declared(self, request: HttpRequest | None) -> Iterator[str]:
        """Yield patterns of the names that the list's filters read."""
        filters = self.get_list_filter(request) if request is not None else self.list_filter
        for each in filters:
            field = each if isinstance(each, str) else each[0] if isinstance(each, list | tuple) else None
            if field is None and issubclass(each, FieldListFilter):
                continue
            yield re.escape(each.parameter_name) if field is None else re.escape(field) + _ASKED
        if self.date_hierarchy:
            yield re.escape(self.date_hierarchy) + r"__(year|month|day|gte|lt)"


class Page(OnlyDeclared, unfold.ModelAdmin):
    """Page of a model. Every page that is registered inherits from it.

    `looks_up` names fields of other models, as pairs, that forms of the page's own choose by looking rows up;
    `rows_named` are the words below a list for its rows, where the model's plural is a title that counts nothing;
    `when_empty` says what to do where there is no row at all.
    """

    looks_up: ClassVar[Sequence[tuple[type[Model], str]]] = ()
    rows_named: ClassVar[str | Promise] = ""
    when_empty: ClassVar[str | Promise] = ""
    empty_value_display = NOTHING


class StackedRows(OnlyDeclared, unfold.StackedInline):
    """Rows of another model on a page, one below the other."""


class TabularRows(OnlyDeclared, unfold.TabularInline):
    """Rows of another model on a page, as a table."""


class DeclaredAutocomplete(AutocompleteJsonView):
    """Answers of the fields that look rows up: for a field or a filter that a page declares as such, and no other."""

    def process_request(self, request: HttpRequest) -> Any:
        term, looked_up, source, to_field = super().process_request(request)
        if source.name not in self._declared(request, source.model):
            raise PermissionDenied
        return term, looked_up, source, to_field

    def _declared(self, request: HttpRequest, model: Any) -> set[str]:
        site: Any = self.admin_site
        names: set[str] = set()
        for page in site._registry.values():
            names.update(name for owner, name in page.looks_up if owner is model)
            for part in (page, *(inline(page.model, site) for inline in page.inlines)):
                if part.model is model:
                    names.update(part.get_autocomplete_fields(request))
            if page.model is model:
                paired = (each for each in page.get_list_filter(request) if isinstance(each, list | tuple))
                names.update(name for name, kind in paired if issubclass(kind, AutocompleteSelectFilter))
        return names
