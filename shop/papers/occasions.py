"""Papers that arise, and when: one table.

| Occasion | Papers |
|---|---|
| paid in full | the invoice, paid, in the settling transaction |
| a part paid before the settlement | a deposit invoice at the receipt of each part |
| settled after such parts | the final invoice, which names the deposit invoices and deducts them |
| settled by a first part, or by a promise | the invoice of the whole, with its due dates |
| a part paid after the settlement | a receipt |
| the share of an OPCO promised | an invoice of the share to the OPCO, and one of the rest to the buyer |
| a public mandate | the invoice at the settlement, or after the service where the account wants it so |
| a zero total | none |

Lines that may not share a document make a document of their own each time. One that cannot say all that it must is
noted as missing (`MissingPaper`), and issued by hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from common.moments import local_day
from documents.invoices.values import Due
from documents.issued.models import Document
from shop.orders.models import Order
from shop.papers.contents import promising
from shop.papers.credit_notes.rests import Rests, rests_of
from shop.papers.lines import SoldLine
from shop.papers.planning import Deducted, Planned, Portion, Share, plan_invoices
from shop.payments.requests.asked import Asked, asked_of
from shop.payments.requests.givers import Giver

Kind = Document.Kind


def at_settlement(
    order: Order,
    lines: Sequence[SoldLine],
    *,
    is_paid: bool,
    asked: Sequence[Asked] | None = None,
    now: datetime,
    known: frozenset[str] = frozenset(),
) -> list[Planned]:
    """Plan the documents of a locked order that is settled; none for a zero total.

    Two queries where deposits were invoiced. `asked` is what the order asks for, with what it has received; one query
    more where it is not known and something may be owed. `known` are the facts of documents that it has already.
    """
    if order.is_free:
        return []
    shares = [Share()] if is_paid else shares_of(asked_of(order) if asked is None else asked, now=now)
    planned = plan_invoices(order.pk, lines, shares, known=known)
    if any(each.kind == Kind.FINAL for each in planned):
        planned = _naming_deposits(order, planned)
    return planned


def shares_of(asked: Sequence[Asked], *, now: datetime) -> list[Share]:
    """Return what each payer of an order pays, and what they still owe: each OPCO that has promised a share, and the
    buyer last."""
    of_opco = [each for each in asked if each.payer and each.asks]
    own = [each for each in asked if each not in of_opco]
    shares = [share_of_opco(each, dues=dues_of([each], now=now)) for each in of_opco]
    return [*shares, Share(dues=dues_of(own, now=now))]


def share_of_opco(asked: Asked, *, dues: tuple[Due, ...] = ()) -> Share:
    request = asked.request
    return Share(
        name=asked.payer,
        amount=asked.asks,
        dues=dues,
        payer=promising(Giver.kept(request.giver)),
        file_number=request.promise_reference,
    )


def by_payer(given: Sequence[tuple[Asked, Decimal]]) -> list[tuple[Share, Decimal]]:
    """Return what each payer has paid of an amount given to requests: each OPCO, and the buyer last."""
    paid: list[tuple[Share, Decimal]] = []
    own = Decimal(0)
    for asked, amount in given:
        if asked.payer:
            paid.append((share_of_opco(asked), amount))
        else:
            own += amount
    return [*paid, *([(Share(), own)] if own else [])]


def dues_of(asked: Sequence[Asked], *, now: datetime) -> tuple[Due, ...]:
    """Return the parts that are still owed, by their last day; one that is due at once by today."""
    today = local_day(now)
    owed = sorted((max(each.request.due_on or today, today), each.rest) for each in asked if each.rest > Decimal(0))
    return tuple(Due(on=day, amount=amount) for day, amount in owed)


def _naming_deposits(order: Order, planned: Sequence[Planned]) -> list[Planned]:
    """Return the plans with the deposit invoices that each final invoice deducts: those of which something is left for
    one of its lines. Two queries."""
    rests = rests_of(order.pk)
    deposits = list(Document.objects.filter(pk__in=rests, kind=Kind.DEPOSIT).defer("data").order_by("pk"))
    return [
        replace(each, earlier=tuple(_deducted(each, deposits, rests))) if each.kind == Kind.FINAL else each
        for each in planned
    ]


def _deducted(planned: Planned, deposits: Sequence[Document], rests: Rests) -> Iterator[Deducted]:
    lines = [portion.line for portion in planned.portions]
    for deposit in deposits:
        left = rests[deposit.pk]
        portions = tuple(Portion(line, left[line.pk], left[line.pk]) for line in lines if line.pk in left)
        if portions:
            yield Deducted(number=deposit.number, issued_on=deposit.issued_on, portions=portions)
