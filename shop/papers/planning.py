"""Plans of papers: which documents an order's lines make, who gets each, and what each invoices. Plain functions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from catalog.pricing import ZERO
from documents.invoices.values import Due, Party
from documents.issued.models import Document
from shop.orders.lines.models import OrderLine
from shop.papers.amounts import NOTHING, Amount, part_of_amount, sold, spread_over
from shop.papers.lines import SoldLine, groups_of

Kind = Document.Kind


@dataclass(frozen=True)
class Portion:
    """Line as a document prints it, and what the document invoices of it that none did before."""

    line: OrderLine
    printed: Amount
    invoiced: Amount


@dataclass(frozen=True, kw_only=True)
class Share:
    """Part of an order for one payer, with what is still owed of it. `amount` is with tax, None for all that the others
    leave; `name` tells their documents apart, "" for the buyer's own; `payer` is None for the buyer."""

    name: str = ""
    amount: Decimal | None = None
    dues: tuple[Due, ...] = ()
    payer: Party | None = None
    file_number: str = ""


@dataclass(frozen=True, kw_only=True)
class Deducted:
    """Deposit invoice that a final invoice deducts, with what is left of it for the lines that are printed."""

    number: str
    issued_on: date
    portions: tuple[Portion, ...]


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A document to issue. `dues` are parts still owed of what it prints; the rest of it is paid."""

    kind: Document.Kind
    fact: str
    portions: tuple[Portion, ...]
    dues: tuple[Due, ...] = ()
    share: Share = field(default_factory=Share)
    earlier: tuple[Deducted, ...] = ()
    # Way of a part payment; "" for that of the order.
    method: str = ""
    paid_on: date | None = None

    @property
    def printed(self) -> Amount:
        return sum((each.printed for each in self.portions), NOTHING)

    @property
    def owed(self) -> Decimal:
        return sum((due.amount for due in self.dues), ZERO)


def plan_invoices(
    order_id: int, lines: Sequence[SoldLine], shares: Sequence[Share], *, known: Collection[str] = ()
) -> list[Planned]:
    """Plan the documents by which all that is sold and not invoiced of an order is: one for each share and group of
    lines that may share a document. Shares with an amount come first, the buyer's own last.

    `known` are the facts of documents that were issued. A line that deposit invoices were issued for is printed whole,
    by a final invoice.
    """
    rests = [each.rest for each in lines]
    planned: list[Planned] = []
    for share in shares:
        taken = _taken(rests, share)
        rests = [rest - part for rest, part in zip(rests, taken, strict=True)]
        planned += _documents_of(order_id, lines, taken, share)
    return [each for each in planned if each.fact not in known]


def _taken(rests: Sequence[Amount], share: Share) -> list[Amount]:
    if share.amount is None:
        return list(rests)
    weights = [rest.gross for rest in rests]
    parts = spread_over(min(share.amount, sum(weights, ZERO)), weights)
    return [part_of_amount(rest, part) for rest, part in zip(rests, parts, strict=True)]


def _documents_of(order_id: int, lines: Sequence[SoldLine], taken: Sequence[Amount], share: Share) -> list[Planned]:
    of_line = {each.line.pk: amount for each, amount in zip(lines, taken, strict=True)}
    groups = groups_of(lines)
    owed = _dues_by_group(share.dues, [sum((of_line[each.line.pk].gross for each in group), ZERO) for group in groups])
    planned = []
    for place, (group, dues) in enumerate(zip(groups, owed, strict=True)):
        portions = tuple(_portions(group, of_line, is_buyer=share.amount is None))
        # A final invoice follows deposit invoices, though they may have invoiced all.
        has_deposits = any(each.printed != each.invoiced for each in portions)
        if has_deposits or any(each.invoiced.gross for each in portions):
            kind = Kind.FINAL if has_deposits else Kind.INVOICE
            fact = fact_of("invoice", order_id, share.name, place)
            planned.append(Planned(kind=kind, fact=fact, portions=portions, dues=dues, share=share))
    return planned


def _portions(group: Iterable[SoldLine], of_line: dict[int, Amount], *, is_buyer: bool) -> Iterable[Portion]:
    """Yield what a document prints: of lines that cost something, those of which something is left."""
    for each in group:
        new = of_line[each.line.pk]
        printed = new + each.deposits if is_buyer else new
        if printed.gross or (is_buyer and not each.line.gross):
            yield Portion(each.line, printed, new)


def _dues_by_group(dues: Iterable[Due], weights: Sequence[Decimal]) -> list[tuple[Due, ...]]:
    """Spread what is owed of several documents over them, each part by the amounts that they invoice."""
    left = list(weights)
    owed: list[list[Due]] = [[] for _weight in weights]
    for due in dues:
        parts = spread_over(min(due.amount, sum(left, ZERO)), left)
        for place, part in enumerate(parts):
            left[place] -= part
            if part:
                owed[place].append(Due(on=due.on, amount=part))
    return [tuple(each) for each in owed]


def plan_deposits(
    order_id: int, lines: Sequence[SoldLine], amount: Decimal, *, number: int, method: str, day: date
) -> list[Planned]:
    """Plan the deposit invoices, the order's `number`th, for an amount received before its settlement: one for each
    group of lines that may share a document, each line by its part."""
    rests = [each.rest for each in lines]
    parts = spread_over(amount, [rest.gross for rest in rests])
    of_line = {each.line.pk: part_of_amount(rest, part) for each, rest, part in zip(lines, rests, parts, strict=True)}
    planned = []
    for place, group in enumerate(groups_of(lines)):
        found = [(each.line, of_line[each.line.pk]) for each in group if of_line[each.line.pk].gross]
        if found:
            portions = tuple(Portion(line, part, part) for line, part in found)
            fact = fact_of("deposit", order_id, str(number), place)
            planned.append(Planned(kind=Kind.DEPOSIT, fact=fact, portions=portions, method=method, paid_on=day))
    return planned


def plan_pro_formas(order_id: int, lines: Sequence[SoldLine], dues: Iterable[Due]) -> list[Planned]:
    """Plan the pro-forma invoices of an order that waits for money: all of it, one for each group of lines that may
    share a document. They invoice nothing."""
    groups = groups_of(lines)
    owed = _dues_by_group(dues, [sum((each.line.gross for each in group), ZERO) for group in groups])
    return [
        Planned(
            kind=Kind.PROFORMA,
            fact=fact_of("proforma", order_id, "", place),
            portions=tuple(Portion(each.line, sold(each.line), NOTHING) for each in group),
            dues=of_group,
        )
        for place, (group, of_group) in enumerate(zip(groups, owed, strict=True))
        if any(each.line.gross for each in group)
    ]


def plan_receipt(
    order_id: int, lines: Sequence[SoldLine], amount: Decimal, *, name: str, method: str, day: date, share: Share
) -> Planned:
    """Plan the receipt for an amount received after the settlement. It invoices nothing."""
    amounts = [part_of_amount(each.kept, part) for each, part in zip(lines, _over_kept(lines, amount), strict=True)]
    portions = tuple(Portion(each.line, part, NOTHING) for each, part in zip(lines, amounts, strict=True) if part.gross)
    fact = fact_of("receipt", order_id, ":".join(filter(None, (name, share.name))), 0)
    return Planned(kind=Kind.RECEIPT, fact=fact, portions=portions, method=method, paid_on=day, share=share)


def _over_kept(lines: Sequence[SoldLine], amount: Decimal) -> list[Decimal]:
    weights = [each.kept.gross for each in lines]
    return spread_over(min(amount, sum(weights, ZERO)), weights)


def fact_of(what: str, order_id: int, name: str, group: int) -> str:
    """Return the name of the occasion of a document: `invoice:order:17`, of a share `invoice:order:17:opco:2`, of the
    lines that may not stand with the others `invoice:order:17:apart:1`."""
    parts = [what, "order", str(order_id), *([name] if name else []), *([f"apart:{group}"] if group else [])]
    return ":".join(parts)


def payer_in(fact: str) -> str:
    """Return the payer of an invoice by the name of its occasion (`fact_of`), as `Asked.payer` names them."""
    parts = fact.split(":")[3:]
    return ":".join(parts[:2]) if parts[:1] == ["opco"] else ""
