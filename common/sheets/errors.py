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

    message = in_words(
        lambda: (
            _("This file is larger than %(limit)d MB. Delete pictures and sheets that are not needed, or split it.")
            % {"limit": limits.MAX_BYTES // 1024**2}
        )
    )


class SheetTooLong(SheetRefused):
    """Refusal of a table of too many rows."""

    message = in_words(
        lambda: _("A list has at most %(limit)d rows. Split this one into several.") % {"limit": limits.MAX_ROWS}
    )


class SheetTooWide(SheetRefused):
    """Refusal of a table of too many columns."""

    message = in_words(
        lambda: (
            _("A list has at most %(limit)d columns. Delete those that are not needed.") % {"limit": limits.MAX_COLUMNS}
        )
    )


class BlankSheet(SheetRefused):
    """Refusal of a file or a text with nothing in it."""

    message = gettext_lazy("There is nothing in this list. Choose a file with people in it, or paste rows.")


class BrokenSheet(SheetRefused):
    """Refusal of a file that cannot be read."""

    message = gettext_lazy(
        "This file cannot be read. Open it in a spreadsheet program and save it again, as XLSX or CSV."
    )
