"""Tables as answers to a browser."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.http import FileResponse

from common.sheets.tables import SheetKind
from common.sheets.writing import Cells, write_sheet
from common.words import Text

CONTENT_TYPES = {
    SheetKind.CSV: "text/csv; charset=utf-8",
    SheetKind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def sheet_response(name: Text, kind: SheetKind, *, headings: Sequence[Text], rows: Iterable[Cells]) -> FileResponse:
    """Answer with a table as a file to save. `name` is the file's name without its ending, in words of any kind."""
    kind = SheetKind(kind)
    file = write_sheet(kind, headings=headings, rows=rows, title=str(name))
    return FileResponse(file, as_attachment=True, filename=f"{name}.{kind.value}", content_type=CONTENT_TYPES[kind])
