"""Acts that can ask for a second person, each registered by the floor that it belongs to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise

from accounts.people.models import User
from common.registry import Registry

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Doing:
    """People and time of an act: `actor` answers for it; `asked_by` is the first of two people, if there are two."""

    actor: User
    asked_by: User | None
    now: datetime


@dataclass(frozen=True)
class Act:
    """Sensitive act.

    `permission` is needed to ask and to approve. `perform` does the act with `values`, which JSON can hold; it raises
    `Refused` where that is not possible (any more). `asks` tells from the result of `perform` whether the shop wants a
    second person for it. `told` lists the values for whoever decides, and `url` is the page of what the act is about.
    """

    kind: str
    label: str | Promise
    permission: str
    perform: Callable[[Values, Doing], Any]
    asks: Callable[[Any, Values], bool]
    told: Callable[[Values], list[tuple[str | Promise, str]]]
    url: Callable[[Values], str]


ACTS: Registry[Act] = Registry("act for a second person")


def is_above(amount: Decimal, limit: Decimal | None) -> bool:
    """Tell whether an amount is above the limit of a setting; never without one."""
    return limit is not None and amount > limit
