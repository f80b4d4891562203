"""Life-cycle messages of invoices (UN/CEFACT CDAR), as buyers' platforms send them."""

from __future__ import annotations

import re
from datetime import datetime

from lxml import etree

from shop.papers.platforms.port import Progress, Told

# Status codes of the reform. Those that are not named, such as *put on hold* (208), change no progress.
PROGRESS = {
    "200": Progress.DEPOSITED,
    "201": Progress.DEPOSITED,
    "202": Progress.RECEIVED,
    "203": Progress.RECEIVED,
    "204": Progress.RECEIVED,
    "205": Progress.APPROVED,
    "206": Progress.APPROVED,
    "210": Progress.REFUSED,
    "211": Progress.PAID,
    "212": Progress.PAID,
    "213": Progress.REFUSED,
}
_CODE = re.compile(r"[0-9]{3}")
_REASON = re.compile(r"[A-Z0-9_]{1,40}")
_LONGEST_NUMBER = 35


def read_message(content: bytes, *, at: datetime) -> list[Told]:
    """Return the news of a message, one for each invoice that it is about; [] for one that cannot be read."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError:
        return []
    found = root.iterfind(".//{*}ReferenceReferencedDocument")
    return [told for document in found if (told := _told(document, at)) is not None]


def _told(document: etree._Element, at: datetime) -> Told | None:
    number = (document.findtext("{*}IssuerAssignedID") or "").strip()
    code = (document.findtext("{*}ProcessConditionCode") or "").strip()
    if not 0 < len(number) <= _LONGEST_NUMBER or not _CODE.fullmatch(code):
        return None
    reasons = [(each.text or "").strip() for each in document.iterfind(".//{*}ReasonCode")]
    known = [reason for reason in dict.fromkeys(reasons) if _REASON.fullmatch(reason)]
    return Told(at=at, progress=PROGRESS.get(code), code=code, reasons=" ".join(known)[:120], number=number)
