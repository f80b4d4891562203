"""Printing: PDF/A-3A with the mark of UA-1, by typst. Equal input makes equal bytes."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from documents.pdf.factur_x import marked
from documents.pdf.fonts import for_typst

if TYPE_CHECKING:
    from typst import PDFStandard

TEMPLATES = Path(__file__).parent / "typst"
STANDARDS: list[PDFStandard] = ["a-3a", "ua-1"]


class NotPrinted(Exception):
    """A page that typst could not print, with the reason: a mistake in the template."""


def print_page(template: str, page: dict[str, Any], *, day: date, xml: bytes = b"") -> bytes:
    """Return a PDF of a template (`invoice-1`) and its page, dated midnight UTC of the day; with an XML, Factur-X.

    The texts of the page are printable (`documents.pdf.readable`). Raises NotPrinted.
    """
    # Loaded only where files are made.
    import typst

    midnight = datetime.combine(day, time(), tzinfo=UTC)
    inputs = {"page": json.dumps(page, ensure_ascii=False), "xml": xml.decode()}
    try:
        compiler = typst.Compiler(
            str(TEMPLATES / f"{template}.typ"), root=str(TEMPLATES), font_paths=for_typst(), sys_inputs=inputs
        )
        pdf = compiler.compile(format="pdf", pdf_standards=STANDARDS, timestamp=midnight)
    except RuntimeError as error:
        raise NotPrinted(str(error)) from error
    if not isinstance(pdf, bytes):
        raise NotPrinted("typst made no file")
    return marked(pdf) if xml else pdf
