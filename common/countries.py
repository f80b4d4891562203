"""Choice of a country: names and rendered options are kept for each language, since 250 of them are slow to make."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django import forms
from django.forms.renderers import BaseRenderer
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django_countries import countries

# More than any shop speaks; a language costs some 40 KB.
LANGUAGES_KEPT = 20


def named_countries() -> dict[str, str]:
    """Return the names of all countries in the reader's language, by code, in the order of that language."""
    return _named_in(get_language() or "")


@lru_cache(LANGUAGES_KEPT)
def _named_in(_language: str) -> dict[str, str]:
    return {country.code: str(country.name) for country in countries}


@lru_cache(LANGUAGES_KEPT)
def _options_in(_language: str) -> SafeString:
    return format_html_join("\n", '<option value="{}">{}</option>', named_countries().items())


class CountrySelect(forms.Select):
    """Plain select of a country, with its options rendered once for each language."""

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: BaseRenderer | None = None
    ) -> SafeString:
        options = _options_in(get_language() or "")
        if value in named_countries():
            chosen = format_html('<option value="{}"', value)
            options = mark_safe(options.replace(chosen, f"{chosen} selected", 1))  # noqa: S308  both were escaped
        shown = flatatt({"name": name, **self.build_attrs(self.attrs, attrs)})
        return format_html("<select{}>\n{}\n</select>", shown, options)


class CountryField(forms.ChoiceField):
    """Field for the code of a country."""

    widget = CountrySelect

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=lambda: named_countries().items(), **options)

    def valid_value(self, value: Any) -> bool:
        return value in named_countries()
