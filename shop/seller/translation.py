"""Fields of the shop that are translated."""

from modeltranslation.translator import TranslationOptions, register

from shop.seller.models import LegalText


@register(LegalText)
class LegalTextTranslation(TranslationOptions):
    fields = ("body",)
