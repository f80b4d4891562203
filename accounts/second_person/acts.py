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
class Measure:
    """Limit of what one person may do alone within a day.

    `worth` is that of one act, from the result of `perform`; `limit` is the shop's, None where it wants no second
    person.
    """

    worth: Callable[[Any, Values], Decimal]
    limit: Callable[[], Decimal | None]


@dataclass(frozen=True)
class Act:
    """Sensitive act.

    `permission` is needed to ask and to approve. `perform` does the act with `values`, which JSON can hold; it raises
    `Refused` where that is not possible (any more). The shop wants a second person for it if `asks` says so, from the
    result of `perform`, or if the person's acts of this kind within a day exceed the limit of `measure` together.
    `told` lists the values for whoever decides, and `url` is the page of what the act is about.
    """

    kind: str
    label: str | Promise
    permission: str
    perform: Callable[[Values, Doing], Any]
    told: Callable[[Values], list[tuple[str | Promise, str]]]
    url: Callable[[Values], str]
    asks: Callable[[Any, Values], bool] = lambda _result, _values: False
    measure: Measure | None = None


ACTS: Registry[Act] = Registry("act for a second person")
