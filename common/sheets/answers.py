"""Tables as answers to a browser."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from django.http import FileResponse

from common.answers import keep_nowhere
from common.sheets.tables import Cells, SheetKind
from common.sheets.writing import write_sheet
from common.typed import clean_line
from common.words import Text

CONTENT_TYPES = {
    SheetKind.CSV: "text/csv; charset=utf-8",
    SheetKind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_LONGEST_NAME = 80


def sheet_response(name: Text, kind: SheetKind, *, headings: Sequence[Text], rows: Iterable[Cells]) -> FileResponse:
    """Answer with a table as a file to save. `name` is the file's name without its ending, in words of any kind.

    The rows are written before the answer begins: an error among them is an error page, never half a file.
    """
    kind = SheetKind(kind)
    file = write_sheet(kind, headings=headings, rows=rows, title=str(name))
    answer = FileResponse(
        file, as_attachment=True, filename=f"{_safe(str(name))}.{kind.value}", content_type=CONTENT_TYPES[kind]
    )
    return keep_nowhere(answer)


def _safe(name: str) -> str:
    """Return a name of a file without signs that a file system, a shell or a header reads in its own way."""
    words = re.sub(r"[^\w ()-]+", " ", clean_line(name)).split()
    return "-".join(words)[:_LONGEST_NAME].strip("-") or "list"
