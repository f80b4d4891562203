"""Contents of an order's documents: plain values, taken from what the order froze and what the ledger says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.members.models import Buyer
from common.languages import in_reader_language, languages
from common.register_numbers import SIREN_LENGTH, is_siret
from common.templatetags.money import money
from documents.invoices.values import (
    CARD,
    DEBIT,
    TRANSFER,
    BuyerKind,
    Earlier,
    Invoice,
    Line,
    Party,
    Payment,
    References,
    Tax,
)
from documents.issued.models import Document
from shop.orders.lines.models import OrderLine
from shop.orders.models import Order
from shop.papers.amounts import NOTHING, sold
from shop.papers.late_payment import late_payment_terms
from shop.papers.planning import Planned, Portion, Share
from shop.papers.terms import look_of, payment_terms
from shop.payments.requests.givers import Giver
from shop.payments.requests.reference import reference_of
from shop.seller.models import ShopIdentity

KINDS: dict[Buyer, BuyerKind] = {Buyer.COMPANY: "business", Buyer.PUBLIC: "public", Buyer.PERSON: "consumer"}
# Ways of paying (UNTDID 4461); every other method is a card's.
MEANS = {"transfer": TRANSFER, "on_account": TRANSFER, "public_mandate": TRANSFER, "cheque": "20", "gocardless": DEBIT}
# Kinds that print a part of a line by its units, where they make it up.
WHOLE_UNITS = (Document.Kind.INVOICE, Document.Kind.FINAL, Document.Kind.PROFORMA)


def contents_of(order: Order, planned: Planned, *, seller: ShopIdentity, day: date) -> Invoice:
    """Return the contents of a planned document of an order, in the order's language; `day` is the day of issue. No
    query."""
    printed, share = planned.printed, planned.share
    with translation.override(language_of(order)):
        kind_of_buyer: BuyerKind = "business" if share.payer else KINDS[order.bought_by]
        return Invoice(
            seller=selling(seller),
            buyer=share.payer or buying(order),
            buyer_kind=kind_of_buyer,
            nature="services",
            currency=order.currency,
            lines=tuple(line_of(portion, planned.kind, order.currency) for portion in planned.portions),
            taxes=tuple(_taxes(planned.portions)),
            net=printed.net,
            tax=printed.tax,
            gross=printed.gross,
            paid=printed.gross - planned.owed,
            payment=_payment(order, planned, seller, day=day),
            dues=planned.dues,
            references=_references(order, share),
            earlier=tuple(
                Earlier(number=each.number, issued_on=each.issued_on, taxes=tuple(_taxes(each.portions)))
                for each in planned.earlier
            ),
            terms=late_payment_terms(Buyer.COMPANY if share.payer else order.bought_by, seller),
            look=look_of(seller),
            notes=(*_notes(order, share), *_terms_of_payment(planned, seller)),
        )


def _references(order: Order, share: Share) -> References:
    bought_by = order.commitment_number or order.purchase_reference
    return References(
        order=order.number,
        service_code="" if share.payer else order.service_code,
        purchase_order=share.file_number if share.payer else bought_by,
    )


def _notes(order: Order, share: Share) -> Iterable[str]:
    """Yield what the invoice of a share says of whose training it pays."""
    if share.payer:
        yield _("Training of the employees of %(company)s. File: %(number)s.") % {
            "company": order.billing_name or order.contact_name,
            "number": share.file_number,
        }


def _terms_of_payment(planned: Planned, seller: ShopIdentity) -> list[str]:
    """Return the seller's terms of payment on what asks for money."""
    return payment_terms(seller) if planned.owed else []


def language_of(order: Order) -> str:
    """Return the language of an order's papers: its own, or the shop's for one that has none of ours."""
    return order.language if order.language in languages() else settings.LANGUAGE_CODE


def numbers_of(siret: str) -> dict[str, str]:
    """Return the SIRET of a party, its SIREN and the address of its e-invoices; blank texts without a SIRET."""
    siret = "".join(siret.split())
    siren = siret[:SIREN_LENGTH]
    return {"siren": siren, "siret": siret, "electronic_address": siren}


def french_number(number: str, *, country: str) -> str:
    """Return a buyer's number of a register if it is a SIRET, else "": papers name no number of another register."""
    return number if is_siret(number, country=country) else ""


def selling(seller: ShopIdentity) -> Party:
    """Return the seller as papers name it."""
    return Party(
        name=seller.name,
        street=seller.street,
        postal_code=seller.postal_code,
        city=seller.city,
        country=str(seller.country),
        vat_number="".join(seller.vat_number.split()),
        email=seller.support_email,
        legal_line=seller.legal_line,
        activity_number=seller.activity_number,
        **numbers_of(seller.siret),
    )


def buying(order: Order) -> Party:
    """Return the buyer as papers name them."""
    return Party(
        name=order.billing_name or order.contact_name,
        street=order.billing_street,
        postal_code=order.billing_postal_code,
        city=order.billing_city,
        country=str(order.billing_country),
        vat_number=order.vat_id,
        email=order.contact_email,
        contact=order.contact_name,
        **numbers_of(french_number(order.register_number, country=str(order.billing_country))),
    )


def promising(giver: Giver) -> Party:
    """Return the giver of a promise as papers name it."""
    return Party(
        name=giver.name,
        street=giver.street,
        postal_code=giver.postal_code,
        city=giver.city,
        **numbers_of(giver.siret),
    )


def line_of(portion: Portion, kind: Document.Kind, currency: str) -> Line:
    """Return a line of what a document prints, in the active language: of a whole line its units, of which those that
    cost nothing are told in its description; of a part its units where they make it up, else its sum."""
    line, net = portion.line, portion.printed.net
    units, unit_net, said = Decimal(1), net, _part_in_words(portion, kind, currency)
    if portion.printed == sold(line):
        units, said = Decimal(line.charged or line.quantity), _free_units(line)
        unit_net = line.unit_net_exact if line.charged else Decimal(0)
    elif kind in WHOLE_UNITS and line.unit_net and net % line.unit_net == 0:
        units, unit_net, said = net // line.unit_net, line.unit_net, ""
    return Line(
        name=in_reader_language(line.entry_name),
        description=said,
        quantity=units,
        unit_net=unit_net,
        net=net,
        tax=_key(line),
    )


def _free_units(line: OrderLine) -> str:
    free = line.quantity - line.charged
    return _("%(free)d of %(quantity)d units are free.") % {"free": free, "quantity": line.quantity} if free else ""


def _part_in_words(portion: Portion, kind: Document.Kind, currency: str) -> str:
    said = {"part": money(portion.printed.gross, currency), "total": money(portion.line.gross, currency)}
    if kind == Document.Kind.DEPOSIT:
        return _("Deposit: %(part)s of %(total)s, with tax.") % said
    if kind == Document.Kind.RECEIPT:
        return _("Received: %(part)s of %(total)s, with tax.") % said
    return _("Part: %(part)s of %(total)s, with tax.") % said


def _taxes(portions: Iterable[Portion]) -> Iterable[Tax]:
    together: dict[str, list[Portion]] = defaultdict(list)
    for portion in portions:
        together[_key(portion.line)].append(portion)
    for key, ours in together.items():
        amount, terms = sum((each.printed for each in ours), NOTHING), ours[0].line.tax_terms
        yield Tax(
            key=key,
            treatment=ours[0].line.treatment,
            rate=ours[0].line.tax_rate,
            net=amount.net,
            tax=amount.tax,
            mention=in_reader_language(terms.get("mention") or {}),
            country=terms.get("rate_of", ""),
        )


def _key(line: OrderLine) -> str:
    """Return treatment, rate and country of the rate of a line: codes that papers treat alike are one tax of an
    invoice."""
    return ":".join([line.treatment, str(line.tax_rate), *filter(None, [line.tax_terms.get("rate_of")])])


def _payment(order: Order, planned: Planned, seller: ShopIdentity, *, day: date) -> Payment:
    if not planned.owed:
        return Payment(means=MEANS.get(planned.method or order.method, CARD), paid_on=planned.paid_on or day)
    return by_transfer(seller, reference=reference_of(order.number))


def by_transfer(seller: ShopIdentity, *, reference: str) -> Payment:
    """Return how to pay what is owed: by transfer to the seller, with a reference."""
    return Payment(
        means=TRANSFER,
        reference=reference,
        account_name=seller.name,
        iban="".join(seller.iban.split()),
        bic=seller.bic,
    )
