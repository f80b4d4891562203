"""Renewal of what ends: the floor that sells it registers itself here.

RENEWALS.add(renewal_for)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from accounts.members.current import AccountRequest
from common.registry import Registry


@dataclass(frozen=True, slots=True)
class Renewal:
    """Form that puts extensions into the cart: its address, which takes the keys of those chosen (`target`) and the
    code of an entry (`entry`), and the entries that the person may buy, as code and name."""

    url: str
    entries: Sequence[tuple[str, str]]


# Called with a request for a page of an account; None where the person cannot buy an extension for it.
RENEWALS: Registry[Callable[[AccountRequest], Renewal | None]] = Registry("renewal of what ends")


def renewal_of(request: AccountRequest) -> Renewal | None:
    """Return the first renewal on offer to the person, None without any."""
    return next((renewal for find in RENEWALS if (renewal := find(request)) is not None), None)
