"""Bank statements brought in: sent, looked at, imported; a file or line that is known changes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from common.plain_inserts import insert_rows
from common.refusals import Refused
from shop.payments.statements.camt import is_camt, read_camt
from shop.payments.statements.kept_files import file_of, sealed_file
from shop.payments.statements.models import BankColumns, BankStatement, StatementLine
from shop.payments.statements.party import sealed
from shop.payments.statements.read import Balance, ReadLine, StatementKnown, StatementWithoutLines, with_identity
from shop.payments.statements.same import OtherFormats, Same
from shop.payments.statements.tables import Columns, guess, headings_of, lines_of, rows_of

if TYPE_CHECKING:
    from accounts.people.models import User

Format = BankStatement.Format
BATCH = 1_000
SHOWN = 20


class _Fresh(NamedTuple):
    """Line that is not known by its identity, and the line of another format that may be the same."""

    identity: str
    line: ReadLine
    perhaps: Same | None


class ColumnsMissing(Refused):
    """Refusal to import a table of which day or amount is not known."""

    message = _("Say first in which columns day and amount stand.")


class ImportedAlready(Refused):
    """Refusal to import a file a second time."""

    message = _("This statement is imported already.")


@dataclass
class Preview:
    """Look at a file: its first lines, how many are new, how many known, how many of the new ones perhaps known from
    another format, and the balances."""

    lines: list[ReadLine] = field(default_factory=list)
    new: int = 0
    known: int = 0
    perhaps: int = 0
    came: Decimal = Decimal(0)
    left: Decimal = Decimal(0)
    balances: list[Balance] = field(default_factory=list)
    starts_on: date | None = None
    ends_on: date | None = None


@transaction.atomic
def keep_file(*, content: bytes, account: str, actor: User, now: datetime) -> BankStatement:
    """Keep a file to be looked at; one that was sent before, and not imported, is the file kept. Raises
    StatementKnown, and StatementRefused or SheetRefused for a file that is no statement."""
    digest, kept = hashlib.sha256(content).hexdigest(), sealed_file(content)
    file_format = Format.CAMT if is_camt(content) else Format.TABLE
    if file_format == Format.TABLE:
        rows_of(content)
    else:
        next(read_camt(content, []), None)
    BankStatement.objects.bulk_create(
        [
            BankStatement(
                file_digest=digest, file_format=file_format, account=account, currency=settings.SHOP_CURRENCY,
                content=kept, sent_at=now, sent_by=actor,
            )
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    statement = BankStatement.objects.get(file_digest=digest)
    if statement.imported_at is not None:
        raise StatementKnown
    if bytes(statement.content or b"") != kept:
        # One kept under a key that is gone by now is kept anew.
        BankStatement.objects.filter(pk=statement.pk, imported_at__isnull=True).update(content=kept)
        statement.content = kept
    return statement


def columns_of(statement: BankStatement) -> Columns:
    """Return the columns of a table, as they were said for its bank account or else guessed."""
    rows = rows_of(file_of(statement))
    said = BankColumns.objects.filter(account=statement.account, headings=headings_of(rows)).first()
    return Columns(said.columns, said.is_day_first) if said else guess(rows)


def say_columns(*, statement: BankStatement, columns: Columns) -> None:
    """Remember the columns of a bank account's tables."""
    rows = rows_of(file_of(statement))
    BankColumns.objects.update_or_create(
        account=statement.account,
        headings=headings_of(rows),
        defaults={"columns": dict(columns.numbers), "is_day_first": columns.is_day_first},
    )


def look(statement: BankStatement) -> Preview:
    """Read a kept file without importing anything. Raises ColumnsMissing, StatementRefused."""
    seen = Preview()
    others = OtherFormats(statement.file_format)
    for batch in _batches(with_identity(_lines_of(statement, seen.balances))):
        fresh = _fresh(batch, others)
        seen.new += len(fresh)
        seen.known += len(batch) - len(fresh)
        seen.perhaps += sum(each.perhaps is not None for each in fresh)
        for _identity, line in batch:
            seen.came += max(line.amount, Decimal(0))
            seen.left += min(line.amount, Decimal(0))
            seen.starts_on = min(seen.starts_on or line.booked_on, line.booked_on)
            seen.ends_on = max(seen.ends_on or line.booked_on, line.booked_on)
            if len(seen.lines) < SHOWN:
                seen.lines.append(line)
    return seen


@transaction.atomic
def import_file(*, statement_id: int, now: datetime) -> BankStatement:
    """Import a kept file: its new lines wait to be decided, known ones change nothing.

    Locks the statement; one file is imported at a time, since two may tell the same in different words. Raises
    ImportedAlready, ColumnsMissing, StatementRefused and BankStatement.DoesNotExist.
    """
    statement = BankStatement.objects.select_for_update(no_key=True).get(pk=statement_id)
    if statement.imported_at is not None:
        raise ImportedAlready
    _lock_imports()
    balances: list[Balance] = []
    days: list[date] = []
    new = total = 0
    others = OtherFormats(statement.file_format)
    for batch in _batches(with_identity(_lines_of(statement, balances))):
        total += len(batch)
        new += _write(statement, _fresh(batch, others))
        days += [min(line.booked_on for _identity, line in batch), max(line.booked_on for _identity, line in batch)]
    if not total:
        raise StatementWithoutLines
    statement.content, statement.imported_at = None, now
    statement.new_lines, statement.known_lines = new, total - new
    statement.starts_on, statement.ends_on = min(days), max(days)
    statement.balances = [_written(balance) for balance in balances]
    if balances:
        statement.account, statement.currency = balances[0].account, balances[0].currency
    statement.save()
    return statement


def discard_file(*, statement_id: int) -> None:
    """Forget a file that was not imported. Raises ImportedAlready."""
    deleted, _each = BankStatement.objects.filter(pk=statement_id, imported_at__isnull=True).delete()
    if not deleted:
        raise ImportedAlready


def _lines_of(statement: BankStatement, balances: list[Balance]) -> Iterator[ReadLine]:
    content = file_of(statement)
    if statement.file_format == Format.CAMT:
        yield from read_camt(content, balances)
        return
    columns = columns_of(statement)
    if not columns.is_whole:
        raise ColumnsMissing
    yield from lines_of(rows_of(content), columns, account=statement.account, currency=statement.currency)


def _lock_imports() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('shop.statements', 0))")


def _fresh(batch: Sequence[tuple[str, ReadLine]], others: OtherFormats) -> list[_Fresh]:
    """Return the lines that are not known, in the order of their identities. Two queries."""
    identities = [identity for identity, _line in batch]
    known = set(StatementLine.objects.filter(identity__in=identities).values_list("identity", flat=True))
    unknown = [(identity, line) for identity, line in sorted(batch, key=itemgetter(0)) if identity not in known]
    same = others.among(unknown)
    fresh = (_Fresh(identity, line, same.get(identity)) for identity, line in unknown)
    return [each for each in fresh if each.perhaps is None or not each.perhaps.is_sure]


def _write(statement: BankStatement, fresh: Sequence[_Fresh]) -> int:
    """Insert new lines; return their number. One statement."""
    rows = [
        StatementLine(
            statement=statement, identity=identity, account=line.account, booked_on=line.booked_on, amount=line.amount,
            currency=line.currency, bank_reference=line.bank_reference, secret=sealed(line.party),
            is_reversal=line.is_reversal, perhaps_id=perhaps.line_id if perhaps else None,
        )
        for identity, line, perhaps in fresh
    ]  # fmt: skip
    insert_rows(rows)
    return len(rows)


def _batches(lines: Iterator[tuple[str, ReadLine]]) -> Iterator[list[tuple[str, ReadLine]]]:
    while batch := list(islice(lines, BATCH)):
        yield batch


def _written(balance: Balance) -> dict[str, str | None]:
    difference = balance.difference
    return {
        "account": balance.account,
        "number": balance.number,
        "currency": balance.currency,
        "opening": None if balance.opening is None else str(balance.opening),
        "closing": None if balance.closing is None else str(balance.closing),
        "difference": None if difference is None else str(difference),
    }
