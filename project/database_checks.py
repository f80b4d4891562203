"""Check that refuses a database whose locale would quietly break what the constraints promise."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections
from django.utils.translation import gettext as _


@register(Tags.database)
def check_letter_case(
    app_configs: Sequence[AppConfig] | None = None, databases: Sequence[str] | None = None, **options: Any
) -> list[CheckMessage]:
    """Return an error where accented letters have no lower case: two spellings of one address would be two people.

    Runs before every `migrate`, and in `manage.py check --database default`.
    """
    return [
        Error(
            _("The database does not know that “é” is the small letter of “É”."),
            hint=_("Create it anew with a UTF-8 locale, for instance C.UTF-8."),
            id="shop.E001",
        )
        for alias in databases or ()
        if not _knows_accents(alias)
    ]


def _knows_accents(alias: str) -> bool:
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT lower('É') = 'é'")
        return bool(cursor.fetchone()[0])
