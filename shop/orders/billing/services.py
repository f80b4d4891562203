"""Corrections of what an order's invoice will say, as long as no document of it exists."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from accounts.people.models import User
from common.refusals import Refused
from common.scrubbing import GONE
from shop.orders.billing.mails import tell_new_payer
from shop.orders.billing.selectors import why_not_correctable
from shop.orders.billing.taxes import refuse_other_tax
from shop.orders.copied.columns import COPIED, Copied
from shop.orders.copied.sight import copied_for
from shop.orders.history.models import OrderEvent
from shop.orders.locks import lock_order
from shop.orders.models import Order
from shop.orders.transitions import record
from shop.seller.models import ShopIdentity
from shop.vat_ids.services import ask_anew_about_order

BILLING = (
    "contact_name", "billing_name", "billing_street", "billing_postal_code", "billing_city", "billing_country",
    "register_number", "vat_id", "service_code", "commitment_number", "payer_email", "purchase_reference",
)  # fmt: skip
REASON_LENGTH = 500


CLOSED = _(
    "The customer was erased and accounting alone corrects the billing data, or the order is so old that it has none."
)


class CorrectionRefused(Refused):
    """Refusal of a correction without a reason, or that changes nothing."""


class NotCorrectable(Refused):
    """Refusal of a customer's correction: a document was issued, or the order is over."""


@transaction.atomic
def correct_billing(*, order_id: int, values: Mapping[str, Any], reason: str, actor: User, now: datetime) -> Order:
    """Write billing data anew, with the values before and after and the reason in the order's history.

    `values` are by the names in BILLING. Of an order whose customer was erased those kept for accounting are corrected,
    by whoever may read them; the history then tells which, not what they were. Locks the order. Raises
    CorrectionRefused, for an order as well whose billing data are closed to `actor`, or gone, and TaxWouldChange.
    """
    order = lock_order(order_id)
    kept = copied_for(order, actor)
    if kept is None:
        raise CorrectionRefused(CLOSED)
    if not reason.strip():
        raise CorrectionRefused(_("Say why: the reason is kept in the order’s history."), field="reason")
    _correct(order, kept, values, told={"reason": reason.strip()[:REASON_LENGTH]}, actor=actor, now=now)
    return order


@transaction.atomic
def correct_own_billing(*, order_id: int, values: Mapping[str, Any], actor: User | None, now: datetime) -> Order:
    """Write the billing data anew that a customer corrects, until the first document of the order is issued.

    `values` are by the names in BILLING; `actor` is None for a visitor with the order's link. Locks the order, as
    issuing does: a document says all of a correction or nothing. Raises NotCorrectable, CorrectionRefused and
    TaxWouldChange.
    """
    order = lock_order(order_id)
    if refusal := why_not_correctable(order):
        raise NotCorrectable(refusal)
    _correct(order, order, values, told={"by": "customer"}, actor=actor, now=now)
    return order


def _correct(
    order: Order, kept: Copied, values: Mapping[str, Any], *, told: dict[str, Any], actor: User | None, now: datetime
) -> None:
    """Write values into a locked order and what it keeps of the customer, which may be one row, and record it."""
    rows: dict[str, Model] = {name: kept if name in COPIED else order for name in BILLING if name in values}
    before = {name: str(getattr(row, name)) for name, row in rows.items()}
    changes = {name: [old, str(values[name])] for name, old in before.items() if old != str(values[name])}
    if not changes:
        raise CorrectionRefused(_("Nothing was changed."))
    for name, (_old, new) in changes.items():
        setattr(rows[name], name, new)
    if changes.keys() & {"billing_country", "vat_id"}:
        refuse_other_tax(order, country=str(order.billing_country), vat_id=kept.vat_id, now=now)
    for row in {id(row): row for row in rows.values()}.values():
        row.save(update_fields=[name for name in changes if rows[name] is row])
    if kept is order and "vat_id" in changes:
        ask_anew_about_order(order, seller=ShopIdentity.current(), now=now)
    if kept is order and "payer_email" in changes:
        tell_new_payer(order, now=now)
    if kept is not order:
        changes = {name: [GONE, GONE] if name in COPIED else change for name, change in changes.items()}
    record(order, OrderEvent.What.BILLING_CORRECTED, actor=actor, now=now, detail={**told, "changes": changes})
