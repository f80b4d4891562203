"""Taxes in the admin."""

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from modeltranslation.admin import TranslationAdmin
from unfold.admin import ModelAdmin
from unfold.decorators import display

from catalog.models.taxes import Tax


@admin.register(Tax)
class TaxAdmin(ModelAdmin, TranslationAdmin):
    list_display = ("name", "rate", "entry_count")
    fields = ("name", "rate")
    warn_unsaved_form = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tax]:
        return super().get_queryset(request).annotate(entry_count=Count("entries"))

    @display(description=_("entries"), ordering="entry_count")
    def entry_count(self, tax: Tax) -> int:
        return tax.entry_count
