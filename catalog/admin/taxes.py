"""Taxes in the admin."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from modeltranslation.admin import TranslationAdmin
from unfold.decorators import display

from catalog.models.taxes import Tax
from common.admin.refusals import TellsRefusals

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations


class Counted(TypedDict):
    """Columns that `TaxAdmin.get_queryset` adds to the rows of the list."""

    entry_count: int


@admin.register(Tax)
class TaxAdmin(TellsRefusals, TranslationAdmin):
    list_display = ("name", "rate", "entry_count")
    fields = ("name", "rate")
    warn_unsaved_form = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tax]:
        return super().get_queryset(request).annotate(entry_count=Count("entries"))

    @display(description=_("entries"), ordering="entry_count")
    def entry_count(self, tax: WithAnnotations[Tax, Counted]) -> int:
        return tax.entry_count
