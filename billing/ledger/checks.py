"""Check of the shop's currency, for `manage.py check --database default` and `migrate`."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.utils.translation import gettext as _

from billing.ledger.currency import other_currency
from common.database_checks import read_if_there


@register(Tags.database)
def check_currency(
    app_configs: Sequence[AppConfig] | None = None, databases: Sequence[str] | None = None, **_options: Any
) -> list[CheckMessage]:
    """Return an error for a currency in which nothing was sold yet, though in another something was; a warning once it
    is too late, and the ledger holds sales in both."""
    other = read_if_there(databases, other_currency)
    if other is None:
        return []
    said = {"setting": other.setting, "sold_in": other.sold_in}
    if other.is_new:
        return [
            Error(
                _("SHOP_CURRENCY is %(setting)s, but the ledger’s sales are in %(sold_in)s.") % said,
                hint=_("Set it back to %(sold_in)s: figures, exports and reminders count one currency alone.") % said,
                id="billing.E001",
            )
        ]
    return [
        Warning(
            _("The ledger holds sales in %(sold_in)s, while SHOP_CURRENCY is %(setting)s.") % said,
            hint=_("Figures and exports leave the sales in %(sold_in)s out.") % said,
            id="billing.W001",
        )
    ]
