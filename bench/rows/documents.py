"""11. Documents: an invoice with its e-invoices beside typst's work alone, how many a worker makes a minute, and orders
settled with their invoices.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import partial
from itertools import count

from django.utils import timezone

from bench.harness import Report, in_turns, seconds
from bench.sizes import Sizes
from bench.world import PACK, no_job_waits, pay_order, placed_order
from common.moments import local_day
from documents.invoices.page import page_of
from documents.invoices.template import make
from documents.invoices.values import CARD, Invoice, Line, Party, Payment, Tax, Terms, as_data
from documents.issued.models import Document, DocumentFile
from documents.issued.services import NewDocument, issue
from documents.issued.templates import Issued
from documents.pdf.printing import print_page
from outbox.jobs.running import run_due_jobs
from shop.seller.models import ShopIdentity

# How many times as long a document may take as typst alone.
BESIDE_TYPST = 3.0
LINES = (1, 40)
# How many times as long an order may take to settle with its invoice: the numbers, the frozen words and their digest.
WITH_INVOICE = 2.0
SELLER = {
    "name": "Formations Amphi", "street": "12 rue des Écoles", "postal_code": "69001", "city": "Lyon",
    "siret": "73282932000074", "vat_number": "FR44732829320", "support_email": "aide@amphi.example",
    "legal_line": "SAS au capital de 10 000 €, RCS Lyon 732 829 320", "activity_number": "82 69 12345 69",
    "iban": "FR7630006000011234567890189", "bic": "AGRIFRPP",
}  # fmt: skip


def measure(report: Report, sizes: Sizes) -> None:
    today = local_day(timezone.now())
    for lines in LINES:
        found = in_turns(partial(_times, _invoice(lines, today), today, count()), rounds=sizes.rounds)
        report.compare(
            f"PDF, CII and UBL of {lines} lines / typst alone", 1_000 * found["made"], "ms",
            reference=1_000 * found["printed"], limit=BESIDE_TYPST,
        )  # fmt: skip
    _a_minute(report, sizes.deliveries, today)
    _settled(report, rounds=sizes.deliveries)


def _settled(report: Report, *, rounds: int) -> None:
    """Settle orders of a seller whose invoices can be issued, and of one whose cannot."""
    seller = ShopIdentity.current()
    without = {name: getattr(seller, name) for name in SELLER}

    def settled(details: Mapping[str, str], documents: int) -> float:
        ShopIdentity.objects.filter(pk=seller.pk).update(**details)
        order = placed_order(PACK, quantity=1)
        took = seconds(lambda: pay_order(order))
        if Document.objects.filter(order_id=order.pk).count() != documents:
            raise RuntimeError(f"Order {order.number} has another number of invoices.")
        return took

    found = in_turns(
        lambda: {"with": settled(SELLER, 1)}, lambda: {"without": settled(without, 0)}, rounds=rounds
    )  # fmt: skip
    ShopIdentity.objects.filter(pk=seller.pk).update(**without)
    no_job_waits()
    report.compare(
        "order settled with its invoice / without one", 1_000 * found["with"], "ms",
        reference=1_000 * found["without"], limit=WITH_INVOICE,
    )  # fmt: skip


def _times(invoice: Invoice, today: date, numbers: Iterator[int]) -> dict[str, float]:
    """Return the seconds of a document and of typst alone, each of a number of its own: typst remembers pages."""
    made, printed = (_issued(invoice, today, next(numbers)) for _each in range(2))
    page = page_of(printed, invoice)
    return {
        "made": seconds(lambda: make(made)),
        "printed": seconds(lambda: print_page("invoice-1", page, day=today)),
    }


def _issued(invoice: Invoice, today: date, number: int) -> Issued:
    return Issued(
        number=f"F2026-{number:05}", kind="invoice", issued_on=today, language="fr", version=1, data=as_data(invoice),
        corrects=None,
    )  # fmt: skip


def _a_minute(report: Report, many: int, today: date) -> None:
    """Issue documents and have one worker's loop make their files."""
    now, data = timezone.now(), as_data(_invoice(3, today))
    before = DocumentFile.objects.count()
    for number in range(many):
        issue(
            NewDocument(fact=f"bench:{now:%s%f}:{number}", kind=Document.Kind.INVOICE, data=data, language="fr"),
            now=now,
        )
    took = seconds(lambda: run_due_jobs(limit=many))
    if DocumentFile.objects.count() != before + 3 * many:
        raise RuntimeError("Files are missing.")
    report.figure("documents made, each with three files, one worker", 60 * many / took, "a minute")


def _invoice(lines: int, today: date) -> Invoice:
    price, rate = Decimal("25.50"), Decimal(20)
    net = lines * price
    tax = (net * rate / 100).quantize(Decimal("0.01"))
    return Invoice(
        seller=Party(
            name="Formations Amphi SAS", street="12 rue des Écoles", postal_code="69001", city="Lyon",
            siren="732829320", siret="73282932000074", vat_number="FR44732829320", email="ventes@amphi.example",
            legal_line="SAS au capital de 10 000 €, RCS Lyon 732 829 320",
        ),
        buyer=Party(
            name="Éluard & Fils", street="3 place du Marché", postal_code="75011", city="Paris", siren="552100554",
            email="compta@eluard.example",
        ),
        buyer_kind="business", nature="services", currency="EUR",
        lines=tuple(
            Line(name=f"Habilitation {number}", quantity=Decimal(1), unit_net=price, net=price, tax="standard")
            for number in range(lines)
        ),
        taxes=(Tax(key="standard", treatment="standard", rate=rate, net=net, tax=tax),),
        net=net, tax=tax, gross=net + tax, paid=net + tax, payment=Payment(means=CARD, paid_on=today),
        terms=Terms(recovery="40 €", penalties="3 × taux légal", discount="Pas d’escompte"),
    )  # fmt: skip
