"""Frame of the administration's pages."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject


def list_pages_when_shown(site: AdminSite) -> None:
    """Ask for the pages that a reader may see only where a template shows them: the sidebar has its own list."""
    list_pages = site.get_app_list

    def listed(request: HttpRequest, app_label: str | None = None) -> Any:
        return SimpleLazyObject(lambda: list_pages(request, app_label))

    vars(site).update(get_app_list=listed)
