"""Postings of the shop: in the transaction of each fact, and later for facts of a release that knew no ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce

from billing.ledger.models import LedgerEntry
from billing.ledger.services import Entry, post
from shop.orders.history.models import OrderEvent
from shop.orders.lines.models import OrderLine
from shop.orders.models import Order
from shop.payments.charge_backs.models import ChargeBack
from shop.payments.models import MoneyHandling, Payment, PaymentEvent, Settlement
from shop.payments.refunds.models import Refund
from shop.postings import charge_backs, facts, invoicing, sources
from shop.postings.parts import Part
from shop.postings.sources import SOURCES, Source, givings, resolved

CHUNK = 500


def post_settlement(
    settlement: Settlement,
    *,
    deposits: Decimal,
    invoiced: Iterable[Part],
    allocated: Entry | None,
    documents: Sequence[Entry],
) -> None:
    """Post an order's sale, what it took of deposits, the payment that it took last, if one did, and the documents
    issued with it. `invoiced` is what deposit invoices had invoiced before. One statement; none for a zero total."""
    order = settlement.order
    sale = invoicing.sold(order, invoiced, at=settlement.at)
    used = facts.deposits_used(order, deposits, at=settlement.at)
    post([sale, used, *([allocated] if allocated else []), *documents])


def post_allocated(allocated: Entry, documents: Sequence[Entry]) -> None:
    """Post a payment given to requests of an order that it does not settle, and the documents issued for it."""
    post([allocated, *documents])


def post_documents(entries: Sequence[Entry]) -> None:
    """Post documents of an order by their entries (`shop.postings.invoicing`)."""
    post(entries)


def were_invoiced_at_once(order: Order, lines: Iterable[OrderLine]) -> bool:
    """Tell whether the books had a settled order invoiced by its settlement, as of a release that issued no documents:
    then its documents post nothing. One query; one statement where the settlement has no entry yet."""
    told = LedgerEntry.objects.filter(fact__in=(facts.sale_fact(order.pk), facts.invoice_fact(order.pk)))
    known = set(told.values_list("fact", flat=True))
    if facts.sale_fact(order.pk) in known:
        return facts.invoice_fact(order.pk) in known
    assert order.paid_at is not None  # settled
    post(facts.sale(order, lines, at=order.paid_at))
    return True


def posts_documents(order: Order) -> bool:
    """Tell whether documents of an order have entries of their own: all but those of an order that the books had
    invoiced by its settlement. One query."""
    return not LedgerEntry.objects.filter(fact=facts.invoice_fact(order.pk)).exists()


def post_released(order: Order, event: OrderEvent, deposits: Decimal) -> None:
    """Post the deposits of an order that ended unpaid, as `event` tells, as unallocated money."""
    post([facts.released(order, event, deposits)])


def post_money_in(payment: Payment, order: Order | None, *, now: datetime) -> None:
    """Post money received. One statement, none for an amount of zero."""
    post([facts.money_in(payment, order, at=now)])


def post_given_back(order: Order, keys: Sequence[int]) -> None:
    """Post units given back of a settled order, by the keys of their rows. Two queries and one statement; another where
    the settlement has no entry yet."""
    were_invoiced_at_once(order, order.lines.order_by("position"))
    post(sources.entries_of_givings(givings().filter(pk__in=keys)))


def post_credit(handling: MoneyHandling, payment: Payment, order: Order) -> None:
    """Post unallocated money of an order that is kept as the credit of its account."""
    post([facts.credited(handling, payment, order)])


def post_note(note: OrderEvent) -> None:
    """Post a note of an order's history that money went back, or is owed again."""
    post([facts.paid_back(note)])


def post_resolved(mark: MoneyHandling) -> None:
    """Post unallocated money as sent back, or kept after all once that is undone; nothing for other events."""
    for found in resolved().filter(pk=mark.pk):
        assert found.event.payment is not None  # asked for by `resolved`
        post(facts.sent_back(found, found.event.payment))


def post_sent_back(mark: MoneyHandling, payment: Payment) -> None:
    """Post unallocated money of a payment, marked as resolved, as sent back; and as unallocated again once the mark is
    undone. Reads the payment's order."""
    post(facts.sent_back(mark, payment))


def post_refund(event: PaymentEvent) -> None:
    """Post a provider's refund of money received, or its failure."""
    post([facts.refunded(event)])


def post_credit_sent(refund: Refund) -> None:
    """Post an account's credit as sent back; as credit again once the refund has failed."""
    post(facts.credit_sent(refund))


def post_charge_back(charge_back: ChargeBack) -> None:
    """Post money that a bank has taken back."""
    post(charge_backs.entries_of_lost(charge_backs.lost_ones().filter(pk=charge_back.pk)))


def post_charge_back_won(charge_back: ChargeBack) -> None:
    """Post money that a bank had taken back, and that came again."""
    post(map(charge_backs.entry_of_won, charge_backs.won_ones().filter(pk=charge_back.pk)))


def post_refund_done(refund: Refund) -> None:
    """Post a refund that was carried out."""
    post([facts.refund_done(refund)])


def post_refund_undone(refund: Refund) -> None:
    """Post a refund that failed after it was carried out."""
    post([facts.refund_undone(refund)])


def post_banked(key: str, order_id: int | None, amount: Decimal, currency: str, *, part: str, at: datetime) -> None:
    """Post that money in transit has arrived at the bank, as a line of a statement shows. `key` names the line."""
    post([facts.banked(key, order_id, amount, currency, part=part, at=at)])


def post_refund_left(line_id: int, order: Order, amount: Decimal, *, at: datetime) -> None:
    """Post that money sent back for an order has left the bank, as a line of a statement shows."""
    post([facts.refund_left(line_id, order, amount, at=at)])


def post_bank_fee(line_id: int, amount: Decimal, currency: str, *, at: datetime) -> None:
    """Post a fee that a line of a statement shows; below zero for one that the bank gives back."""
    post([facts.bank_fee(line_id, amount, currency, at=at)])


def post_missing(source: Source) -> int:
    """Post one chunk of facts that have no entry; return their number.

    Locks their orders by key, so that none moves to another account meanwhile.
    """
    with transaction.atomic():
        found = list(source.missing().values_list("pk", source.order)[:CHUNK])
        orders = {order_id for _pk, order_id in found if order_id is not None}
        locked = Order.objects.select_for_update(no_key=True).filter(pk__in=orders).order_by("pk")
        list(locked.values_list("pk"))
        rows = source.rows().filter(pk__in=[pk for pk, _order_id in found])
        post(source.entries(list(rows.order_by("pk"))))
    return len(found)


def missing_facts() -> Iterator[tuple[Source, int, str]]:
    """Yield each fact without an entry: its source, its key and the number of its order, "" without one."""
    for source in SOURCES:
        number = Coalesce(F(f"{source.order}__number"), Value(""))
        for pk, order_number in source.missing().values_list("pk", number).iterator():
            yield source, pk, order_number


def is_fact_missing() -> bool:
    return any(source.missing().exists() for source in SOURCES)
