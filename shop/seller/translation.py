"""Which texts of the shop exist in every language."""

from modeltranslation.translator import TranslationOptions, register

from shop.seller.models import LegalText


@register(LegalText)
class LegalTextTranslation(TranslationOptions):
    fields = ("body",)
