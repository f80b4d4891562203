"""Rules that follow from who buys: one table, each row with the articles it comes from.

CT = code du travail, CC = code de la consommation, CCP = code de la commande publique. The merchant's lawyer has the
last word.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.members.models import Buyer
from catalog.models.entries import Entry, Vocational

# Ways to settle without money at once, open to the kinds that name them; any other method is open to every buyer.
PROMISES = frozenset({"on_account", "public_mandate"})


@dataclass(frozen=True, kw_only=True)
class Rules:
    """Rules for one kind of buyer, of vocational training or of anything else.

    `needs` and `asks` are fields of «your details», required and optional; `promises` those of PROMISES that may be
    offered; `withdrawal_days` counts from the contract, None without a right to withdraw; `pays_at_once`: money may be
    asked before these days are over; `first_part_at_most`, in percent, limits the part asked first, None the whole.
    `is_sold`: False as long as the shop lacks the documents that such a sale needs.
    """

    articles: str
    needs: frozenset[str] = frozenset()
    asks: frozenset[str] = frozenset()
    promises: frozenset[str] = frozenset()
    withdrawal_days: int | None = None
    pays_at_once: bool = True
    first_part_at_most: int | None = None
    is_sold: bool = True


ORGANISATION_NEEDS = frozenset({"billing_name", "register_number"})
ORGANISATION_ASKS = frozenset({"vat_id", "purchase_reference", "payer_email"})
COMPANY = Rules(
    # Training: an agreement (convention) before the start, any agreed terms of payment; no right to withdraw. SIREN on
    # the invoices between professionals.
    articles="CT L6353-1, D6353-1; CC L221-3; CGI ann. II 242 nonies A",
    needs=ORGANISATION_NEEDS,
    asks=ORGANISATION_ASKS,
    promises=frozenset({"on_account"}),
)
PUBLIC = Rules(
    # Payment after the service, by mandate; invoices go by SIRET, service code and commitment number.
    articles="CT L6353-1, D6353-1; CCP L2191-1, L2192-1, D2192-2",
    needs=ORGANISATION_NEEDS,
    asks=ORGANISATION_ASKS | {"service_code", "commitment_number"},
    promises=frozenset({"on_account", "public_mandate"}),
)
TABLE: dict[tuple[Buyer, bool], Rules] = {
    (Buyer.COMPANY, False): COMPANY,
    (Buyer.COMPANY, True): COMPANY,
    (Buyer.PUBLIC, False): PUBLIC,
    (Buyer.PUBLIC, True): PUBLIC,
    (Buyer.PERSON, False): Rules(articles="CC L221-18, L221-25, L221-28", withdrawal_days=14),
    (Buyer.PERSON, True): Rules(
        # A contract before registration and any payment; nothing is paid before the delay is over, then 30 % at most.
        articles="CT L6353-3 to L6353-7; CC L221-18",
        withdrawal_days=14,
        pays_at_once=False,
        first_part_at_most=30,
        is_sold=False,
    ),
}


def rules_for(buyer: Buyer, *, is_vocational: bool = False) -> Rules:
    return TABLE[buyer, is_vocational]


def why_not_sold(entry: Entry, buyer: Buyer) -> str:
    """Return a sentence that tells why an entry is not sold to this kind of buyer; "" if it is. An entry that does not
    say whether it is vocational training is treated as such."""
    if rules_for(buyer, is_vocational=entry.vocational != Vocational.NO).is_sold:
        return ""
    if entry.vocational == Vocational.UNSAID:
        return _(
            "“%(name)s” is not sold to private persons for the moment: the shop has not said yet whether it is "
            "vocational training. Buy it for an organisation, or take it out of the cart."
        ) % {"name": entry.name}
    return _(
        "“%(name)s” is vocational training, which private persons buy by a training contract that this shop does not "
        "offer online yet. Buy it for an organisation, or take it out of the cart."
    ) % {"name": entry.name}


def methods_allowed(buyer: Buyer, methods: Iterable[str]) -> list[str]:
    """Return the payment methods, by name and in their order, that may be offered to this kind of buyer."""
    promises = rules_for(buyer).promises
    return [method for method in methods if method not in PROMISES or method in promises]
