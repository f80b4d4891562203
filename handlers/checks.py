"""System check, at start-up and in ``manage.py check``, of handlers that cannot be used."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Warning, register

from handlers import registry


@register("handlers")
def check_handlers(app_configs: Sequence[AppConfig] | None = None, **_options: Any) -> list[CheckMessage]:
    """Warn of each broken handler: the shop runs without it, the entries bound to it are refused."""
    return [
        Warning(
            problem.message,
            hint="Mend or remove it. Entries whose handler is missing cannot be sold until then.",
            obj=problem.source,
            id="handlers.W001",
        )
        for problem in registry.problems()
    ]
