"""Refusals of files and texts that are no table, or too much of one."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.refusals import Refused
from common.sheets import limits
from common.words import in_words


class SheetRefused(Refused):
    """Refusal of a file or a text as a table. Nothing was read of it."""


class SheetTooLarge(SheetRefused):
    """Refusal of a file of too many bytes."""

    def __init__(self, most: limits.Most = limits.A_LIST) -> None:
        super().__init__(
            in_words(
                lambda: (
                    _(
                        "This file is larger than %(limit)d MB. Delete pictures and sheets that are not needed, or "
                        "split it."
                    )
                    % {"limit": most.size // limits.MEGABYTE}
                )
            )
        )


class SheetTooLong(SheetRefused):
    """Refusal of a table of too many rows."""

    def __init__(self, most: limits.Most = limits.A_LIST) -> None:
        super().__init__(
            in_words(
                lambda: _("A list has at most %(limit)d rows. Split this one into several.") % {"limit": most.rows}
            )
        )


class SheetTooWide(SheetRefused):
    """Refusal of a table of too many columns."""

    message = in_words(
        lambda: (
            _("A list has at most %(limit)d columns. Delete those that are not needed.") % {"limit": limits.MAX_COLUMNS}
        )
    )


class SheetExpands(SheetRefused):
    """Refusal of an XLSX file that holds far more than its size tells."""

    message = gettext_lazy(
        "This file holds far more than a list needs. Copy the rows into a new workbook and save it as XLSX or CSV."
    )


class BlankSheet(SheetRefused):
    """Refusal of a file or a text with nothing in it."""

    message = gettext_lazy("There is nothing in this list. Choose a file with people in it, or paste rows.")


class BrokenSheet(SheetRefused):
    """Refusal of a file that is damaged."""

    message = gettext_lazy(
        "This file is damaged or was cut off. Open it in a spreadsheet program and save it again, as XLSX or CSV."
    )


class NotATable(SheetRefused):
    """Refusal of a file of another kind."""

    message = gettext_lazy(
        "This file is neither CSV nor XLSX. Save the table in one of these formats and choose it again."
    )


class UnreadableRows(NotATable):
    """Refusal of pasted rows with signs in them that no text has."""

    message = gettext_lazy("These rows cannot be read. Copy them from the spreadsheet again.")


class PictureOfTable(NotATable):
    """Refusal of a picture."""

    message = gettext_lazy("This file is a picture. Save the table itself, as XLSX or CSV, and choose that file.")


class DocumentWithTable(NotATable):
    """Refusal of a PDF, a text document or a web page."""

    message = gettext_lazy("This file is a document, not a table. Paste its rows, or choose them saved as XLSX or CSV.")


class OldWorkbook(NotATable):
    """Refusal of the format of Excel before 2007."""

    message = gettext_lazy("This file has the old Excel format (.xls). Save it as XLSX or CSV and choose it again.")


class WorkbookWithMacros(NotATable):
    """Refusal of a workbook with programs in it."""

    message = gettext_lazy("This workbook has macros (.xlsm). Save it as XLSX without macros, or as CSV.")


class LockedWorkbook(NotATable):
    """Refusal of a workbook under a password."""

    message = gettext_lazy("This workbook is protected by a password. Save it without one and choose it again.")


class OpenQuote(SheetRefused):
    """Refusal of rows of which one has a quotation mark without its fellow. `line` is the row's number."""

    def __init__(self, line: int) -> None:
        self.line = line
        super().__init__(
            in_words(
                lambda: (
                    _(
                        "The quotation marks of row %(line)d cannot be understood. "
                        "A cell that begins with one ends with one, and those inside it are doubled."
                    )
                    % {"line": line}
                )
            )
        )


class RowCutOff(SheetRefused):
    """Refusal of a file that ends in the middle of a row. `line` is the row's number."""

    def __init__(self, line: int) -> None:
        self.line = line
        super().__init__(
            in_words(
                lambda: _("This file ends in the middle of row %(line)d. Save or download it again.") % {"line": line}
            )
        )
