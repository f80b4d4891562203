"""Contents of an order's invoice: plain values, taken from what the order froze and what the ledger says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.members.models import Buyer
from common.languages import in_reader_language, languages
from common.register_numbers import SIREN_LENGTH, is_siret
from documents.invoices.values import (
    CARD,
    DEBIT,
    TRANSFER,
    BuyerKind,
    Due,
    Invoice,
    Line,
    Party,
    Payment,
    References,
    Tax,
    Terms,
)
from shop.orders.lines.models import OrderLine
from shop.orders.models import Order
from shop.payments.requests.reference import reference_of
from shop.seller.models import ShopIdentity

KINDS: dict[Buyer, BuyerKind] = {Buyer.COMPANY: "business", Buyer.PUBLIC: "public", Buyer.PERSON: "consumer"}
# Ways of paying (UNTDID 4461); every other method is a card's.
MEANS = {"transfer": TRANSFER, "on_account": TRANSFER, "public_mandate": TRANSFER, "cheque": "20", "gocardless": DEBIT}


def invoice_of(
    order: Order, lines: Sequence[OrderLine], *, seller: ShopIdentity, dues: Sequence[Due], day: date
) -> Invoice:
    """Return the invoice of a whole order, in the order's language. `dues` are the parts still owed by the ledger, none
    for an order that is paid; `day` is the day of issue. No query."""
    owed = sum((due.amount for due in dues), Decimal("0.00"))
    with translation.override(language_of(order)):
        return Invoice(
            seller=selling(seller),
            buyer=buying(order),
            buyer_kind=KINDS[order.bought_by],
            nature="services",
            currency=order.currency,
            lines=tuple(_line(line) for line in lines),
            taxes=tuple(_taxes(lines)),
            net=order.net,
            tax=order.tax,
            gross=order.gross,
            paid=order.gross - owed,
            payment=_payment(order, seller, is_owed=bool(owed), day=day),
            dues=tuple(dues),
            references=References(
                order=order.number,
                service_code=order.service_code,
                purchase_order=order.commitment_number or order.purchase_reference,
            ),
            terms=Terms() if order.bought_by == Buyer.PERSON else between_professionals(),
        )


def language_of(order: Order) -> str:
    """Return the language of an order's papers: its own, or the shop's for one that has none of ours."""
    return order.language if order.language in languages() else settings.LANGUAGE_CODE


def between_professionals() -> Terms:
    """Return the terms that bind professionals (code de commerce L441-9, L441-10, D441-5), in the active language."""
    return Terms(
        recovery=_("Flat charge for the costs of recovery in case of late payment: €40"),
        penalties=_("Late payment penalties: three times the legal interest rate"),
        discount=_("No discount for early payment"),
    )


def selling(seller: ShopIdentity) -> Party:
    """Return the seller as papers name it."""
    siret = "".join(seller.siret.split())
    return Party(
        name=seller.name,
        street=seller.street,
        postal_code=seller.postal_code,
        city=seller.city,
        country=str(seller.country),
        siren=siret[:SIREN_LENGTH],
        siret=siret,
        vat_number="".join(seller.vat_number.split()),
        email=seller.support_email,
        legal_line=seller.legal_line,
        activity_number=seller.activity_number,
        electronic_address=siret[:SIREN_LENGTH],
    )


def buying(order: Order) -> Party:
    """Return the buyer as papers name them. A number of another register than the French one is in none of them."""
    siret = order.register_number if is_siret(order.register_number, country=str(order.billing_country)) else ""
    return Party(
        name=order.billing_name or order.contact_name,
        street=order.billing_street,
        postal_code=order.billing_postal_code,
        city=order.billing_city,
        country=str(order.billing_country),
        siren=siret[:SIREN_LENGTH],
        siret=siret,
        vat_number=order.vat_id,
        email=order.contact_email,
        contact=order.contact_name,
        electronic_address=siret[:SIREN_LENGTH],
    )


def _line(line: OrderLine) -> Line:
    """Return a line of what is charged; units that cost nothing are told in its description."""
    free = line.quantity - line.charged
    said = _("%(free)d of %(quantity)d units are free.") % {"free": free, "quantity": line.quantity} if free else ""
    return Line(
        name=in_reader_language(line.entry_name),
        description=said,
        quantity=Decimal(line.charged or line.quantity),
        unit_net=line.unit_net_exact if line.charged else Decimal(0),
        net=line.net,
        tax=_key(line),
    )


def _taxes(lines: Iterable[OrderLine]) -> Iterable[Tax]:
    together: dict[str, list[OrderLine]] = defaultdict(list)
    for line in lines:
        together[_key(line)].append(line)
    for key, ours in together.items():
        yield Tax(
            key=key,
            treatment=ours[0].tax_terms.get("treatment", ""),
            rate=ours[0].tax_rate,
            net=sum((line.net for line in ours), Decimal(0)),
            tax=sum((line.tax for line in ours), Decimal(0)),
            mention=in_reader_language(ours[0].tax_terms.get("mention") or {}),
            country=ours[0].tax_terms.get("rate_of", ""),
        )


def _key(line: OrderLine) -> str:
    """Return treatment, rate and country of the rate of a line: codes that papers treat alike are one tax of an
    invoice."""
    terms = line.tax_terms
    return ":".join([terms.get("treatment", ""), str(line.tax_rate), *filter(None, [terms.get("rate_of")])])


def _payment(order: Order, seller: ShopIdentity, *, is_owed: bool, day: date) -> Payment:
    if not is_owed:
        return Payment(means=MEANS.get(order.method, CARD), paid_on=day)
    return Payment(
        means=TRANSFER,
        reference=reference_of(order.number),
        account_name=seller.name,
        iban="".join(seller.iban.split()),
        bic=seller.bic,
    )
