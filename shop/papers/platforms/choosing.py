"""Documents that are sent to a platform: by the flags of their tax codes, and by who buys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Exists, OuterRef

from billing.taxes.kinds import EInvoicing
from shop.papers.models import InvoicedLine
from shop.papers.platforms.port import Rule


def concerned(*, voluntary: bool) -> Exists:
    """Return the condition that a document is to be sent by the flags of its lines; `voluntary` ones too. A mixed
    document follows its taxed part, and lines sold before there were flags ask for nothing."""
    flags = [EInvoicing.REQUIRED, *([EInvoicing.VOLUNTARY] if voluntary else [])]
    return Exists(InvoicedLine.objects.filter(document=OuterRef("pk"), line__tax_terms__e_invoicing__in=flags))


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
