"""Details of the seller that are missing: none is first missed when an invoice is issued."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import product

import pytest
from django.utils import timezone

from accounts.members.models import Buyer
from billing.taxes.kinds import Exemption, TaxKind, usual_terms
from documents.invoices.checking import faults_of
from documents.invoices.values import Invoice, Tax
from shop.papers.contents import KINDS, selling
from shop.papers.late_payment import late_payment_terms
from shop.seller.missing import missing_from_the_shop
from shop.seller.models import ShopIdentity
from tests.documents.invoices.given import COMPANY, invoice
from tests.factories.catalog import EntryFactory, TaxFactory
from tests.shop.papers.given import SELLER, complete_seller

pytestmark = pytest.mark.django_db

TAXES = [
    (TaxKind.STANDARD, ""),
    (TaxKind.REDUCED, ""),
    (TaxKind.EXEMPT, Exemption.TRAINING),
    (TaxKind.EXEMPT, Exemption.NON_PROFIT),
    (TaxKind.FRANCHISE, ""),
    (TaxKind.REVERSE_CHARGE, ""),
    (TaxKind.OUTSIDE, ""),
]
# Fields of the seller's row that papers name otherwise.
FIELDS = {"siren": "siret", "email": "support_email"}


def sold_on(kind: TaxKind, exemption: str, buyer: Buyer, seller: ShopIdentity) -> Invoice:
    rate = Decimal(20 if kind in (TaxKind.STANDARD, TaxKind.REDUCED) else 0)
    one = invoice()
    tax = one.net * rate / 100
    treatment = str(usual_terms(kind, exemption)["treatment"])
    return replace(
        one,
        seller=selling(seller),
        buyer=COMPANY,
        buyer_kind=KINDS[buyer],
        taxes=(Tax(key=one.lines[0].tax, treatment=treatment, rate=rate, net=one.net, tax=tax),),
        terms=late_payment_terms(buyer, seller),
    )


def missed_at_issuing(kind: TaxKind, exemption: str, seller: ShopIdentity) -> set[str]:
    faults = {
        fault for buyer in KINDS for fault in faults_of("invoice", sold_on(kind, exemption, buyer, seller))
        if fault.startswith(("seller.", "terms."))
    }  # fmt: skip
    names = {fault.partition(".")[2] for fault in faults}
    return {FIELDS.get(name, name) for name in names}


@pytest.mark.parametrize(("tax", "field"), list(product(TAXES, [*SELLER, "country"])))
def test_no_detail_is_first_missed_at_issuing(tax, field):
    kind, exemption = tax
    EntryFactory(tax=TaxFactory(kind=kind, exemption=exemption, rate=20 if kind in ("standard", "reduced") else 0))
    seller = complete_seller()
    assert not missing_from_the_shop(now=timezone.now()).seller
    assert not missed_at_issuing(kind, exemption, seller)

    setattr(seller, field, "")
    seller.save()

    told = set(missing_from_the_shop(now=timezone.now()).seller)
    missed = {
        str(ShopIdentity._meta.get_field(name).verbose_name) for name in missed_at_issuing(kind, exemption, seller)
    }
    assert missed <= told


def test_a_small_business_without_vat_needs_no_number_unless_it_sells_online():
    seller = complete_seller()
    ShopIdentity.objects.update(vat_number="", activity_number="")
    entry = EntryFactory(tax=TaxFactory(kind=TaxKind.FRANCHISE, rate=0), supply="on_site")
    assert not missing_from_the_shop(now=timezone.now()).seller

    type(entry).objects.update(supply="live")

    number = str(seller._meta.get_field("vat_number").verbose_name)
    assert missing_from_the_shop(now=timezone.now()).seller == (number,)


def test_what_is_not_on_sale_asks_for_nothing():
    EntryFactory(tax=TaxFactory(kind=TaxKind.EXEMPT, exemption=Exemption.TRAINING, rate=0), state="draft")
    complete_seller()
    ShopIdentity.objects.update(activity_number="")

    assert not missing_from_the_shop(now=timezone.now()).seller
