"""Filters for mail templates. A mail's context is JSON, which knows no dates."""

from __future__ import annotations

from datetime import date, datetime

from django import template
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

register = template.Library()


@register.filter
def moment(value: str | date | None) -> date | datetime | None:
    """The date or time that an ISO 8601 text stands for, in the shop's zone: `{{ paid_at|moment|date }}`.

    None for nothing, and for a text that is neither, so that `|date` writes nothing.
    """
    if isinstance(value, str):
        value = parse_date(value) if len(value) == len("2000-01-01") else parse_datetime(value)
    if isinstance(value, datetime) and timezone.is_aware(value):
        return timezone.localtime(value)
    return value
