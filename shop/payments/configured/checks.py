"""Check of the payment methods offered, for `manage.py check --database default`."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Tags, Warning, register
from django.utils.translation import gettext as _

from common.database_checks import read_if_there
from shop.payments.configured.findings import findings
from shop.payments.registry import method_label


@register(Tags.database)
def check_methods(
    app_configs: Sequence[AppConfig] | None = None, databases: Sequence[str] | None = None, **_options: Any
) -> list[CheckMessage]:
    """Return a warning for each payment method that is offered in vain: the shop runs without it."""
    return [
        Warning(
            _("The payment method «%(method)s» (%(name)s) is offered, but %(why)s.")
            % {"method": method_label(each.provider.name), "name": each.provider.name, "why": each.why},
            hint=_("See Administration → Payment methods."),
            id="shop.W003",
        )
        for each in read_if_there(databases, findings) or ()
    ]
