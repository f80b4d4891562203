"""Corrections of what an order's invoice will say, as long as no document of it exists."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.people.models import User
from common.refusals import Refused
from shop.orders.locks import lock_order
from shop.orders.models import Order, OrderEvent
from shop.orders.transitions import record

BILLING = (
    "billing_name", "billing_street", "billing_postal_code", "billing_city", "billing_country",
    "register_number", "vat_id", "service_code", "commitment_number", "payer_email", "purchase_reference",
)  # fmt: skip
REASON_LENGTH = 500


CLOSED = _("The customer was erased, or the order is too old: its billing data can no longer be corrected.")


class CorrectionRefused(Refused):
    """Refusal of a correction without a reason, or that changes nothing."""


@transaction.atomic
def correct_billing(*, order_id: int, values: Mapping[str, Any], reason: str, actor: User, now: datetime) -> Order:
    """Write billing data anew, with the values before and after and the reason in the order's history.

    `values` are by the names in BILLING. Locks the order. Raises CorrectionRefused, for an order as well that has lost
    them to accounting or to its age.
    """
    order = lock_order(order_id)
    if order.is_closed:
        raise CorrectionRefused(CLOSED)
    if not reason.strip():
        raise CorrectionRefused(_("Say why: the reason is kept in the order’s history."), field="reason")
    before = {name: str(getattr(order, name)) for name in BILLING if name in values}
    changes = {name: [old, str(values[name])] for name, old in before.items() if old != str(values[name])}
    if not changes:
        raise CorrectionRefused(_("Nothing was changed."))
    for name, (_old, new) in changes.items():
        setattr(order, name, new)
    order.save(update_fields=list(changes))
    detail = {"reason": reason.strip()[:REASON_LENGTH], "changes": changes}
    record(order, OrderEvent.What.BILLING_CORRECTED, actor=actor, now=now, detail=detail)
    return order
