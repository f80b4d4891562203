"""Columns of a list of people, recognised by their headings in either language."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from common.refusals import Refused
from common.sheets.tables import Table


class NoAddresses(Refused):
    """Refusal of a list in which no column holds e-mail addresses."""

    message = _("No column of this list holds e-mail addresses. Give one of them the heading “E-mail”.")


@dataclass(frozen=True)
class Columns:
    """Fields of PersonRow by the position of their column. `headings` is the number of rows up to and with the row of
    headings, 0 for a list without. `unknown` are headings that name no field, `repeated` those that name a field once
    more: neither column is read."""

    fields: dict[int, str]
    headings: int
    unknown: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()


def columns_of(table: Table) -> Columns:
    """Recognise the columns of a list of people. Raises NoAddresses."""
    raise NoAddresses
