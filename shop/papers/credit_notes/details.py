"""Billing details of documents, and the order's own that later documents will state."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from accounts.people.models import User
from documents.invoices.values import Invoice
from shop.orders.billing.services import correct_billing
from shop.orders.copied.columns import Copied
from shop.orders.copied.sight import copied_for
from shop.orders.models import Order


@dataclass(frozen=True, kw_only=True)
class BillingDetails:
    """Billing details as a document states them. The country is not among them: the tax depends on it."""

    name: str
    street: str
    postal_code: str
    city: str
    register_number: str
    vat_number: str
    service_code: str
    purchase_order: str

    @classmethod
    def of(cls, invoice: Invoice) -> BillingDetails:
        buyer, references = invoice.buyer, invoice.references
        return cls(
            name=buyer.name,
            street=buyer.street,
            postal_code=buyer.postal_code,
            city=buyer.city,
            register_number=buyer.siret,
            vat_number=buyer.vat_number,
            service_code=references.service_code,
            purchase_order=references.purchase_order,
        )


def carry_over(
    order: Order, before: BillingDetails, after: BillingDetails, *, reason: str, actor: User, now: datetime
) -> None:
    """Write corrected details into the billing data of a locked order, for its later documents, if the wrong document
    was made out to the same buyer. `actor` writes what they may read of it."""
    kept = copied_for(order, actor)
    if kept is None or not _is_made_out_to(kept, before):
        return
    typed = asdict(after)
    changed = {_COLUMNS[name]: typed[name] for name, old in asdict(before).items() if typed[name] != old}
    if "purchase_reference" in changed and kept.commitment_number:
        changed["commitment_number"] = changed.pop("purchase_reference")
    if any(str(getattr(kept, name)) != value for name, value in changed.items()):
        correct_billing(order_id=order.pk, values=changed, reason=reason, actor=actor, now=now)


_COLUMNS = {
    "name": "billing_name",
    "street": "billing_street",
    "postal_code": "billing_postal_code",
    "city": "billing_city",
    "register_number": "register_number",
    "vat_number": "vat_id",
    "service_code": "service_code",
    "purchase_order": "purchase_reference",
}


def _is_made_out_to(kept: Copied, details: BillingDetails) -> bool:
    stated = (kept.billing_name or kept.contact_name, kept.billing_street, kept.billing_city)
    return stated == (details.name, details.street, details.city)
