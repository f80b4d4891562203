"""Check of the seller and the legal texts, for `manage.py check --database default`."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import DEFAULT_DB_ALIAS, DatabaseError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shop.seller.missing import missing_from_the_shop


@register(Tags.database)
def check_seller(
    app_configs: Sequence[AppConfig] | None = None, databases: Sequence[str] | None = None, **_options: Any
) -> list[CheckMessage]:
    """Return a warning for an incomplete seller and one for unpublished legal texts: the shop runs without either."""
    if DEFAULT_DB_ALIAS not in (databases or ()):
        return []
    try:
        with transaction.atomic():
            missing = missing_from_the_shop(now=timezone.now())
    except DatabaseError:
        # Before the first migration there are no tables.
        return []
    warnings: list[CheckMessage] = []
    if missing.seller:
        warnings.append(
            Warning(
                _("The seller lacks: %(fields)s.") % {"fields": ", ".join(missing.seller)},
                hint=_("Fill it in at Administration → Seller."),
                id="shop.W001",
            )
        )
    if missing.texts:
        kinds = ", ".join(str(kind.label) for kind in missing.texts)
        warnings.append(
            Warning(
                _("Not published yet: %(kinds)s.") % {"kinds": kinds},
                hint=_("Write and publish them at Administration → Legal texts."),
                id="shop.W002",
            )
        )
    return warnings
