"""Filters for mail templates. A mail's context is JSON, which knows no dates."""

from __future__ import annotations

from datetime import date, datetime

from django import template
from django.utils import timezone

from common.defused import defused
from common.moments import from_iso, in_shop_zone

register = template.Library()
register.filter(defused)


@register.filter
def moment(value: str | date | None) -> date | datetime | None:
    """Return the date or time that an ISO 8601 text stands for, in the shop's zone: `{{ paid_at|moment|date }}`.

    None for nothing, and for a text that is neither, so that `|date` writes nothing.
    """
    if isinstance(value, str):
        return from_iso(value)
    return in_shop_zone(value) if isinstance(value, datetime) and timezone.is_aware(value) else value
