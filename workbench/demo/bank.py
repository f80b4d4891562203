"""Statements of a bank, written as banks write them (CAMT.053)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from lxml import etree
from lxml.builder import ElementMaker

_NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
_NODE = ElementMaker(namespace=_NAMESPACE, nsmap={None: _NAMESPACE})


@dataclass(frozen=True)
class Booked:
    """Booked line; `amount` is below zero for money that left the account."""

    day: date
    amount: Decimal
    name: str
    text: str
    reference: str
    iban: str = ""


def written(lines: Iterable[Booked], *, iban: str, opening: Decimal, currency: str = "EUR") -> bytes:
    """Write a statement of an account as CAMT.053; its closing balance is what the lines make of the opening one."""
    told = list(lines)
    closing = opening + sum((line.amount for line in told), Decimal(0))
    statement = _node(
        "Stmt",
        _node("Id", f"{min(line.day for line in told):%Y%m%d}" if told else "0"),
        _node("Acct", _node("Id", _node("IBAN", iban)), _node("Ccy", currency)),
        _balance("OPBD", opening, currency),
        _balance("CLBD", closing, currency),
        *(_entry(line, currency) for line in told),
    )
    document = _node("Document", _node("BkToCstmrStmt", _node("GrpHdr", _node("MsgId", "1")), statement))
    content: bytes = etree.tostring(document, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return content


def _node(name: str, *inside: Any) -> Any:
    return _NODE(name, *inside)


def _money(amount: Decimal, currency: str) -> tuple[Any, Any]:
    return _NODE("Amt", f"{abs(amount):.2f}", Ccy=currency), _node("CdtDbtInd", "CRDT" if amount >= 0 else "DBIT")


def _balance(code: str, amount: Decimal, currency: str) -> Any:
    return _node("Bal", _node("Tp", _node("CdOrPrtry", _node("Cd", code))), *_money(amount, currency))


def _entry(line: Booked, currency: str) -> Any:
    side = "Dbtr" if line.amount > 0 else "Cdtr"
    account = [_node(f"{side}Acct", _node("Id", _node("IBAN", line.iban)))] if line.iban else []
    details = _node(
        "TxDtls",
        _node("RltdPties", _node(side, _node("Pty", _node("Nm", line.name))), *account),
        _node("RmtInf", _node("Ustrd", line.text)),
    )
    return _node(
        "Ntry",
        *_money(line.amount, currency),
        _node("Sts", _node("Cd", "BOOK")),
        _node("BookgDt", _node("Dt", line.day.isoformat())),
        _node("AcctSvcrRef", line.reference),
        _node("NtryDtls", details),
    )
