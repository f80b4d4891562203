"""Texts in the form in which people search and sort them, in Python and in the database.

`normalise` and the expression `Normalised` make one text of one input, so that a query normalised in Python finds what
the columns of `search_column` and `sort_column` keep. The database writes these columns itself, whichever program or
statement writes the row. After a change here a migration has to write them anew.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import models
from django.db.models.functions import Coalesce, Left, NullIf

from common.languages import languages, reader_language
from common.numbers import whole_number

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models.sql.compiler import SQLCompiler

# A longer query finds nothing more, and each word costs a comparison for each row.
SEARCH_WORDS_AT_MOST = 12

# Accents that a decomposition sets apart, and signs that nobody sees.
UNSEEN = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff"
_DROPPED = f"[{UNSEEN}\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_BLANKS = "[\u0001-\u0020\u007f-\u00a0\u1680\u2028\u2029]+"
# Letters that no decomposition takes apart although people type plain ones; apostrophes and dashes of all shapes.
_LIKE = {"øłđðħıς": "oldđhiσ", "‘’‛ʼ′`": "'" * 6, "‐‑‒–—―−": "-------"}
_SPELT_OUT = {"œ": "oe", "æ": "ae", "ß": "ss", "þ": "th"}
_FROM, _TO = "".join(_LIKE), "".join(_LIKE.values())

Rows = TypeVar("Rows", bound="models.QuerySet[Any]")


def normalise(text: str) -> str:
    """Return ``text`` without accents, case, ligatures, unseen signs or superfluous blanks; apostrophes straight."""
    lowered = unicodedata.normalize("NFKD", text.replace("\0", " ")).lower()
    bare = re.sub(_DROPPED, "", unicodedata.normalize("NFKD", lowered)).translate(str.maketrans(_FROM, _TO))
    for letter, spelt in _SPELT_OUT.items():
        bare = bare.replace(letter, spelt)
    return re.sub(_BLANKS, " ", bare).strip(" ")


class Normalised(models.Func):
    """`normalise` of the text columns given, joined by blanks; a missing text is an empty one."""

    output_field = models.TextField()

    def as_sql(
        self,
        compiler: SQLCompiler,
        connection: BaseDatabaseWrapper,
        function: str | None = None,
        template: str | None = None,
        arg_joiner: str | None = None,
        **extra_context: Any,
    ) -> tuple[str, tuple[str | int, ...]]:
        columns: list[str] = []
        params: tuple[str | int, ...] = ()
        for expression in self.source_expressions:
            sql, its_params = compiler.compile(expression)
            columns.append(f"coalesce({sql}, '')")
            params = (*params, *its_params)
        joined = " || ' ' || ".join(columns)
        bare = f"regexp_replace(normalize(lower(normalize({joined}, NFKD)), NFKD), '{_DROPPED}', '', 'g')"
        quoted_from, quoted_to = (each.replace("'", "''") for each in (_FROM, _TO))
        bare = f"translate({bare}, '{quoted_from}', '{quoted_to}')"
        for letter, spelt in _SPELT_OUT.items():
            bare = f"replace({bare}, '{letter}', '{spelt}')"
        return f"btrim(regexp_replace({bare}, '{_BLANKS}', ' ', 'g'), ' ')", params


def search_column(*columns: str) -> models.GeneratedField:
    """Return a column with the normalised text of others of its row, for `matching`."""
    return models.GeneratedField(
        expression=Normalised(*columns), output_field=models.TextField(), db_persist=True, editable=False
    )


def sort_column(*columns: str) -> models.GeneratedField:
    """Return a column by which names sort as people expect, É beside E, whatever the database's locale."""
    return models.GeneratedField(
        expression=Left(Normalised(*columns), 200),
        output_field=models.CharField(max_length=200),
        db_persist=True,
        editable=False,
    )


def in_name_order(field: str) -> Normalised:
    """Return the order of a translated field's texts in the reader's language; a text that is missing is borrowed."""
    columns = [f"{field}_{code}" for code in (reader_language(), *languages())]
    return Normalised(Coalesce(*(NullIf(column, models.Value("")) for column in columns), models.Value("")))


def matching(rows: Rows, query: str, *columns: str) -> Rows:
    """Return the rows of which each word of a query is found in one of the columns.

    Accents and case do not count in columns called `search_text`, case alone does not in any other. A column of whole
    numbers is written `=order_id` and found by its number.
    """
    for word in normalise(query).split()[:SEARCH_WORDS_AT_MOST]:
        found = models.Q(pk__in=[])
        for column in columns:
            if not column.startswith("="):
                lookup = "contains" if column.endswith("search_text") else "icontains"
                found |= models.Q(**{f"{column}__{lookup}": word})
            elif (number := whole_number(word)) is not None:
                found |= models.Q(**{column[1:]: number})
        rows = rows.filter(found)
    return rows
