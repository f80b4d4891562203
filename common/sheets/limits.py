"""Sizes up to which a table is read: every one bounds the memory and the time that a file may cost."""

from dataclasses import dataclass

MEGABYTE = 1024**2

# Within the largest body of a form (project/door/limits.py); a list of 5,000 people has a quarter of it.
MAX_BYTES = 2 * MEGABYTE
# Besides one of headings.
MAX_ROWS = 5_000
# Number of the last row of a sheet that may hold something: blank rows may stand between others.
MAX_LINE = 10_000
MAX_COLUMNS = 100


@dataclass(frozen=True, kw_only=True)
class Most:
    """Most that tables of a kind may hold: bytes, rows besides one of headings, and the number of the last row with
    something in it."""

    size: int = MAX_BYTES
    rows: int = MAX_ROWS
    last_row: int = MAX_LINE


A_LIST = Most()

# Of an XLSX file, which is a zip archive of XML parts: parts in all, and of those that are read their bytes, elements
# and cells from the first to the last one of each sheet. A list of 5,000 people in 20 columns has far less.
MAX_PARTS = 1_000
MAX_INFLATED = 30 * MEGABYTE
MAX_ELEMENTS = 1_500_000
MAX_AREA = 2_000_000
# Further sheets are told, not looked at.
MAX_SHEETS = 10
