"""Bank statements as CAMT.053 (ISO 20022), of any version, plain or zipped.

The XML is read element by element, and each entry forgotten once it is read. Entities, document types and addresses
elsewhere are refused or never followed.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from lxml import etree

from common.currencies import is_whole
from shop.payments.statements.read import (
    AmountTooFine,
    Balance,
    ReadLine,
    StatementRefused,
    StatementTooLarge,
    StatementUnreadable,
)

MEGABYTE = 1024**2
MAX_INFLATED = 60 * MEGABYTE
MAX_FILES = 100
MAX_LINES = 50_000
# Bytes read since an entry was forgotten: elements take some forty times as much memory as their text.
MAX_AT_ONCE = 4 * MEGABYTE
# Statements, their balances and entries, booked or not.
MAX_PARTS = 4 * MAX_LINES
_ZIP = b"PK\x03\x04"
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError)
OPENING, CLOSING = ("OPBD", "PRCD"), ("CLBD",)


def is_camt(content: bytes) -> bool:
    """Tell whether a file seems to be a CAMT statement, or an archive of some."""
    if content.startswith(_ZIP):
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                return any(
                    each.filename.lower().endswith(".xml")
                    and "/" not in each.filename
                    and each.filename != "[Content_Types].xml"
                    for each in archive.infolist()
                )
        except _DAMAGED:
            return False
    return b"BkToCstmrStmt" in content[:4096] or content.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<?xml")


def read_camt(content: bytes, balances: list[Balance]) -> Iterator[ReadLine]:
    """Yield the booked lines of all statements in a file; `balances` is filled, one for each statement, while the lines
    are read. Raises StatementRefused."""
    count = 0
    for document in _documents(content):
        for line in _lines(document, balances):
            count += 1
            if count > MAX_LINES:
                raise StatementTooLarge
            yield line


def _documents(content: bytes) -> Iterator[bytes]:
    if not content.startswith(_ZIP):
        yield content
        return
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            files = [each for each in archive.infolist() if not each.is_dir()]
            if len(files) > MAX_FILES or sum(each.file_size for each in files) > MAX_INFLATED:
                raise StatementTooLarge
            for each in files:
                if each.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise StatementUnreadable
                with archive.open(each) as part:
                    yield part.read(each.file_size)
    except _DAMAGED as error:
        raise StatementUnreadable from error


def _lines(document: bytes, balances: list[Balance]) -> Iterator[ReadLine]:
    # A name of elements that is a prefix of others, so that no encoding hides it: nobody sends one in good faith.
    if b"<!DOCTYPE" in document or b"<!ENTITY" in document or b"\0" in document[:1024]:
        raise StatementUnreadable
    try:
        yield from _statements(document, balances)
    except StatementRefused:
        raise
    except (etree.XMLSyntaxError, InvalidOperation, ValueError, LookupError) as error:
        raise StatementUnreadable from error


class _Metered(io.BytesIO):
    """Document of which no more is read at once than an entry may need, in no more parts than a statement has."""

    since = parts = 0

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the next bytes. Raises StatementTooLarge if too many came since the last part ended."""
        part = super().read(size)
        self.since += len(part)
        if self.since > MAX_AT_ONCE:
            raise StatementTooLarge
        return part

    def end_part(self) -> None:
        """Note that all of a part was read. Raises StatementTooLarge for one too many."""
        self.since = 0
        self.parts += 1
        if self.parts > MAX_PARTS:
            raise StatementTooLarge


def _statements(document: bytes, balances: list[Balance]) -> Iterator[ReadLine]:
    source = _Metered(document)
    events = etree.iterparse(
        source,
        events=("start", "end"),
        tag=[f"{{*}}{name}" for name in ("Stmt", "Id", "Acct", "Bal", "Ntry")],
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    balance, found = Balance("", ""), False
    for event, element in events:
        name = _name(element)
        if event == "start":
            if name == "Stmt":
                found, balance = True, Balance("", "")
                balances.append(balance)
            continue
        if name == "Stmt":
            _forget(element)
            source.end_part()
            continue
        parent = element.getparent()
        if parent is None or _name(parent) != "Stmt":
            continue
        match name:
            case "Id":
                balance.number = _said(element)[:60]
            case "Acct":
                balance.account = _text(element, "Id", "IBAN") or _text(element, "Id", "Othr", "Id")
                balance.account = balance.account.replace(" ", "").upper()[:34]
                balance.currency = _text(element, "Ccy")[:3]
            case "Bal":
                _note_balance(element, balance)
            case "Ntry":
                for line in _entry(element, balance):
                    balance.moved += line.amount
                    yield line
        _forget(element)
        source.end_part()
    if not found:
        raise StatementUnreadable


def _forget(element: Any) -> None:
    """Let go of an element that was read, and of everything before it but the elements around it."""
    element.clear()
    around = element
    while (parent := around.getparent()) is not None:
        while around.getprevious() is not None:
            del parent[0]
        around = parent


def _note_balance(element: Any, balance: Balance) -> None:
    code = _text(element, "Tp", "CdOrPrtry", "Cd")
    amount, currency = _amount(element, _text(element, "CdtDbtInd"))
    balance.currency = balance.currency or currency
    if code == "OPBD" or (code == "PRCD" and balance.opening is None):
        balance.opening = amount
    elif code in CLOSING:
        balance.closing = amount


def _entry(entry: Any, balance: Balance) -> Iterator[ReadLine]:
    """Yield the lines of a booked entry: one for each of a batch whose amounts make the entry's, else one."""
    status = _text(entry, "Sts", "Cd") or _text(entry, "Sts")
    if status and status != "BOOK":
        return
    total, currency = _amount(entry, _text(entry, "CdtDbtInd"))
    booked = _text(entry, "BookgDt", "Dt") or _text(entry, "BookgDt", "DtTm") or _text(entry, "ValDt", "Dt")
    if not total:
        return
    details = [each for block in _children(entry, "NtryDtls") for each in _children(block, "TxDtls")]
    alone = details[0] if len(details) == 1 else None
    whole = ReadLine(
        account=balance.account,
        booked_on=date.fromisoformat(booked[:10]),
        amount=total,
        currency=currency,
        bank_reference=_text(entry, "AcctSvcrRef")[:100] or _reference(alone),
        text=_text(entry, "AddtlNtryInf")[:1000],
        is_reversal=_text(entry, "RvslInd") in ("true", "1"),
    )
    parts = [_part(each, currency, total) for each in details]
    told = [part for part in parts if part is not None]
    if len(details) > 1 and len(told) == len(details) and sum(told) == total:
        for detail, part in zip(details, told, strict=True):
            reference = _reference(detail) or whole.bank_reference
            yield _with_party(replace(whole, amount=part, bank_reference=reference), detail, entry)
    elif alone is not None:
        yield _with_party(whole, alone, entry)
    else:
        # A batch whose parts the bank does not tell, or does not tell right, is one line.
        yield whole


def _part(detail: Any, currency: str, total: Decimal) -> Decimal | None:
    """Return the amount of one of a batch, in the entry's direction unless it has its own; None if it is not told."""
    direction = _text(detail, "CdtDbtInd") or ("CRDT" if total > 0 else "DBIT")
    for element in (detail, _child(_child(detail, "AmtDtls"), "TxAmt")):
        if element is not None and _child(element, "Amt") is not None:
            amount, own = _amount(element, direction)
            return amount if own == currency and amount else None
    return None


def _with_party(line: ReadLine, detail: Any, entry: Any) -> ReadLine:
    """Return a line with what its details say: who paid or was paid, and the text."""
    side = "Dbtr" if _text(entry, "CdtDbtInd") == "CRDT" else "Cdtr"
    parties = _child(detail, "RltdPties")
    name = _text(parties, side, "Nm") or _text(parties, side, "Pty", "Nm")
    iban = _text(parties, f"{side}Acct", "Id", "IBAN")
    remittance = _child(detail, "RmtInf")
    texts = [_said(each) for each in _children(remittance, "Ustrd")]
    texts += [_text(each, "CdtrRefInf", "Ref") for each in _children(remittance, "Strd")]
    end_to_end = _text(detail, "Refs", "EndToEndId")
    texts += [end_to_end if end_to_end != "NOTPROVIDED" else "", _text(detail, "AddtlTxInf")]
    text = " ".join(filter(None, dict.fromkeys(texts))) or line.text
    return replace(line, name=name[:200], iban=iban.replace(" ", "").upper()[:34], text=text[:1000])


def _reference(detail: Any) -> str:
    return (_text(detail, "Refs", "AcctSvcrRef") or _text(detail, "Refs", "TxId"))[:100]


def _amount(element: Any, direction: str) -> tuple[Decimal, str]:
    amount = _child(element, "Amt")
    if amount is None or direction not in ("CRDT", "DBIT"):
        raise StatementUnreadable
    value, currency = Decimal(_said(amount)), str(amount.get("Ccy", ""))[:3]
    if not value.is_finite() or value < 0 or value >= 10**10:
        raise StatementUnreadable
    if not is_whole(value, currency):
        raise AmountTooFine(value, currency)
    return (value if direction == "CRDT" else -value), currency


def _name(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _children(element: Any, name: str) -> list[Any]:
    return [] if element is None else list(element.iterchildren(f"{{*}}{name}"))


def _child(element: Any, name: str) -> Any:
    return None if element is None else next(element.iterchildren(f"{{*}}{name}"), None)


def _text(element: Any, *names: str) -> str:
    for name in names:
        element = _child(element, name)
    return _said(element)


def _said(element: Any) -> str:
    return "" if element is None else " ".join((element.text or "").replace("\0", "").split())
