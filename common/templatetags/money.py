"""Filters for money and percentages, in the reader's notation."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from babel.numbers import format_currency, format_decimal
from django import template
from django.conf import settings

from common.languages import reader_language

register = template.Library()


@lru_cache(maxsize=4096)
def _currency(amount: Decimal, currency: str, language: str) -> str:
    return format_currency(amount, currency, locale=language)


@lru_cache(maxsize=4096)
def _decimal(number: Decimal | int, language: str) -> str:
    return format_decimal(number, locale=language)


@register.filter
def money(amount: Decimal | None, currency: str = "") -> str:
    """Write an amount with its currency: 1 234,50 € in French, €1,234.50 in English. Nothing for no amount."""
    return "" if amount is None else _currency(amount, currency or settings.SHOP_CURRENCY, reader_language())


@register.filter
def percent(rate: Decimal) -> str:
    """Write a rate in per cent, like it is stored: 5,5 % in French."""
    number = _decimal(rate, reader_language())
    return f"{number}%" if reader_language() == "en" else f"{number}\N{NO-BREAK SPACE}%"


@register.filter
def grouped(number: int) -> str:
    """Write a whole number with its thousands apart."""
    return _decimal(number, reader_language())
