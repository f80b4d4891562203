"""Documents that are sent to a platform: by the flags of their tax codes, and by who buys."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from billing.taxes.kinds import EInvoicing
from documents.issued.models import Document
from shop.papers.models import InvoicedLine
from shop.papers.platforms.port import Rule

NONE = EInvoicing.NONE
# A mixed document follows its taxed part.
_STRONGEST = (EInvoicing.REQUIRED, EInvoicing.VOLUNTARY)


def flag_of(flags: Iterable[str]) -> EInvoicing:
    """Return the flag of a document whose lines have these; NONE for lines sold before there were flags."""
    given = set(flags)
    return next((each for each in _STRONGEST if each in given), NONE)


def flags_of(documents: Iterable[Document]) -> Mapping[int, EInvoicing]:
    """Return the flag of each document by its key. One query."""
    given: dict[int, list[str]] = defaultdict(list)
    lines = InvoicedLine.objects.filter(document__in=[document.pk for document in documents])
    for key, terms in lines.values_list("document_id", "line__tax_terms"):
        given[key].append(str((terms or {}).get("e_invoicing", "")))
    return {key: flag_of(flags) for key, flags in given.items()}


def rule_of(data: Mapping[str, Any]) -> Rule | None:
    """Return the rule for a document's frozen data; None for one that no platform passes on: to a private person, or to
    a French organisation without a SIREN."""
    buyer, kind = data.get("buyer") or {}, data.get("buyer_kind")
    if kind not in ("business", "public"):
        return None
    if buyer.get("country") != "FR":
        return Rule.B2B_ABROAD if kind == "business" and buyer.get("vat_number") else None
    if not buyer.get("siren"):
        return None
    return Rule.PUBLIC if kind == "public" else Rule.B2B
