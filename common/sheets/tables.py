"""Tables: rows of cells as text, whatever file or text they were read from."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models


class SheetKind(models.TextChoices):
    """Format of a file; the value is the ending of its name."""

    CSV = "csv", "CSV"
    XLSX = "xlsx", "Excel (XLSX)"


@dataclass(frozen=True)
class Row:
    """Row of a table. `line` is its number as a spreadsheet shows it, from 1; blank rows are counted."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """Rows with something in them, the first of them perhaps headings; never without a row.

    Cells are as typed, blanks at their ends included; a row may have fewer cells than another. `left_out` names further
    sheets of the file that hold something and were not read.
    """

    rows: tuple[Row, ...]
    left_out: tuple[str, ...] = ()
