"""Filters of the list of entries."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from catalog.admin.entry_form import handler_choices
from catalog.models.entries import Entry, Vocational
from catalog.selectors import category_tree

INDENT = "\u2003"


class CategoryFilter(DropdownFilter):
    """Filter by category, with the categories below it."""

    title = _("category")
    parameter_name = "shelf"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [(node.category.slug, f"{INDENT * node.depth}{node.category}") for node in category_tree()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Entry]) -> QuerySet[Entry]:
        if not self.value():
            return queryset
        ids = next((node.ids for node in category_tree() if node.category.slug == self.value()), frozenset())
        return queryset.filter(category_id__in=ids)


class VocationalFilter(DropdownFilter):
    """Entries that are vocational training, are not, or do not say; retired ones need not say."""

    title = _("vocational training")
    parameter_name = "vocational"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        return [(value, label) for value, label in Vocational.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Entry]) -> QuerySet[Entry]:
        match self.value():
            case Vocational.UNSAID:
                return queryset.filter(pk__in=Entry.objects.unsaid().values("pk"))
            case Vocational.YES | Vocational.NO as value:
                return queryset.filter(vocational=value)
        return queryset


class HandlerFilter(DropdownFilter):
    """Filter by handler; a handler that is in use but missing can be chosen too."""

    title = _("after the sale")
    parameter_name = "delivery"
    NOTHING = "-"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        choices = dict(handler_choices())
        in_use = Entry.objects.order_by("handler").values_list("handler", flat=True).distinct()
        missing = [handler_choices(name)[-1] for name in in_use if name not in choices]
        return [(name or self.NOTHING, label) for name, label in [*choices.items(), *missing]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Entry]) -> QuerySet[Entry]:
        if not self.value():
            return queryset
        return queryset.filter(handler="" if self.value() == self.NOTHING else self.value())
