"""Tabs for the languages of a text."""

from typing import Any

from django.utils.translation import get_language_info

from common.languages import languages


def language_tabs(*fields: str) -> list[tuple[str, dict[str, Any]]]:
    """Return fieldsets with the texts of each language, shown as tabs; an error opens its tab."""
    return [
        (
            get_language_info(code)["name_local"].capitalize(),
            {"classes": ["tab"], "fields": [f"{field}_{code}" for field in fields]},
        )
        for code in languages()
    ]
