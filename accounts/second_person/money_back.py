"""Limit of the money that one person gives back alone, by whatever act: units, refunds, credit, notes of payments."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.conf import settings

from accounts.second_person.acts import Measure, Values


def measure_of_money_back(worth: Callable[[Any, Values], Decimal]) -> Measure:
    """Return the measure of an act that gives money back; `worth` says how much, from the result of the act."""
    return Measure(worth=worth, limit=_limit)


def goes_back_without_two(amount: Decimal) -> bool:
    """Tell whether an amount may go back without a second person of the staff, where nobody of them asked for it."""
    limit = _limit()
    return limit is None or amount <= limit


def _limit() -> Decimal | None:
    limit: Decimal | None = settings.SECOND_PERSON_GIVE_BACK_ABOVE
    return limit
