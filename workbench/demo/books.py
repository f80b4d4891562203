"""Stories of the demo's merchant at the end of a month: a statement of the bank, exports for the accountant, and
the days closed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from uuid import uuid4

from billing.closures.tasks import close_due_days
from billing.journal.vat import Basis
from billing.ledger.tasks import seal_entries
from common.moments import local_day
from shop.books.models import BookExport
from shop.books.services import ask_for_export
from shop.payments.statements.services import import_file, keep_file
from workbench.demo.shop import DemoShop
from workbench.demo.statement import sample_statement
from workbench.demo.timeline import Story

Kind, Form = BookExport.Kind, BookExport.Form


def stories_of_books(shop: DemoShop) -> Iterator[Story]:
    yield _bank_statement(shop)
    yield _exports(shop)


def _bank_statement(shop: DemoShop) -> Story:
    """Of yesterday, imported this morning; its lines wait for the merchant."""
    yield 0
    content = sample_statement(local_day(shop.now) - timedelta(days=1))
    kept = keep_file(content=content, account="", actor=shop.merchant, now=shop.now)
    import_file(statement_id=kept.pk, now=shop.now)


def _exports(shop: DemoShop) -> Story:
    """Journal and VAT of the last month; a job makes the files."""
    yield 0
    first, last = last_month(local_day(shop.now))
    for kind, form, basis in ((Kind.FEC, Form.TXT, ""), (Kind.VAT, Form.XLSX, Basis.DEBITS)):
        ask_for_export(
            kind=kind,
            form=form,
            starts_on=first,
            ends_on=last,
            basis=basis,
            asked_as=uuid4(),
            actor=shop.merchant,
            now=shop.now,
        )


def close_books() -> None:
    """Seal the entries and close the days that are due, in beat's place."""
    seal_entries()
    while close_due_days():
        pass


def last_month(today: date) -> tuple[date, date]:
    """Return first and last day of the month before."""
    last = today.replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last
