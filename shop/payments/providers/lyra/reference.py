"""Names of payments: the platform's order number of an attempt says everything that the shop has to know of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.utils.http import base36_to_int, int_to_base36

from shop.payments.port import Attempt, NotificationRefused

# A signed form is of no use any more by then.
OPEN_FOR = timedelta(hours=12)
_SHAPE = re.compile(
    r"(?P<number>[A-Za-z0-9-]{1,20})-(?P<begun>[0-9a-z]{6,7})-(?P<key>[0-9a-f]{32})(:(?P<uuid>[0-9a-f]{32}))?"
)


@dataclass(frozen=True)
class Reference:
    """Name of a payment: its attempt, and the transaction where it is not the attempt's first that was paid."""

    order_id: str
    order_number: str
    key: str
    begun_at: datetime
    transaction: str = ""

    @property
    def open_until(self) -> datetime:
        return self.begun_at + OPEN_FOR


def reference_of(attempt: Attempt) -> Reference:
    """Return the name of an attempt's payment; one key, one name."""
    moment = int_to_base36(int(attempt.begun_at.timestamp()))
    return read_reference(f"{attempt.order_number}-{moment}-{UUID(attempt.key).hex}")


def read_reference(text: str) -> Reference:
    """Return a reference. Raises NotificationRefused for one that this shop does not make."""
    found = _SHAPE.fullmatch(text)
    if found is None:
        raise NotificationRefused("reference")
    moment = datetime.fromtimestamp(base36_to_int(found["begun"]), UTC)
    key, order_id = str(UUID(found["key"])), text.partition(":")[0]
    return Reference(order_id, found["number"], key, moment, found["uuid"] or "")
