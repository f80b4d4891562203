"""Treatments of VAT: the one table of EN 16931 categories (UNTDID 5305), VATEX codes and legal mentions.

No stylesheet notices a wrong VATEX code, so that this table has its own tests.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

# How a document of a treatment takes part in the French e-invoicing reform.
EInvoicing = Literal["required", "voluntary", "none"]


@dataclass(frozen=True, kw_only=True)
class Treatment:
    """`category` is BT-118, `vatex` BT-121; the mentions are BT-120 and are printed. `article` is the source."""

    category: str
    vatex: str = ""
    article: str = ""
    fr: str = ""
    en: str = ""
    e_invoicing: EInvoicing = "required"

    def mention(self, language: str) -> str:
        return self.fr if language == "fr" else self.en


TREATMENTS = {
    "standard": Treatment(category="S"),
    "training": Treatment(
        category="E",
        vatex="VATEX-FR-CGI261-4",
        article="CGI 261-4-4° a",
        fr="Exonération de TVA, art. 261-4-4° a du CGI",
        en="VAT exempt, article 261-4-4° a of the French tax code (CGI)",
        e_invoicing="none",
    ),
    "non_profit": Treatment(
        category="E",
        vatex="VATEX-FR-CGI261-7",
        article="CGI 261-7-1°",
        fr="Exonération de TVA, art. 261-7-1° du CGI",
        en="VAT exempt, article 261-7-1° of the French tax code (CGI)",
        e_invoicing="none",
    ),
    "franchise": Treatment(
        category="E",
        vatex="VATEX-FR-FRANCHISE",
        article="CGI 293 B",
        fr="TVA non applicable, art. 293 B du CGI",
        en="VAT not applicable, article 293 B of the French tax code (CGI)",
    ),
    "reverse_charge": Treatment(
        category="AE",
        vatex="VATEX-EU-AE",
        article="CGI 283-2; directive 2006/112/CE, 196",
        fr="Autoliquidation",
        en="Reverse charge",
    ),
    "export": Treatment(
        category="G",
        vatex="VATEX-EU-G",
        article="CGI 262 I",
        fr="Exonération de TVA, art. 262 I du CGI",
        en="VAT exempt, article 262 I of the French tax code (CGI)",
    ),
    "outside": Treatment(
        category="O",
        vatex="VATEX-EU-O",
        article="CGI 259-1°",
        fr="TVA non applicable, art. 259-1° du CGI",
        en="VAT not applicable, article 259-1° of the French tax code (CGI)",
    ),
}
# Territories where French VAT is charged (CGI 256-0, 294, 296): an invoice that bears the rate of another is no French
# e-invoice, and is held to the European rules alone.
FRENCH = frozenset({"FR", "MC", "GP", "MQ", "RE"})


def may_share(treatments: Collection[str]) -> bool:
    """Tell whether lines of these treatments may stand in one document: those outside the scope of VAT only among
    themselves, since theirs names no VAT number (BR-O-02, BR-O-11). An unknown one counts as within it."""
    are_outside = {key in TREATMENTS and TREATMENTS[key].category == "O" for key in treatments}
    return len(are_outside) < 2


# Rates that BR-FR-16 allows, in percent.
RATES = frozenset(
    ["0", "0.9", "1.05", "1.75", "2.1", "5.5", "7", "8.5", "9.2", "9.6", "10", "13", "19.6", "20", "20.6"]
)
