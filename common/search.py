"""Texts in the form in which people search and sort them, in Python and in the database.

`normalise` and the expression `Normalised` make one text of one input, so that a query normalised in Python finds what
the columns of `search_column` and `sort_column` keep. The database writes these columns itself, whichever program or
statement writes the row. `Words` are the words of such a text, for the index by which a large table is searched. After
a change here a migration has to write columns and indexes anew.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar, cast

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.constants import LOOKUP_SEP
from django.db.models.functions import Coalesce, Left, NullIf
from django.db.models.lookups import Contains

from common.decimals import TWO_WAYS, read_decimal
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
# Signs between the words of a normalised text: whatever is neither letter nor digit.
_BETWEEN = "[\u0001-/:-@[-`{-¿×÷\u2000-\u206f\u20a0-\u20cf\u3000-\u303f]+"
# Postgres cuts off no word of its own accord, and keeps at most 2,046 bytes of one.
_LONGEST_WORD, _LONGEST_TEXT = 200, 20_000
DIGITS_OF_AMOUNTS = 10
_MONEY_WITH_BLANKS = r"\d{1,3}( \d{3})+([.,]\d{1,2})?( ?[€$£])?"

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


class Words(models.Func):
    """Words of a normalised text, without the signs between them."""

    template = (
        "array_to_tsvector(string_to_array(btrim(regexp_replace(regexp_replace("
        f"left(%(expressions)s, {_LONGEST_TEXT}), '{_BETWEEN}', ' ', 'g'), "
        f"'([^ ]{{{_LONGEST_WORD}}})[^ ]+', '\\1', 'g'), ' '), ' '))"
    )
    output_field = SearchVectorField()

    @property
    def columns(self) -> set[str]:
        leaves = cast("Iterable[Any]", self.flatten())
        return {each.name for each in leaves if hasattr(each, "name")}


class _Having(models.Func):
    """Condition that words begin as a query says."""

    template, arg_joiner = "(%(expressions)s::tsquery)", " @@ "
    output_field = models.BooleanField()


class Among(models.Func):
    """Condition that a key is one of an array."""

    template, arg_joiner = "(%(expressions)s))", " = ANY ("
    output_field = models.BooleanField()


def among(column: str, keys: models.QuerySet[Any]) -> models.Q:
    """Return the condition that a column holds one of the keys found by a search; prefer it to `__in`.

    Postgres takes any beginning of a word to be found in every fiftieth row, and reads whole tables to join so many. By
    this condition the keys are found first, and the rows looked up by them.
    """
    return models.Q(Among(models.F(column), ArraySubquery(keys, output_field=ArrayField(models.BigIntegerField()))))


def is_searched(rows: models.QuerySet[Any]) -> bool:
    """Tell whether rows are narrowed by keys that a search finds: how many these are nobody can estimate."""
    return any(isinstance(getattr(leaf, "lhs", None), Among) for leaf in rows.query.where.leaves())


def index_of_words(*columns: str, name: str) -> GinIndex:
    """Return the index by which `matching` finds rows of a large table: in one normalised column, or in the texts of
    several."""
    return GinIndex(Words(*columns) if columns == ("search_text",) else Words(Normalised(*columns)), name=name)


Also = Callable[[str], Iterable["models.QuerySet[Any]"]]


def matching(rows: Rows, query: str, *columns: str, also: Also | None = None) -> Rows:
    """Return the rows of which each word of a query is found in one of the columns, or by `also`; never a row twice.

    A column with an index of words (`index_of_words`) is searched by the beginnings of its words, any other by any
    part. Accents and case do not count in either of columns called `search_text` and of those with such an index, case
    alone does not in any other. A column written `=order_id` is found by its number, or by its amount of money. `also`
    returns keys of further rows for a word.
    """
    for word in words_of(query):
        keys = keys_by_word(rows.model, word, *columns, also=also)
        rows = rows.none() if keys is None else rows.filter(among("pk", keys))
    return rows


def keys_by_word(
    model: type[models.Model], word: str, *columns: str, also: Also | None = None
) -> models.QuerySet[Any] | None:
    """Return the keys of the rows that `matching` finds by a single word; None if there can be none."""
    found = [keys for column in columns if (keys := _keys(model, column, word)) is not None]
    if also is not None:
        found += also(word)
    return _together(found) if found else None


def matching_whole(rows: Rows, text: str, *columns: str, also: Also | None = None) -> Rows | None:
    """Return the rows with exactly this text in one of the columns, whatever its case; None if there is none.

    A text that can be no number, reference or address is not asked for.
    """
    typed = text.replace("\0", "").strip()
    if not columns or " " in typed or not re.search(r"[\d@]", typed):
        return None
    spellings = {typed, typed.lower(), typed.upper()}
    found = [_lean(rows.model).filter(**{f"{column}__in": spellings}).values("pk") for column in columns]
    if also is not None:
        found += also(typed.lower())
    keys = _together(found)
    return rows.filter(among("pk", keys)) if keys.exists() else None


def words_of(query: str) -> list[str]:
    """Return the words of a query that have a letter or digit; one that cannot be found if none has, none for ""."""
    typed = normalise(query)
    if re.fullmatch(_MONEY_WITH_BLANKS, typed):
        typed = typed.replace(" ", "")
    words = typed.split()
    return [word for word in words if _parts(word)][:SEARCH_WORDS_AT_MOST] or words[:1]


def _parts(word: str) -> list[str]:
    return [part[:_LONGEST_WORD] for part in re.split(_BETWEEN, word) if part]


def _lean(model: type[models.Model]) -> models.QuerySet[Any]:
    return model._base_manager.order_by()


def _together(found: list[models.QuerySet[Any]]) -> models.QuerySet[Any]:
    """Return one query of all keys: each part goes by an index of its own, which one condition with OR does not."""
    return found[0].union(*found[1:], all=True) if len(found) > 1 else found[0]


def _keys(model: type[models.Model], column: str, word: str) -> models.QuerySet[Any] | None:
    """Return the keys of the rows in which a word is found in a column; None if it cannot be there."""
    *path, name = column.lstrip("=").split(LOOKUP_SEP)
    fields, holder = [], cast("Any", model)
    for step in path:
        fields.append(holder._meta.get_field(step))
        holder = fields[-1].related_model
    condition = _number(holder, name, word) if column.startswith("=") else _text(holder, name, word)
    if condition is None:
        return None
    keys = _lean(holder).filter(condition).values("pk")
    if not path:
        return keys
    if not fields[0].one_to_many:
        return _lean(model).filter(among(LOOKUP_SEP.join(path), keys)).values("pk")
    # The rows on the other side name the key, so that the table itself is not read.
    parts = _lean(fields[0].related_model).filter(among(LOOKUP_SEP.join(path[1:]) or "pk", keys))
    return parts.values(fields[0].field.attname)


def _number(model: type[models.Model], name: str, word: str) -> models.Q | None:
    is_money = isinstance(model._meta.get_field(name), models.DecimalField)
    number = amount_sought(word) if is_money else whole_number(word)
    return None if number is None else models.Q(**{name: number})


def amount_sought(word: str) -> Decimal | None:
    """Return the amount of money in a word, None for any other. 1,234 can only mean 1234: no amount has three
    decimals."""
    try:
        number = read_decimal(word, places=2)
    except ValidationError as error:
        if error.code != TWO_WAYS:
            return None
        number = Decimal(re.sub("[^0-9]", "", word))
    return number if number.adjusted() < DIGITS_OF_AMOUNTS else None


def _text(model: type[models.Model], name: str, word: str) -> models.Q | None:
    words = words_index(model, name)
    if words is None:
        return models.Q(**{f"{name}__{'contains' if name == 'search_text' else 'icontains'}": word})
    parts = _parts(word)
    if not parts:
        return None
    begins = " & ".join([*(f"'{part}'" for part in parts[:-1]), f"'{parts[-1]}':*"])
    condition = models.Q(_Having(words, models.Value(begins)))
    # The index knows of no signs, nor of the order of the parts.
    return condition if parts == [word] else condition & models.Q(Contains(words.get_source_expressions()[0], word))


def words_index(model: type[models.Model], name: str) -> Words | None:
    """Return the expression of the index of words that a column has."""
    indexed = (each for index in model._meta.indexes for each in index.expressions if isinstance(each, Words))
    return next((each for each in indexed if name in each.columns), None)
