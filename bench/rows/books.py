"""10. The books: a day of many entries closed and exported, a long bank statement imported, many open payments asked
about.

Each is done for many and for a tenth of them: time is to grow with the number and no faster, memory not beyond a bound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from accounts.members.models import CustomerAccount
from accounts.people.models import User
from bench.harness import Report, in_turns, seconds
from bench.memory import peak_megabytes
from bench.sizes import Sizes
from bench.world import MANY, PACK, make_books, no_job_waits, paid_order
from billing.closures.services import close_days
from billing.ledger.models import Account
from billing.ledger.sealing import seal_batch
from billing.ledger.services import Entry, Kind, Line, post
from common.moments import day_ends, local_day
from common.plain_inserts import insert_rows
from outbox.jobs.models import Job
from outbox.jobs.running import run_due_jobs
from shop.books.services import ask_for_export, make_export
from shop.payments.attempts.models import PaymentAttempt
from shop.payments.attempts.sweep import sweep
from shop.payments.statements.models import StatementLine
from shop.payments.statements.services import import_file, keep_file
from shop.seller.models import ShopIdentity
from workbench.demo.bank import Booked, written

# How many times as long each one of many may take as each one of a tenth of them.
LINEAR = 1.5
PART = 10
# Memory that many may take beside what the process has before.
MEGABYTES = 64.0
AT_MOST_ROUNDS = 3
A_BATCH = 1_000
ASKED_AT_MOST = 200
SIRET = "73282932000074"
IBAN = "FR7630006000011234567890189"


def measure(report: Report, sizes: Sizes) -> None:
    rounds = min(sizes.rounds, AT_MOST_ROUNDS)
    with make_books():
        days = _closures(report, sizes.ledger_entries, rounds=rounds)
        _journals(report, days, rounds=1)
        _statements(report, sizes.statement_lines, rounds=rounds)
        _sweep(report, sizes.attempts, rounds=rounds)


def _closures(report: Report, many: int, *, rounds: int) -> dict[int, date]:
    """Measure the closing of a day of many entries, beside one of few; return the two days by their entries."""
    few, today = many // PART, local_day(timezone.now())
    # The day of few entries is closed first: days are closed in their order.
    sealed = {}
    days = {few: today - timedelta(days=3), many: today - timedelta(days=2)}
    for count, day in days.items():
        _post(count, day)
        sealed[count] = seconds(_seal)
    report.compare(
        f"{many:,} entries sealed / {PART} times {few:,}", sealed[many], "s",
        reference=PART * sealed[few], limit=LINEAR,
    )  # fmt: skip

    def closed() -> dict[str, float]:
        with _undone():
            return {str(count): seconds(partial(_close, day)) for count, day in days.items()}

    found = in_turns(closed, rounds=rounds)
    report.compare(
        f"day of {many:,} entries closed / {PART} times one of {few:,}", found[str(many)], "s",
        reference=PART * found[str(few)], limit=LINEAR,
    )  # fmt: skip
    _bounded(report, f"day of {many:,} entries closed", lambda: _close(days[many]))
    return days


def _journals(report: Report, days: dict[int, date], *, rounds: int) -> None:
    """Measure the journal of a day in FEC layout, of two lines for each entry."""
    few, many = sorted(days)

    def exported() -> dict[str, float]:
        with _undone():
            return {str(count): seconds(partial(_export, day, lines=2 * count)) for count, day in days.items()}

    found = in_turns(exported, rounds=rounds)
    report.compare(
        f"FEC of {2 * many:,} lines made / {PART} times {2 * few:,}", found[str(many)], "s",
        reference=PART * found[str(few)], limit=LINEAR,
    )  # fmt: skip
    _bounded(report, f"FEC of {2 * many:,} lines made", lambda: _export(days[many], lines=2 * many))


def _export(day: date, *, lines: int) -> None:
    """Make the journal of a day, as the job does."""
    ShopIdentity.objects.update_or_create(pk=1, defaults={"siret": SIRET})
    now = timezone.now()
    actor = User.objects.get(email=MANY)
    export = ask_for_export(
        kind="fec", form="txt", basis="", starts_on=day, ends_on=day, asked_as=uuid4(), actor=actor, now=now
    )
    make_export(export_id=export.pk, now=now)
    export.refresh_from_db()
    if export.rows != lines:
        raise RuntimeError(f"The journal has {export.rows} of {lines} lines.")


def _post(count: int, day: date) -> None:
    """Post sales of a day and the money for each, of two lines each: every order of a customer's is settled by it."""
    at = day_ends(day) - timedelta(hours=12)
    customer = CustomerAccount.objects.get(name=MANY).pk
    for first in range(0, count, A_BATCH):
        post(_entry(number, at, customer) for number in range(first, min(first + A_BATCH, count)))


def _entry(number: int, at: datetime, customer: int) -> Entry:
    order, is_sale = divmod(number, 2)
    units = 100 + order
    owed = Line(Account.RECEIVABLE, units if is_sale else -units, customer, order + 1)
    other = Line(Account.SALES, -units, None, order + 1, "standard") if is_sale else Line(Account.BANK, units)
    kind = Kind.SALE if is_sale else Kind.MONEY_IN
    return Entry(f"bench:{at:%j}:{number}", kind, at, "EUR", (owed, other))


def _seal() -> None:
    while seal_batch():
        pass


def _close(day: date) -> None:
    close_days(through=day, now=timezone.now())


def _statements(report: Report, many: int, *, rounds: int) -> None:
    few = many // PART

    def imported(count: int) -> Callable[[], dict[str, float]]:
        content = _statement(count)

        def once() -> dict[str, float]:
            with _undone():
                return {str(count): seconds(lambda: _import(content))}

        return once

    found = in_turns(imported(few), imported(many), rounds=rounds)
    report.compare(
        f"bank statement of {many:,} lines imported / {PART} times {few:,}", found[str(many)], "s",
        reference=PART * found[str(few)], limit=LINEAR,
    )  # fmt: skip
    content = _statement(many)
    _bounded(report, f"bank statement of {many:,} lines imported", lambda: _import(content))


def _statement(count: int) -> bytes:
    today = local_day(timezone.now())
    lines = (
        Booked(today, Decimal(100 + number % 900), f"Client {number}", f"Facture {number}", f"B{number}", IBAN)
        for number in range(count)
    )
    return written(lines, iban=IBAN, opening=Decimal(0))


def _import(content: bytes) -> None:
    now, before = timezone.now(), StatementLine.objects.count()
    kept = keep_file(content=content, account="", actor=User.objects.get(email=MANY), now=now)
    done = import_file(statement_id=kept.pk, now=now)
    if StatementLine.objects.count() != before + done.new_lines:
        raise RuntimeError("Lines are missing.")


def _sweep(report: Report, many: int, *, rounds: int) -> None:
    few, asked = many // PART, min(many // PART, ASKED_AT_MOST)
    order = paid_order(PACK, quantity=1)
    no_job_waits()

    def swept(count: int) -> dict[str, float]:
        _attempts(count, order.pk)
        figures = {
            f"swept {count}": seconds(lambda: _take_all(count)),
            f"asked {count}": seconds(lambda: run_due_jobs(limit=asked)),
        }
        no_job_waits()
        PaymentAttempt.objects.all().delete()
        return figures

    found = in_turns(partial(swept, few), partial(swept, many), rounds=rounds)
    report.compare(
        f"sweep over {many:,} open payments / {PART} times {few:,}", found[f"swept {many}"], "s",
        reference=PART * found[f"swept {few}"], limit=LINEAR,
    )  # fmt: skip
    report.compare(
        f"{asked} of {many:,} open payments asked about / of {few:,}", found[f"asked {many}"], "s",
        reference=found[f"asked {few}"], limit=LINEAR,
    )  # fmt: skip
    _attempts(many, order.pk)
    _bounded(report, f"sweep over {many:,} open payments", lambda: _take_all(many))
    no_job_waits()


def _attempts(count: int, order_id: int) -> None:
    """Insert open payments whose beginning no provider has answered, and that nobody waits for any more."""
    now = timezone.now()
    for first in range(0, count, A_BATCH):
        insert_rows(
            [
                PaymentAttempt(
                    order_id=order_id,
                    provider="sandbox",
                    amount=Decimal(1 + number),
                    currency="EUR",
                    begun_at=now - timedelta(hours=1),
                    withdrawn_at=now,
                    ask_again_at=now - timedelta(minutes=1),
                )
                for number in range(first, min(first + A_BATCH, count))
            ]
        )


def _take_all(count: int) -> None:
    now, taken = timezone.now(), 0
    while swept := sweep(now=now):
        taken += swept
    if taken != count or Job.objects.pending().count() < count:
        raise RuntimeError(f"The sweep took {taken} of {count} payments.")


def _bounded(report: Report, name: str, action: Callable[[], object]) -> None:
    def undone() -> None:
        with _undone():
            action()

    report.compare(f"{name}, memory / allowed", peak_megabytes(undone), "MB", reference=MEGABYTES, limit=1.0)


@contextmanager
def _undone() -> Iterator[None]:
    """Undo in the database what the block did."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
