"""Texts of the catalogue that exist once per language."""

from modeltranslation.translator import TranslationOptions, register

from catalog.models.categories import Category
from catalog.models.entries import Entry
from catalog.models.entry_fields import EntryField
from catalog.models.taxes import Tax


@register(Tax)
class TaxTranslation(TranslationOptions):
    fields = ("name", "mention")


@register(Category)
class CategoryTranslation(TranslationOptions):
    fields = ("name", "description")


@register(Entry)
class EntryTranslation(TranslationOptions):
    fields = ("name", "summary", "description", "terms", "sort_name")


@register(EntryField)
class EntryFieldTranslation(TranslationOptions):
    fields = ("label", "help")
