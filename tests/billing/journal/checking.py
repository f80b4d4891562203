"""Own reader and judge of files in FEC layout, by the text of the article alone (LPF A47 A-1)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

HEADING = [
    *("JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib", "CompAuxNum", "CompAuxLib"),
    *("PieceRef", "PieceDate", "EcritureLib", "Debit", "Credit", "EcritureLet", "DateLet", "ValidDate"),
    *("Montantdevise", "Idevise"),
]
MUST = ("JournalCode", "JournalLib", "EcritureNum", "CompteNum", "CompteLib", "PieceRef", "EcritureLib")


def rows_of(content: bytes) -> list[dict[str, str]]:
    lines = content.decode("iso8859-15").split("\r\n")
    heading = lines[0].split("\t")
    return [dict(zip(heading, line.split("\t"), strict=True)) for line in lines[1:] if line]


def amount(text: str) -> Decimal:
    return Decimal(text.replace(",", "."))


def faults(content: bytes, *, starts: str, ends: str, name: str = "732829320FEC20261231.txt") -> list[str]:
    """Return what the article forbids in a file, by short words."""
    if not re.fullmatch(r"\d{9}FEC\d{8}\.txt", name):
        return ["name"]
    try:
        content.decode("iso8859-15")
    except UnicodeDecodeError:
        return ["encoding"]
    if any(byte in content for byte in (b"\xef\xbb\xbf", b"\xc3\xa9")):
        return ["encoding"]
    lines = content.decode("iso8859-15").split("\r\n")
    if lines[0].split("\t") != HEADING or lines[-1]:
        return ["heading"]
    if any(line.count("\t") != len(HEADING) - 1 for line in lines[1:-1]):
        return ["columns"]
    return sorted(set(_faults(rows_of(content), starts, ends)))


def _faults(rows: list[dict[str, str]], starts: str, ends: str) -> Iterator[str]:
    balances: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    days: dict[tuple[str, str], set[str]] = defaultdict(set)
    numbers: dict[str, list[int]] = defaultdict(list)
    last = ""
    for row in rows:
        if not all(row[name] for name in MUST):
            yield "empty"
        if not re.match(r"\d{3}", row["CompteNum"]):
            yield "account"
        if bool(row["CompAuxNum"]) != bool(row["CompAuxLib"]):
            yield "customer"
        if not all(_is_day(row[name]) for name in ("EcritureDate", "PieceDate")):
            yield "day"
            continue
        if row["ValidDate"] and not (_is_day(row["ValidDate"]) and row["ValidDate"] >= row["EcritureDate"]):
            yield "day"
        if bool(row["EcritureLet"]) != bool(row["DateLet"]):
            yield "letter"
        if row["DateLet"] and not (_is_day(row["DateLet"]) and row["EcritureDate"] <= row["DateLet"] <= ends):
            yield "letter"
        if not starts <= row["EcritureDate"] <= ends:
            yield "period"
        if row["EcritureDate"] < last:
            yield "order"
        last = row["EcritureDate"]
        if not all(re.fullmatch(r"\d+,\d{2}", row[name]) for name in ("Debit", "Credit")):
            yield "decimals"
            continue
        if (amount(row["Debit"]) == 0) == (amount(row["Credit"]) == 0):
            yield "sides"
        key = row["JournalCode"], row["EcritureNum"]
        balances[key] += amount(row["Debit"]) - amount(row["Credit"])
        days[key].add(row["EcritureDate"])
        of_journal = numbers[row["JournalCode"]]
        if not of_journal or of_journal[-1] != int(row["EcritureNum"]):
            of_journal.append(int(row["EcritureNum"]))
    if any(balances.values()):
        yield "balance"
    if any(len(of_entry) > 1 for of_entry in days.values()):
        yield "day"
    for of_journal in numbers.values():
        if of_journal != list(range(of_journal[0], of_journal[0] + len(of_journal))):
            yield "numbers"


def _is_day(text: str) -> bool:
    try:
        return datetime.strptime(text, "%Y%m%d").strftime("%Y%m%d") == text  # noqa: DTZ007
    except ValueError:
        return False
