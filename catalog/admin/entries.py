"""Catalogue entries in the admin."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypedDict, cast

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import Min, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from modeltranslation.admin import TranslationAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from catalog.admin.categories import category_choices
from catalog.admin.course_choices import course_choices
from catalog.admin.entry_fields import FieldFormSet, FieldInline
from catalog.admin.entry_form import STRING, EntryForm, handler_choices
from catalog.admin.filters import CategoryFilter, HandlerFilter, VocationalFilter
from catalog.admin.on_sale import Asked, EntryList, SaleFilter, banner_for, sale_label
from catalog.admin.parameters import Section, installed_sections, sections
from catalog.admin.prices import PriceFormSet, PriceInline
from catalog.admin.short_form import short_form_page
from catalog.admin.together import ChangesTogether
from catalog.admin.tools import tool_urls, tools_for
from catalog.admin.widgets import Picture, RichText
from catalog.models.entries import Entry, EntryState
from catalog.offers import offer_of
from catalog.services.checks import check_entry
from catalog.services.entries import save_entry, set_prices
from catalog.services.entry_fields import set_fields
from catalog.services.recheck import recheck
from common.admin.display import NOTHING, amount, choice_label
from common.admin.languages import language_tabs
from common.admin.refusals import TellsRefusals
from common.decimals import AmountField
from handlers.contract import Level
from handlers.querystring import encode
from handlers.selectors import faults_of

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

    from accounts.people.models import User

ENTRY_COLOURS = {
    EntryState.DRAFT: "info",
    EntryState.AVAILABLE: "success",
    EntryState.INTERNAL: "warning",
    EntryState.SUSPENDED: "danger",
    EntryState.RETIRED: "default",
}
MESSAGE_LEVELS = {Level.ERROR: messages.ERROR, Level.WARNING: messages.WARNING, Level.INFO: messages.INFO}
TEXTS = ("name", "summary", "description", "terms")


class Priced(TypedDict):
    """Columns that `EntryAdmin.get_queryset` adds to the rows of the list."""

    lowest_price: Decimal | None


class Read(TypedDict):
    """Readings that `EntryAdmin.save_model` keeps: label, literal and reading of each value that decoding changed."""

    readings: list[tuple[str, str, str]]
    without_effect: list[str]


@admin.register(Entry)
class EntryAdmin(ChangesTogether, TellsRefusals, TranslationAdmin):
    form = EntryForm
    inlines = (PriceInline, FieldInline)
    list_display = ("code", "name", "category", "state_label", "sale", "first_price", "handler_label", "updated_at")
    list_display_links = ("code", "name")
    list_filter = (
        ("state", ChoicesDropdownFilter),
        SaleFilter,
        CategoryFilter,
        HandlerFilter,
        ("audience", ChoicesDropdownFilter),
        VocationalFilter,
    )
    list_filter_submit = True
    list_per_page = 50
    list_select_related = ("category", "tax")
    search_fields = ("search_text",)
    search_help_text = gettext_lazy("Code or words of any text, with or without accents")
    ordering = ("position", "code")
    actions = ("change_together",)
    list_before_template = "catalog/admin/new_entry.html"
    warn_unsaved_form = True
    save_on_top = False
    change_form_before_template = "catalog/admin/entry_version.html"
    change_form_outer_before_template = "catalog/admin/entry_tools.html"

    # --- The list ---

    def get_queryset(self, request: HttpRequest) -> QuerySet[Entry]:
        return super().get_queryset(request).annotate(lowest_price=Min("tiers__unit_net")).prefetch_related("tiers")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[EntryList]:
        return EntryList

    @display(description=gettext_lazy("state"), ordering="state")
    def state_label(self, entry: Entry) -> SafeString:
        return choice_label(entry, "state", ENTRY_COLOURS)

    @display(description=gettext_lazy("can be bought"))
    def sale(self, entry: WithAnnotations[Entry, Asked]) -> str:
        return sale_label(entry)

    @display(description=gettext_lazy("price from"), ordering="lowest_price")
    def first_price(self, entry: WithAnnotations[Entry, Priced]) -> str:
        return amount(entry.lowest_price, settings.SHOP_CURRENCY)

    @display(description=gettext_lazy("after the sale"), ordering="handler")
    def handler_label(self, entry: Entry) -> str:
        return dict(handler_choices(entry.handler))[entry.handler] if entry.handler else NOTHING

    # --- The form ---

    @property
    def conditional_fields(self) -> dict[str, str]:
        """Conditions under which fields are shown, as expressions of the page's script."""
        # The page's template asks anew for each field; a condition for a field that is not there does no harm.
        return {name: section.condition for section in installed_sections() for name in section.field_names()} | {
            STRING: "handler"
        }

    def get_fieldsets(self, request: HttpRequest, obj: Entry | None = None) -> list[Any]:
        may_write = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        after_the_sale = ["handler"]
        if may_write:
            after_the_sale += [name for section in _sections_of(request) for name in section.field_names()]
            after_the_sale.append(STRING)
        else:
            after_the_sale.append("written_parameters")
        return [
            (None, {"fields": ["code", "category", "state", "image"]}),
            *language_tabs(*TEXTS),
            (
                _("Sale"),
                {
                    "classes": ["tab"],
                    "fields": [
                        *("tax", "supply", "held_in", "vocational", "is_digital_content"),
                        *("min_quantity", "max_quantity", "audience", "position"),
                    ],
                },
            ),
            (_("After the sale"), {"classes": ["tab"], "fields": after_the_sale}),
            (
                _("Cancelling and moving"),
                {
                    "classes": ["tab"],
                    "fields": [
                        *("cancel_days_after", "cancel_days_before", "cancel_share_kept", "cancel_fee"),
                        "move_days_before",
                    ],
                },
            ),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Entry | None = None) -> list[str]:
        may_write = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        return [] if may_write else ["written_parameters"]

    @display(description=gettext_lazy("Parameters as one string"))
    def written_parameters(self, entry: Entry) -> str:
        offer = offer_of(entry)
        return encode(offer.parameters, offer.handler.MerchantForm) if offer.handler else ""

    def get_form(self, request: HttpRequest, obj: Entry | None = None, change: bool = False, **kwargs: Any) -> Any:
        # The fields of handlers are added by the form itself, so the model must not be asked for them.
        names = kwargs.get("fields") or admin.utils.flatten_fieldsets(self.get_fieldsets(request, obj))
        kwargs["fields"] = [name for name in names if not name.startswith("cfg_") and name != STRING]
        form = super().get_form(request, obj, change=change, **kwargs)
        form.sections = _sections_of(request)
        return form

    def formfield_for_dbfield(self, db_field: models.Field, request: HttpRequest, **kwargs: Any) -> Any:
        name = db_field.name.rpartition("_")[0] if hasattr(db_field, "translated_field") else db_field.name
        if name == "description":
            kwargs["widget"] = RichText()
        elif name == "terms":
            kwargs["widget"] = UnfoldAdminTextareaWidget({"rows": 4})
        elif name == "cancel_fee":
            kwargs["form_class"] = AmountField
        elif name == "image":
            kwargs["widget"] = Picture({"accept": "image/*"})
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = cast("forms.ModelChoiceField", super().formfield_for_foreignkey(db_field, request, **kwargs))
        if db_field.name == "category":
            field.choices = [("", _("Choose a category")), *category_choices()]
        return field

    def view_on_site(self, obj: Entry) -> str:
        return obj.get_absolute_url()

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> Any:
        return super().change_view(
            request, object_id, form_url, {"entry_tools": tools_for(request), **(extra_context or {})}
        )

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any) -> Any:
        entry: Entry | None = context.get("original")
        if entry is not None and request.method in ("GET", "HEAD"):
            sold = (entry.handler, entry.code)
            context["banner"] = banner_for(entry, cast("User", request.user))
            context["faults"] = faults_of([sold]).get(sold, [])
        return super().render_change_form(request, context, *args, **options)

    def save_model(
        self, request: HttpRequest, obj: WithAnnotations[Entry, Read], form: EntryForm, change: bool
    ) -> None:
        obj.readings = form.typed.readings() if form.typed else []
        obj.without_effect = form.typed.without_effect() if form.typed else []
        save_entry(entry=obj, expected_version=form.cleaned_data.get("version") if change else None, now=timezone.now())

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        # Prices and fields are stored only now.
        recheck([form.instance.pk], now=timezone.now())

    def save_formset(self, request: HttpRequest, form: Any, formset: forms.BaseInlineFormSet, change: bool) -> None:
        formset.save(commit=False)  # collects the changes for the history
        entry = form.instance
        if isinstance(formset, PriceFormSet):
            set_prices(entry=entry, tiers=formset.tiers())
        elif isinstance(formset, FieldFormSet):
            set_fields(entry=entry, fields=formset.in_order(), expected_version=entry.version, now=timezone.now())

    def response_add(
        self, request: HttpRequest, obj: WithAnnotations[Entry, Read], post_url_continue: str | None = None
    ) -> HttpResponse:
        response = super().response_add(request, obj, post_url_continue)
        self._tell(request, obj)
        return response

    def response_change(self, request: HttpRequest, obj: WithAnnotations[Entry, Read]) -> HttpResponse:
        response = super().response_change(request, obj)
        self._tell(request, obj)
        return response

    def _tell(self, request: HttpRequest, entry: WithAnnotations[Entry, Read]) -> None:
        """Tell the merchant how the parameter string was read, and every finding about the entry."""
        for label, literal, decoded in entry.readings:
            messages.info(
                request,
                _("%(label)s: written as “%(literal)s”, read as “%(decoded)s”.")
                % {"label": label, "literal": literal, "decoded": decoded},
            )
        if entry.without_effect:
            told = _("Left out, since it has no effect in this shop: %(keys)s.")
            messages.info(request, told % {"keys": ", ".join(entry.without_effect)})
        for finding in check_entry(Entry.objects.with_prices().with_fields().get(pk=entry.pk)):
            messages.add_message(request, MESSAGE_LEVELS[finding.level], str(finding.message))

    # --- The chooser of courses ---

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.course_choices)
        return [
            path("course-choices/", view, name="catalog_course_choices"),
            path("new/", self.admin_site.admin_view(self.short_form), name="catalog_entry_new"),
            *tool_urls(self),
            *super().get_urls(),
        ]

    def short_form(self, request: HttpRequest) -> HttpResponse:
        return short_form_page(self, request)

    def course_choices(self, request: HttpRequest) -> HttpResponse | JsonResponse:
        if not (self.has_change_permission(request) or self.has_add_permission(request)):
            raise PermissionDenied
        return course_choices(request)


def _sections_of(request: HttpRequest) -> list[Section]:
    """List the sections once for each request: to know which can be shown, a form of each handler is made."""
    kept: dict[str, Any] = vars(request)
    if "entry_sections" not in kept:
        kept["entry_sections"] = sections()
    return kept["entry_sections"]
