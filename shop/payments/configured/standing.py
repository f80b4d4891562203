"""Row of each payment method, made when the tables are migrated."""

from __future__ import annotations

from typing import Any

from django.apps import apps as current_apps
from django.apps.registry import Apps
from django.db import router

from shop.payments.registry import known


def make_rows(*, using: str = "default", apps: Apps = current_apps, **_signal: Any) -> None:
    """Insert a row for each method that the merchant may offer and that has none; leave those present as they are."""
    try:
        model = apps.get_model("shop", "ProviderSettings")
    except LookupError:
        return
    if not router.allow_migrate_model(using, model):
        return
    names = [provider.name for provider in known() if provider.is_choosable]
    model._default_manager.using(using).bulk_create([model(name=name) for name in names], ignore_conflicts=True)
