"""Invoice as a page for its template: every text ready to be printed, in the document's language."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal, format_percent
from django.utils.translation import gettext as _
from django.utils.translation import override

from common.colours import LEAST_CONTRAST, contrast_with_white
from documents.invoices.quick_response import epc_code
from documents.invoices.treatments import TREATMENTS
from documents.invoices.values import Earlier, Invoice, Line, Look, Party, Tax
from documents.issued.templates import Issued
from documents.pdf.readable import readable
from documents.pictures.selectors import picture_as_svg

Page = dict[str, Any]
# Kinds by which something is owed.
OWED = ("invoice", "deposit", "final")


def page_of(issued: Issued, invoice: Invoice) -> Page:
    """Return the page of the template `invoice`, whose texts are all printable. A note says so where some sign is
    written in Latin letters.
    """
    with override(issued.language):
        page, was_changed = readable(_Words(issued, invoice).page())
        if was_changed:
            page["mentions"].append(_said_of_letters(has_xml=issued.kind not in ("proforma", "receipt")))
    # Pictures are no texts.
    page["qr"] = epc_code(invoice) if issued.kind in OWED else ""
    page["logo"] = picture_as_svg(invoice.look.logo)
    return dict(page)


def title_of(issued: Issued) -> str:
    """Return the heading, such as *Facture F2026-00017*, in the language that is active."""
    titles = {
        "proforma": _("Pro-forma invoice %(number)s"),
        "deposit": _("Deposit invoice %(number)s"),
        "invoice": _("Invoice %(number)s"),
        "final": _("Final invoice %(number)s"),
        "credit_note": _("Credit note %(number)s"),
        "receipt": _("Receipt %(number)s"),
    }
    return titles[issued.kind] % {"number": issued.number}


def _said_of_letters(*, has_xml: bool) -> str:
    if has_xml:
        return _("Some signs are written here in Latin letters; the file inside this one has them as they were given.")
    return _("Some signs are written here in Latin letters.")


class _Words:
    """An invoice in words of the active language."""

    def __init__(self, issued: Issued, invoice: Invoice) -> None:
        self.issued, self.invoice, self.language = issued, invoice, issued.language

    def page(self) -> Page:
        issued, invoice = self.issued, self.invoice
        day = issued.issued_on
        return {
            "title": title_of(issued),
            "author": invoice.seller.name,
            "day": [day.year, day.month, day.day],
            "language": issued.language,
            "accent": readable_accent(invoice.look.accent),
            "page": _("page"),
            "attached": _("E-invoice (Factur-X)"),
            "footer": self.footer(),
            "logo-alt": invoice.seller.name,
            "seller": [*self.address(invoice.seller), *filter(None, (invoice.seller.email, invoice.seller.phone))],
            "buyer-label": _("Customer"),
            "buyer": [*self.address(invoice.buyer), *self.buyer_numbers()],
            "facts": self.facts(),
            "columns": [_("Description"), _("Quantity"), _("Unit price, net"), _("VAT"), _("Net")],
            "lines": [self.line(line) for line in invoice.lines],
            "tax-columns": [_("VAT"), _("Net"), _("VAT amount")],
            "taxes": self.taxes(),
            "total-columns": [_("Total"), invoice.currency],
            "totals": self.totals(),
            "payment-label": _("Payment"),
            "payment": self.payment(),
            "qr-alt": _("QR code for a transfer of the amount to pay"),
            "qr-label": _("Scan to pay by transfer"),
            "mentions": self.mentions(),
        }

    def address(self, party: Party) -> list[str]:
        """Return name and address as on an envelope, with the country where it is not the seller's."""
        town = f"{party.postal_code} {party.city}".strip()
        lines = [party.name, *party.street.splitlines(), town]
        is_abroad = party.country != self.invoice.seller.country
        return [line for line in lines if line] + ([self.country(party.country)] if is_abroad else [])

    def country(self, code: str) -> str:
        return str(Locale(self.language).territories.get(code, code))

    def money(self, amount: Decimal) -> str:
        return format_currency(amount, self.invoice.currency, locale=self.language)

    def day(self, day: Any) -> str:
        return format_date(day, format="long", locale=self.language)

    def footer(self) -> list[str]:
        seller = self.invoice.seller
        parts = [
            seller.name,
            seller.legal_line,
            _("SIRET %(number)s") % {"number": seller.siret} if seller.siret else "",
            _("VAT number %(number)s") % {"number": seller.vat_number} if seller.vat_number else "",
        ]
        lines = [" – ".join(part for part in parts if part)]
        if seller.activity_number:
            told = _("Declaration of activity registered under number %(number)s; this is no approval by the State.")
            lines.append(told % {"number": seller.activity_number})
        return [*lines, *self.invoice.look.footer.splitlines()]

    def buyer_numbers(self) -> list[str]:
        buyer = self.invoice.buyer
        number = buyer.siret or buyer.siren
        return [
            *([_("SIRET %(number)s") % {"number": number}] if buyer.siret else []),
            *([_("SIREN %(number)s") % {"number": number}] if number and not buyer.siret else []),
            *([_("VAT number %(number)s") % {"number": buyer.vat_number}] if buyer.vat_number else []),
        ]

    def facts(self) -> list[list[str]]:
        invoice, references = self.invoice, self.invoice.references
        facts = [[_("Date of issue"), self.day(self.issued.issued_on)]]
        if invoice.starts_on and invoice.ends_on and invoice.starts_on != invoice.ends_on:
            days = {"first": self.day(invoice.starts_on), "last": self.day(invoice.ends_on)}
            facts.append([_("Date of the service"), _("from %(first)s to %(last)s") % days])
        elif served_on := invoice.served_on or invoice.starts_on or invoice.ends_on:
            facts.append([_("Date of the service"), self.day(served_on)])
        if self.issued.corrects is not None:
            number, day = self.issued.corrects
            facts.append([_("Corrects"), _("%(number)s of %(day)s") % {"number": number, "day": self.day(day)}])
        for each in invoice.earlier:
            facts.append([_("Deposit invoice"), self.deducted(each)])
        named = [
            (_("Order"), references.order),
            (_("Purchase order"), references.purchase_order),
            (_("Service code"), references.service_code),
            (_("Contract"), references.contract),
        ]
        return facts + [[label, value] for label, value in named if value]

    def deducted(self, earlier: Earlier) -> str:
        """Return number and day of a deposit invoice, with net and VAT of what is deducted for it."""
        named = _("%(number)s of %(day)s") % {"number": earlier.number, "day": self.day(earlier.issued_on)}
        sums = [self.net_and_vat(tax) for tax in earlier.taxes]
        return _("%(document)s: %(amounts)s") % {"document": named, "amounts": "; ".join(sums)} if sums else named

    def net_and_vat(self, tax: Tax) -> str:
        said = {"net": self.money(tax.net), "rate": self.rate(tax), "tax": self.money(tax.tax)}
        charged = TREATMENTS[tax.treatment].category == "S"
        return (_("%(net)s net, VAT %(rate)s: %(tax)s") if charged else _("%(net)s net, VAT: %(rate)s")) % said

    def line(self, line: Line) -> Page:
        more = line.description.splitlines()
        if (line.starts_on, line.ends_on) == (self.invoice.starts_on, self.invoice.ends_on):
            pass  # told above already
        elif line.starts_on and line.ends_on and line.starts_on != line.ends_on:
            days = {"first": self.day(line.starts_on), "last": self.day(line.ends_on)}
            more.append(_("from %(first)s to %(last)s") % days)
        elif line.starts_on:
            more.append(self.day(line.starts_on))
        tax = next(each for each in self.invoice.taxes if each.key == line.tax)
        return {
            "name": line.name,
            "more": more,
            "quantity": format_decimal(line.quantity, format="#,##0.####", locale=self.language),
            "unit-net": format_decimal(line.unit_net, format="#,##0.00####", locale=self.language),
            "tax": self.rate(tax),
            "net": self.money(line.net),
        }

    def rate(self, tax: Tax) -> str:
        category = TREATMENTS[tax.treatment].category
        if category != "S":
            return {"E": _("exempt"), "AE": _("reverse charge")}.get(category, _("not applicable"))
        rate = format_percent(tax.rate / 100, decimal_quantization=False, locale=self.language)
        return f"{rate} ({self.country(tax.country)})" if tax.country else str(rate)

    def taxes(self) -> list[Page]:
        return [
            {
                "name": self.rate(tax),
                "mention": tax.mention or TREATMENTS[tax.treatment].mention(self.language),
                "net": self.money(tax.net),
                "tax": self.money(tax.tax),
            }
            for tax in self.invoice.taxes
        ]

    def totals(self) -> list[Page]:
        invoice = self.invoice
        rows = [
            (_("Total net"), invoice.net, False),
            (_("VAT"), invoice.tax, False),
            (_("Total including VAT"), invoice.gross, True),
        ]
        if self.issued.kind == "credit_note":
            return [_total(name, self.money(amount), strong=strong) for name, amount, strong in rows]
        if invoice.paid:
            paid = _("Deposits paid") if self.issued.kind == "final" else _("Paid")
            rows.append((paid, -invoice.paid, False))
        rows.append((_("To pay"), invoice.due, True))
        return [_total(name, self.money(amount), strong=strong) for name, amount, strong in rows]

    def payment(self) -> list[list[str]]:
        invoice, payment = self.invoice, self.invoice.payment
        rows: list[list[str]] = []
        if self.issued.kind == "credit_note":
            return rows
        if payment is not None and payment.label:
            rows.append([_("Method"), payment.label])
        if payment is not None and not invoice.due and payment.paid_on:
            rows.append([_("Paid on"), self.day(payment.paid_on)])
        for due in invoice.dues:
            told = _("%(amount)s until %(day)s") % {"amount": self.money(due.amount), "day": self.day(due.on)}
            rows.append([_("Due"), told])
        if payment is not None and payment.iban and invoice.due:
            rows += [
                [_("Account holder"), payment.account_name],
                ["IBAN", " ".join(payment.iban[at : at + 4] for at in range(0, len(payment.iban), 4))],
                ["BIC", payment.bic],
                [_("Reference"), payment.reference],
            ]
        return [row for row in rows if row[1]]

    def mentions(self) -> list[str]:
        terms = self.invoice.terms
        between = [terms.penalties, terms.recovery, terms.discount]
        says_terms = self.invoice.buyer_kind != "consumer" and self.issued.kind in OWED
        told = [text for text in between if text and says_terms]
        if self.issued.kind == "proforma":
            told.insert(0, _("This is no invoice: nothing is owed by it, and no VAT can be deducted."))
        return [*told, *self.invoice.notes]


def readable_accent(colour: str) -> str:
    """Return a colour (`#rrggbb`), or the usual one where white letters on it have too little contrast (WCAG AA)."""
    return colour if contrast_with_white(colour) >= LEAST_CONTRAST else Look().accent


def _total(name: str, amount: str, *, strong: bool) -> Page:
    return {"name": name, "amount": amount, "strong": strong}
