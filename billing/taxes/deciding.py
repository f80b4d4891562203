"""Tax of a sale by what is sold, how it is given, and who buys: one table of rules, each with its articles.

CGI = code général des impôts. Places are ISO 3166 codes of countries. The merchant's accountant has the last word.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _

# Member states of the Union for VAT; Monaco counts as France (CGI 256-0).
UNION = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()  # noqa: SIM905
)
LIKE = {"MC": "FR"}


class Supply(models.TextChoices):
    """Way in which something is given. One that was not said is taxed where the seller is, like one on site there."""

    UNSAID = "unsaid", _("not said")
    ON_SITE = "on_site", _("on site")
    LIVE = "live", _("live online")
    ON_DEMAND = "on_demand", _("online, on demand")


class Rule(StrEnum):
    """Rule by which a tax was decided. `OWN`: the code of the entry; `OF_COUNTRY`: the code that the shop keeps for the
    country where the sale is taxed."""

    OWN = "own"
    REVERSE_CHARGE = "reverse_charge"
    OUTSIDE = "outside"
    OF_COUNTRY = "of_country"


@dataclass(frozen=True, slots=True)
class Buyer:
    """Buyer as the rules see them: their country, whether they buy as an organisation, and whether they gave a VAT
    number of that country."""

    country: str
    is_organisation: bool
    has_vat_id: bool


def place_of(supply: str, held_in: str, buyer: Buyer, *, seller: str) -> str:
    """Return the country where a sale is taxed.

    Training on site: where it is held (CGI 259 A 5°). Online, live or on demand: where the buyer is, an organisation
    (CGI 259-1°) or, since 2025, a consumer (CGI 259 A 5° bis, 259 D).
    """
    if supply in (Supply.LIVE, Supply.ON_DEMAND):
        return _taxed_as(buyer.country)
    return _taxed_as(held_in if supply == Supply.ON_SITE and held_in else seller)


def decide(supply: str, held_in: str, buyer: Buyer, *, seller: str) -> tuple[Rule, str]:
    """Return the rule for a sale, and the country where it is taxed.

    - Taxed where the seller is: the entry's own code.
    - In another state of the Union, to an organisation with a VAT number: reverse charge (CGI 283-2; directive
      2006/112/EC, 196).
    - In another state of the Union otherwise: the code kept for that country (one-stop shop), else the entry's own
      (CGI 259 D, below the threshold).
    - Elsewhere: outside the scope (CGI 259-1°, 259 B), unless a code is kept for that country.
    """
    seller = _taxed_as(seller)
    place = place_of(supply, held_in, buyer, seller=seller)
    if place == seller:
        return Rule.OWN, place
    if place not in UNION:
        return Rule.OUTSIDE, place
    if buyer.is_organisation and buyer.has_vat_id:
        return Rule.REVERSE_CHARGE, place
    return Rule.OF_COUNTRY, place


def _taxed_as(country: str) -> str:
    return LIKE.get(country, country)
