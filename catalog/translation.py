"""Which texts of the catalogue exist once per language."""

from modeltranslation.translator import TranslationOptions, register

from catalog.models import Category, Entry, EntryField, Tax


@register(Tax)
class TaxTranslation(TranslationOptions):
    fields = ("name",)


@register(Category)
class CategoryTranslation(TranslationOptions):
    fields = ("name", "description")


@register(Entry)
class EntryTranslation(TranslationOptions):
    fields = ("name", "summary", "description", "terms", "sort_name")


@register(EntryField)
class EntryFieldTranslation(TranslationOptions):
    fields = ("label", "help")
