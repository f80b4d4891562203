"""Sample invoice that shows look and terms of papers: without a number, and no document."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from django.utils import translation
from django.utils.translation import gettext as _

from accounts.members.models import Buyer
from documents.invoices.template import preview
from documents.invoices.values import Due, Invoice, Line, Party, References, Tax
from shop.papers.contents import by_transfer, selling
from shop.papers.late_payment import late_payment_terms
from shop.papers.terms import look_of, payment_terms
from shop.seller.models import ShopIdentity

DUE_DAYS = 30
D = Decimal


def sample_pdf(seller: ShopIdentity, *, language: str, day: date) -> bytes:
    """Return the PDF of a sample invoice of the seller, saved or not. Raises what the template raises."""
    with translation.override(language):
        invoice = _sample(seller, day=day)
        return preview(invoice, number=_("SPECIMEN"), language=language, day=day)


def _sample(seller: ShopIdentity, *, day: date) -> Invoice:
    gross = D("1740.00")
    return Invoice(
        seller=replace(selling(seller), name=seller.name or _("Name of the seller")),
        buyer=Party(
            name=_("Sample customer"),
            street=_("1 Sample Street"),
            postal_code="69001",
            city="Lyon",
            siren="732829320",
            siret="73282932000074",
        ),
        buyer_kind="business",
        nature="services",
        currency="EUR",
        lines=(
            Line(
                name=_("Training in first aid"),
                description=_("Session of two days"),
                quantity=D(4),
                unit_net=D("300.00"),
                net=D("1200.00"),
                tax="exempt",
            ),
            Line(name=_("Hire of a room"), quantity=D(15), unit_net=D("30.00"), net=D("450.00"), tax="standard"),
        ),
        taxes=(
            Tax(key="exempt", treatment="training", rate=D(0), net=D("1200.00"), tax=D("0.00")),
            Tax(key="standard", treatment="standard", rate=D(20), net=D("450.00"), tax=D("90.00")),
        ),
        net=D("1650.00"),
        tax=D("90.00"),
        gross=gross,
        payment=by_transfer(seller, reference=_("SPECIMEN")),
        dues=(Due(on=day + timedelta(days=DUE_DAYS), amount=gross),),
        references=References(order=_("SPECIMEN")),
        terms=late_payment_terms(Buyer.COMPANY, seller),
        look=look_of(seller),
        notes=(_("This is a sample: no invoice."), *payment_terms(seller)),
    )
