"""Terms of late payment, as invoices and reminders say them. Interest is computed nowhere.

Between companies: code de commerce L441-10 and D441-5. Public bodies owe the same flat charge, by a rule of their own,
and another rate: code de la commande publique L2192-13, R2192-31 and D2192-35. They bind no private person.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from accounts.members.models import Buyer
from documents.invoices.values import Terms
from shop.papers.terms import words_of
from shop.seller.models import ShopIdentity


def late_payment_terms(bought_by: Buyer, seller: ShopIdentity) -> Terms:
    """Return the terms for a kind of buyer, in the active language; all blank for a private person. The seller may say
    others for companies."""
    if bought_by == Buyer.PERSON:
        return Terms()
    return Terms(
        recovery=_("Flat charge for the costs of recovery in case of late payment: €40"),
        penalties=_penalties(bought_by, seller),
        discount=words_of(seller, "discount") or _("No discount for early payment"),
    )


def _penalties(bought_by: Buyer, seller: ShopIdentity) -> str:
    if bought_by == Buyer.PUBLIC:
        return _("Late payment penalties: key rate of the European Central Bank plus eight percentage points")
    return words_of(seller, "penalties") or _("Late payment penalties: three times the legal interest rate")
