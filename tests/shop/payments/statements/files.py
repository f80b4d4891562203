"""Files of banks, as banks write them."""

from __future__ import annotations

import io
import zipfile

IBAN = "FR7630006000011234567890189"


def entry(
    amount: str = "120.00",
    *,
    text: str = "",
    ref: str = "",
    day: str = "2026-11-27",
    side: str = "CRDT",
    name: str = "ATELIERS ROY",
    extra: str = "",
    details: str | None = None,
    status: str = "<Sts><Cd>BOOK</Cd></Sts>",
) -> str:
    told = detail(text=text, name=name) if details is None else details
    return (
        f'<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd>{extra}{status}'
        f"<BookgDt><Dt>{day}</Dt></BookgDt>{f'<AcctSvcrRef>{ref}</AcctSvcrRef>' if ref else ''}"
        f"<NtryDtls>{told}</NtryDtls></Ntry>"
    )


def detail(*, text: str = "", name: str = "ATELIERS ROY", amount: str = "", ref: str = "") -> str:
    own = f"<Refs><AcctSvcrRef>{ref}</AcctSvcrRef></Refs>" if ref else ""
    own += f'<AmtDtls><TxAmt><Amt Ccy="EUR">{amount}</Amt></TxAmt></AmtDtls>' if amount else ""
    return (
        f"<TxDtls>{own}<RltdPties><Dbtr><Pty><Nm>{name}</Nm></Pty></Dbtr>"
        f"<DbtrAcct><Id><IBAN>FR76 3000 1007 9412 3456 7890 185</IBAN></Id></DbtrAcct></RltdPties>"
        f"<RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls>"
    )


def statement(*entries: str, opening: str = "1000.00", closing: str = "1120.00", iban: str = IBAN) -> str:
    def balance(code: str, amount: str) -> str:
        return (
            f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
            f'<Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>'
        )

    return (
        f"<Stmt><Id>S1</Id><Acct><Id><IBAN>{iban}</IBAN></Id><Ccy>EUR</Ccy></Acct>"
        f"{balance('OPBD', opening)}{balance('CLBD', closing)}{''.join(entries)}</Stmt>"
    )


def camt(*statements: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>'
        f"<GrpHdr><MsgId>M1</MsgId></GrpHdr>{''.join(statements)}</BkToCstmrStmt></Document>"
    ).encode()


def zipped(*files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, content in enumerate(files, 1):
            archive.writestr(f"statement{number}.xml", content)
    return out.getvalue()
