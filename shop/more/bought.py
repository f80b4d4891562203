"""Entries that an account has bought."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from accounts.members.models import CustomerAccount
from enrolments.seats.batches.models import SeatBatch
from shop.orders.lines.models import OrderLine


@dataclass(frozen=True, slots=True)
class Bought:
    """Entry that an account has bought or was given seats of, with its name by language as it was last sold."""

    code: str
    name: Mapping[str, str]


def find_bought(account: CustomerAccount, code: str) -> Bought | None:
    """Return an entry of an account by its code; None where the account has nothing of it. At most two statements."""
    if "\0" in code:
        return None
    lines = OrderLine.objects.filter(account=account, entry_code=code).order_by("-pk")
    name = lines.values_list("entry_name", flat=True).first()
    if name is None:
        batches = SeatBatch.objects.filter(account=account, entry_code=code).order_by("-pk")
        name = batches.values_list("entry_name", flat=True).first()
    return None if name is None else Bought(code, name)
