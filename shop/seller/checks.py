"""Check of the seller and the legal texts, for `manage.py check --database default`."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Tags, Warning, register
from django.utils import timezone
from django.utils.translation import gettext as _

from common.database_checks import read_if_there
from shop.seller.missing import missing_from_the_shop


@register(Tags.database)
def check_seller(
    app_configs: Sequence[AppConfig] | None = None, databases: Sequence[str] | None = None, **_options: Any
) -> list[CheckMessage]:
    """Return a warning for an incomplete seller and one for unpublished legal texts: the shop runs without either."""
    missing = read_if_there(databases, lambda: missing_from_the_shop(now=timezone.now()))
    if missing is None:
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
