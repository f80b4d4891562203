"""The category tree in the admin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict, cast

from django import forms
from django.contrib import admin
from django.db.models import Case, Count, IntegerField, QuerySet, Value, When
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from modeltranslation.admin import TranslationAdmin
from unfold.decorators import display

from catalog.models.categories import Category
from catalog.selectors import category_tree
from catalog.services.categories import lock_place, save_category
from catalog.services.errors import CategoryRefused
from catalog.services.proposals import proposed_slug
from common.admin.languages import language_tabs
from common.admin.refusals import TellsRefusals
from common.languages import languages

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

INDENT = "\u2003"


def category_choices() -> list[tuple[Any, str]]:
    """List every category in the order of the tree, indented; one query."""
    return [(node.category.pk, f"{INDENT * node.depth}{node.category}") for node in category_tree()]


class CategoryForm(forms.ModelForm):
    """Form of a category that refuses a loop at the field, with the tree locked until the request is done.

    An address left blank is made from the name.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:
            self.fields["slug"].required = False

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "slug" in cleaned and not cleaned["slug"]:
            names = (cleaned.get(f"name_{code}") for code in languages())
            cleaned["slug"] = self.instance.slug or proposed_slug(next((name for name in names if name), ""))
        if "parent" in cleaned:
            parent = cleaned["parent"]
            try:
                lock_place(category_id=self.instance.pk, parent_id=parent.pk if parent else None)
            except CategoryRefused as refusal:
                self.add_error(refusal.field, str(refusal))
        return cleaned


class InTree(TypedDict):
    """Columns that `CategoryAdmin.get_queryset` adds to the rows of the list."""

    depth: int
    entry_count: int


@admin.register(Category)
class CategoryAdmin(TellsRefusals, TranslationAdmin):
    form = CategoryForm
    list_display = ("indented_name", "slug", "position", "entry_count")
    search_fields = ("search_text",)
    prepopulated_fields = {"slug": ("name",)}
    warn_unsaved_form = True
    list_per_page = 200
    sortable_by = ()

    def get_fieldsets(self, request: HttpRequest, obj: Category | None = None) -> list[Any]:
        return [
            (None, {"fields": ["parent", "slug", "position"]}),
            *language_tabs("name", "description"),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Category]:
        nodes = category_tree()
        order = [When(pk=node.category.pk, then=Value(number)) for number, node in enumerate(nodes)]
        depth = [When(pk=node.category.pk, then=Value(node.depth)) for node in nodes]
        return Category.objects.annotate(
            entry_count=Count("entries"),
            tree_order=Case(*order, default=Value(len(nodes)), output_field=IntegerField()),
            depth=Case(*depth, default=Value(0), output_field=IntegerField()),
        ).order_by("tree_order")

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        # Other forms use this order too, for rows without the columns of the tree.
        match = request.resolver_match
        return ["tree_order"] if match and match.url_name == "catalog_category_changelist" else []

    @display(description=_("category"), ordering="tree_order")
    def indented_name(self, category: WithAnnotations[Category, InTree]) -> SafeString:
        return format_html("{}{}", INDENT * 2 * category.depth, category)

    @display(description=_("entries"), ordering="entry_count")
    def entry_count(self, category: WithAnnotations[Category, InTree]) -> int:
        return category.entry_count

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = cast("forms.ModelChoiceField", super().formfield_for_foreignkey(db_field, request, **kwargs))
        if db_field.name == "parent":
            field.choices = [("", _("nowhere: a category of its own")), *category_choices()]
        return field

    def save_model(self, request: HttpRequest, obj: Category, form: Any, change: bool) -> None:
        save_category(category=obj)
