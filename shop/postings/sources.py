"""Where facts about money are found, for those that came without entries: from the release before the ledger, or from
its processes while both run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db.models import CharField, Exists, F, Min, OuterRef, Q, QuerySet, Sum, Value
from django.db.models.functions import Cast, Coalesce, Concat

from billing.ledger.models import LedgerEntry
from billing.ledger.services import Entry
from catalog.pricing import ZERO
from shop.orders.giving_back.models import GivingBack
from shop.orders.history.models import OrderEvent
from shop.orders.lines.models import OrderLine
from shop.papers.models import MissingPaper
from shop.payments.models import MoneyHandling, Payment, PaymentEvent, Settlement
from shop.payments.refunds.models import Refund
from shop.postings import charge_backs, facts, invoicing

NOTES = (
    OrderEvent.What.PAID_BACK,
    OrderEvent.What.OWED_AGAIN,
    OrderEvent.What.REFUND_ASKED,
    OrderEvent.What.REFUND_FAILED,
)


@dataclass(frozen=True)
class Source:
    """Rows of one kind of fact.

    `rows`: those that must have an entry. `order`: the path to the key of their order. `entries`: what rows, read by
    `rows`, are told as. `prefix` and `key`: the name of the fact of a row.
    """

    name: str
    rows: Callable[[], QuerySet[Any]]
    order: str
    prefix: Any
    key: str
    entries: Callable[[Sequence[Any]], Iterable[Entry]]

    def missing(self) -> QuerySet[Any]:
        """Return the rows without an entry, by key."""
        fact = Concat(self.prefix, Cast(OuterRef(self.key), CharField()), output_field=CharField())
        return self.rows().filter(~Exists(LedgerEntry.objects.filter(fact=fact))).order_by("pk")


def _settlements() -> QuerySet[Any]:
    """Return the settlements of orders that cost something, each with `waits`: an invoice is to come for it, while a
    release that issued none had it invoiced by the settlement."""
    paid = Settlement.objects.filter(order__gross__gt=0).select_related("order", "payment")
    return paid.annotate(waits=Exists(MissingPaper.objects.filter(order=OuterRef("order"))))


def _settlements_by_payment() -> QuerySet[Any]:
    return _settlements().filter(payment__isnull=False)


def _sales(settlements: Sequence[Any]) -> Iterator[Entry]:
    lines: dict[int, list[OrderLine]] = {settlement.order_id: [] for settlement in settlements}
    for line in OrderLine.objects.filter(order__in=lines).order_by("order", "position"):
        lines[line.order_id].append(line)
    for settlement in settlements:
        if settlement.waits:
            yield invoicing.sold(settlement.order, [], at=settlement.at)
        else:
            yield from facts.sale(settlement.order, lines[settlement.order_id], at=settlement.at)


def _payments() -> QuerySet[Payment]:
    success = Q(events__kind=PaymentEvent.Kind.SUCCEEDED)
    received_at = Coalesce(Min("events__received_at", filter=success), F("created_at"))
    received = Payment.objects.filter(status=Payment.Status.SUCCEEDED, amount__gt=0)
    return received.select_related("order").annotate(received_at=received_at)


def _money_in(payments: Sequence[Any]) -> Iterator[Entry]:
    return (facts.money_in(payment, payment.order, at=payment.received_at) for payment in payments)


def givings() -> QuerySet[Any]:
    """Return the units given back for money, each with what was given back of its line before, and whether the books
    had its order invoiced by the settlement."""
    earlier = GivingBack.objects.filter(line=OuterRef("line"), pk__lt=OuterRef("pk")).order_by().values("line")
    at_once = Concat(Value(facts.invoice_fact(0)[:-1]), Cast(OuterRef("line__order"), CharField()))
    return (
        GivingBack.objects.filter(amount__gt=0)
        .select_related("line__order")
        .annotate(
            before=Coalesce(earlier.values(sum=Sum("amount")), ZERO),
            at_once=Exists(LedgerEntry.objects.filter(fact=at_once)),
        )
    )


def entries_of_givings(givings: Iterable[Any]) -> Iterator[Entry]:
    """Yield the entries of rows read by `givings`."""
    for giving in givings:
        yield facts.given_back(giving, before=giving.before, at_once=giving.at_once)


def _notes() -> QuerySet[OrderEvent]:
    return OrderEvent.objects.filter(what__in=NOTES).select_related("order")


def resolved() -> QuerySet[MoneyHandling]:
    """Return the marks on unallocated money as resolved: of the event that first told of the money, or that it came
    again after a dispute, and whose payment has settled nothing."""
    first = PaymentEvent.objects.filter(payment=OuterRef("event__payment"), kind=PaymentEvent.Kind.SUCCEEDED)
    told_before = Exists(first.filter(pk__lt=OuterRef("event"))) & ~Q(event__kind=PaymentEvent.Kind.DISPUTE_WON)
    settled = Exists(Settlement.objects.filter(payment=OuterRef("event__payment")))
    marks = MoneyHandling.objects.filter(
        ~told_before,
        ~settled | Q(amount__isnull=False),
        how=MoneyHandling.How.SENT_BACK,
        event__outcome__in=PaymentEvent.UNALLOCATED,
        event__payment__status=Payment.Status.SUCCEEDED,
        event__payment__amount__gt=0,
    )
    return marks.exclude(amount=0).select_related("event__payment__order")


def _resolved(marks: Sequence[Any]) -> Iterator[Entry]:
    return (entry for mark in marks for entry in facts.sent_back(mark, mark.event.payment))


def _reopened() -> QuerySet[MoneyHandling]:
    return resolved().filter(undone_at__isnull=False)


def _refunds() -> QuerySet[PaymentEvent]:
    told = PaymentEvent.objects.filter(
        outcome=PaymentEvent.Outcome.RECORDED, kind__in=PaymentEvent.REFUNDS, amount__gt=0
    )
    return told.select_related("order")


def _refunds_done() -> QuerySet[Refund]:
    ways = (Refund.Way.PROVIDER, Refund.Way.TRANSFER, Refund.Way.CREDIT)
    return Refund.objects.filter(way__in=ways, done_at__isnull=False).select_related("order", "payment")


def _refunds_undone() -> QuerySet[Refund]:
    return _refunds_done().filter(failed_at__isnull=False)


def _credit_sent() -> QuerySet[Refund]:
    return Refund.objects.filter(account__isnull=False)


def _credit_again() -> QuerySet[Refund]:
    return _credit_sent().filter(failed_at__isnull=False)


def _of_credit(refunds: Sequence[Refund]) -> Iterator[Entry]:
    return (entry for refund in refunds for entry in facts.credit_sent(refund))


SOURCES = (
    Source("settlement", _settlements, "order", Value("sale:"), "order_id", _sales),
    Source("payment", _payments, "order", Value("money_in:"), "pk", _money_in),
    Source(
        "allocation",
        _settlements_by_payment,
        "order",
        Value("allocated:"),
        "payment_id",
        partial(map, facts.allocated),
    ),
    Source("units given back", givings, "line__order", Value("given_back:"), "pk", entries_of_givings),
    Source(
        "note of money paid back",
        _notes,
        "order",
        Concat(OuterRef("what"), Value(":")),
        "pk",
        partial(map, facts.paid_back),
    ),
    Source("payment resolved", resolved, "event__payment__order", Value("resolved:"), "pk", _resolved),
    Source("payment reopened", _reopened, "event__payment__order", Value("reopened:"), "pk", _resolved),
    Source(
        "refund of a provider",
        _refunds,
        "order",
        Concat(OuterRef("kind"), Value(":")),
        "pk",
        partial(map, facts.refunded),
    ),
    Source("refund", _refunds_done, "order", Value("refund_done:"), "pk", partial(map, facts.refund_done)),
    Source(
        "charge-back",
        charge_backs.lost_ones,
        "payment__order",
        Value("charge_back:"),
        "pk",
        charge_backs.entries_of_lost,
    ),
    Source(
        "charge-back won",
        charge_backs.won_ones,
        "payment__order",
        Value("charge_back_won:"),
        "pk",
        partial(map, charge_backs.entry_of_won),
    ),
    Source("refund undone", _refunds_undone, "order", Value("refund_undone:"), "pk", partial(map, facts.refund_undone)),
    Source("credit sent back", _credit_sent, "order", Value("credit_sent:"), "pk", _of_credit),
    Source("credit not sent after all", _credit_again, "order", Value("credit_again:"), "pk", _of_credit),
)
