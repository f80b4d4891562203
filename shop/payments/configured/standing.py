"""Row of each payment method and each platform, made when the tables are migrated."""

from __future__ import annotations

from typing import Any

from django.apps import apps as current_apps
from django.apps.registry import Apps
from django.db import router

from shop.papers.platforms.registry import known as platforms
from shop.payments.registry import known


def make_rows(*, using: str = "default", apps: Apps = current_apps, **_signal: Any) -> None:
    """Insert a row for each method that the merchant may offer, and each platform, that has none; leave the others."""
    try:
        model = apps.get_model("shop", "ProviderSettings")
    except LookupError:
        return
    if not router.allow_migrate_model(using, model):
        return
    services = [*(provider for provider in known() if provider.is_choosable), *platforms()]
    names = [service.name for service in services]
    model._default_manager.using(using).bulk_create([model(name=name) for name in names], ignore_conflicts=True)
