"""Bank statement to try the import with: of a day on which some of what the shop waits for has come, and left."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from shop.orders.models import Order
from shop.payments.requests.asked import asked_of
from shop.payments.requests.reference import reference_of
from shop.payments.transfers_back.selectors import transfers_under_way
from shop.payments.transfers_back.sepa import end_to_end_of
from shop.seller.models import ShopIdentity
from workbench.demo.bank import Booked, written

OPENING = Decimal("12480.35")


def sample_statement(day: date) -> bytes:
    """Return a statement (CAMT.053) with money for orders that wait for it, with a right reference, a mistyped one and
    none; the refunds that are under way; a fee; and money of a stranger."""
    lines = [*_for_orders(day), *_refunds(day)]
    lines.append(Booked(day, Decimal("-12.50"), "Banque de l’Estuaire", "Frais de tenue de compte", "FRAIS"))
    lines.append(Booked(day, Decimal("75.00"), "M. INCONNU", "Merci", "INCONNU"))
    return written(lines, iban="".join(ShopIdentity.current().iban.split()), opening=OPENING)


def mistyped(reference: str) -> str:
    """Return a reference with its last digit wrong."""
    return f"{reference[:-1]}{(int(reference[-1]) + 1) % 10}"


def _for_orders(day: date) -> Iterator[Booked]:
    for order, how in zip(_waiting(), ("right", "mistyped", "none"), strict=False):
        reference = reference_of(order.number)
        text = {"right": f"Virement {reference}", "mistyped": f"Virement {mistyped(reference)}", "none": "Formation"}
        yield Booked(day, order.gross, order.billing_name or order.contact_name, text[how], f"E{order.pk}")


def _waiting() -> Iterator[Order]:
    """Yield the orders that wait for one transfer of their total, the newest first."""
    for order in Order.objects.filter(status=Order.Status.PLACED, method="transfer").order_by("-placed_at", "-pk"):
        asked = asked_of(order)
        if len(asked) == 1 and not asked[0].received:
            yield order


def _refunds(day: date) -> Iterator[Booked]:
    for refund in transfers_under_way().select_related("order", "payee"):
        holder = refund.payee.holder if refund.payee else ""
        yield Booked(day, -refund.amount, holder, f"Remboursement {end_to_end_of(refund)}", f"D{refund.pk}")
