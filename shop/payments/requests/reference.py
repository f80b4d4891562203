"""References of transfers: an order's number with check digits, found again in what people and banks make of it.

ISO 11649: `RF`, two check digits, then the digits of the order's number. Every wrong digit and every swap of two is
noticed. Letters that are taken for digits (O, I, L, S, B, Z) count as those, since a reference has no letters but RF.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_LOOKALIKES = str.maketrans("OQILZSB", "0011258")
# The serial number of a year has six digits, more once there are a million orders.
_SERIAL = range(6, 9)
_NUMBER = re.compile(r"(?<!\d)(20\d\d)[-‐-―−/. ](\d{6,8})(?!\d)")
_COMPACT = re.compile(r"(?=(\d\d)(20\d\d)(\d{6,8}))")


def reference_of(order_number: str) -> str:
    """Return the reference of an order, in groups of four as people copy it."""
    digits = re.sub(r"\D", "", order_number)
    plain = f"RF{_check_digits(digits)}{digits}"
    return " ".join(plain[at : at + 4] for at in range(0, len(plain), 4))


def find_reference(text: str) -> list[str]:
    """Return the numbers of the orders whose reference or number stands in a text, each once, in their order. Anything
    between and around the digits is overlooked; the orders need not exist."""
    found = [f"{year}-{serial}" for year, serial in _NUMBER.findall(text)]
    for check, year, serial in _windows(text):
        if _check_digits(year + serial) == check:
            found.append(f"{year}-{serial}")
    return list(dict.fromkeys(found))


def find_nearly(text: str) -> list[str]:
    """Return the numbers of the orders that may be meant by a text in which no reference is right: one digit is wrong,
    or two neighbours are swapped. To be compared with amounts; several for one text are usual."""
    found: dict[str, None] = {}
    for check, year, serial in _windows(text, any_year=True):
        for digits in _neighbours(check + year + serial):
            if digits[2:4] == "20" and _check_digits(digits[2:]) == digits[:2]:
                found[f"{digits[2:6]}-{digits[6:]}"] = None
    return list(found)


def _windows(text: str, *, any_year: bool = False) -> Iterator[tuple[str, str, str]]:
    compact = re.sub(r"[^A-Z0-9]", "", text.upper())
    # RF itself must not be read as a digit; other letters end a run of digits.
    digits = compact.replace("RF", "|").translate(_LOOKALIKES)
    pattern = re.compile(r"(?=(\d\d)(\d{4})(\d{6,8}))") if any_year else _COMPACT
    for match in pattern.finditer(digits):
        check, year, longest = match.groups()
        for length in _SERIAL:
            if length <= len(longest) and (length == _SERIAL.start or longest[0] != "0"):
                yield check, year, longest[:length]


def _neighbours(digits: str) -> Iterator[str]:
    for at, digit in enumerate(digits):
        for other in "0123456789":
            if other != digit:
                yield digits[:at] + other + digits[at + 1 :]
    for at in range(len(digits) - 1):
        if digits[at] != digits[at + 1]:
            yield digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]


def _check_digits(digits: str) -> str:
    """Return the check digits of a reference without letters. R and F count as 27 and 15."""
    return f"{98 - int(digits + '271500') % 97:02d}"
