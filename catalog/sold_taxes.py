"""Taxes of sales: the code of each entry sold, or another where the buyer or the place decides so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from billing.taxes.deciding import Buyer, Rule, decide
from billing.taxes.kinds import TAXED, EInvoicing, TaxKind, usual_terms
from catalog.models.entries import Entry
from catalog.models.taxes import Tax
from common.languages import in_reader_language

# Kinds of the codes that these rules name. Where the merchant keeps no such code, the usual words hold.
KINDS = {Rule.REVERSE_CHARGE: TaxKind.REVERSE_CHARGE, Rule.OUTSIDE: TaxKind.OUTSIDE}


@dataclass(frozen=True, slots=True)
class SoldTax:
    """Tax of a line: the rate in per cent, and what the line freezes beside it (`Tax.terms`, and `rule` and `country`
    where a rule decided; `rate_of`, the country whose rate it is, where that is not ours). Lines with one `key` are
    taxed together."""

    rate: Decimal
    terms: Mapping[str, Any]

    @property
    def key(self) -> str:
        return str(self.terms.get("code") or self.terms.get("kind", ""))

    @property
    def mention(self) -> str:
        """Sentence of the law in the reader's language; "" where there is a rate."""
        return in_reader_language(self.terms.get("mention") or {})


@dataclass(frozen=True, slots=True)
class TaxSum:
    """Net and tax of the lines that are taxed alike."""

    tax: SoldTax
    net: Decimal
    amount: Decimal


class _Taxed(Protocol):
    @property
    def sold_tax(self) -> SoldTax: ...

    @property
    def amounts(self) -> tuple[Decimal, Decimal]: ...


def tax_sums(lines: Iterable[_Taxed]) -> list[TaxSum]:
    """Return the sums of lines by rate and words, in the order in which these first appear. `amounts` of a line are its
    net and its tax."""
    sums: dict[tuple[Decimal, str, str], TaxSum] = {}
    for line in lines:
        tax, (net, amount) = line.sold_tax, line.amounts
        alike = (tax.rate, tax.mention, tax.terms.get("rate_of", ""))
        before = sums.get(alike) or TaxSum(tax, Decimal(0), Decimal(0))
        sums[alike] = TaxSum(before.tax, before.net + net, before.amount + amount)
    return list(sums.values())


def own_tax(entry: Entry, day: date) -> SoldTax:
    """Return the tax of an entry's own code on a day. No query."""
    return SoldTax(entry.tax.rate_on(day), entry.tax.terms())


def decided_taxes(entries: Sequence[Entry], *, buyer: Buyer, seller_country: str, day: date) -> list[SoldTax]:
    """Return the tax of each entry, sold to this buyer on a day, in order. One query, none where all have their own."""
    rules = [decide(entry.supply, str(entry.held_in), buyer, seller=seller_country) for entry in entries]
    others = [(rule, country) for rule, country in rules if rule is not Rule.OWN]
    codes = list(Tax.objects.exclude(kind=TaxKind.UNDECIDED).order_by("pk")) if others else []
    return [_decided(entry, rule, country, codes, day) for entry, (rule, country) in zip(entries, rules, strict=True)]


def _decided(entry: Entry, rule: Rule, country: str, codes: Sequence[Tax], day: date) -> SoldTax:
    if rule is Rule.OWN:
        return own_tax(entry, day)
    said = {"rule": rule.value, "country": country}
    kept = _code_of_country(entry.tax, country, codes)
    if kept is not None and rule is not Rule.REVERSE_CHARGE:
        # Tax of another country is declared there, and is no matter of French e-invoices.
        e_invoicing = kept.e_invoicing or EInvoicing.NONE.value
        told = {"rule": Rule.OF_COUNTRY.value, "rate_of": country, "e_invoicing": e_invoicing}
        return SoldTax(kept.rate_on(day), {**kept.terms(), **said, **told})
    if rule is Rule.OF_COUNTRY:
        return SoldTax(entry.tax.rate_on(day), {**entry.tax.terms(), **said})
    kind = KINDS[rule]
    code = next((each for each in codes if each.kind == kind and not each.country), None)
    terms = code.terms() if code else usual_terms(kind)
    return SoldTax(Decimal(0), {**terms, **said})


def _code_of_country(own: Tax, country: str, codes: Sequence[Tax]) -> Tax | None:
    """Return the code kept for a country: of the kind of the entry's own, else the standard one."""
    of_country = [each for each in codes if each.country == country and each.kind in TAXED]
    alike = [each for each in of_country if each.kind == own.kind]
    return next(iter([*alike, *(each for each in of_country if each.kind == TaxKind.STANDARD)]), None)
