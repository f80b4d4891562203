"""Micro-form of one unit: the questions of the handler, then those of the entry.

They are two Django forms side by side, each with its own names, so that no field of a merchant can disturb a handler's
form.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.forms import BoundField, Form
from django.forms.utils import ErrorList
from django.http import QueryDict

from catalog.entry_fields import fields_of
from catalog.entry_fields_form import FieldsForm
from catalog.offers import Offer
from common.fields import AddressField
from handlers.asked_fields import AskedField
from handlers.contract import Buyer, OfOneUnit, UniquePerUnit, answers_to_store

if TYPE_CHECKING:
    from accounts.people.models import User

# Prefix of the names of an entry's fields where fields of both forms are told apart by name.
FIELDS = "fields."


@dataclass(frozen=True)
class Asked:
    """Questions for each unit of an entry; false if there are none."""

    form_class: type[Form] | None = None
    fields: tuple[AskedField, ...] = ()
    units_may_be_blank: bool = False

    def __bool__(self) -> bool:
        return self.form_class is not None or bool(self.fields)


def asked_of(offer: Offer) -> Asked:
    """Return the questions for each unit of an offer's entry. No query if the fields of the entry are loaded."""
    return _asked(offer, offer.handler.UnitForm if offer.handler else None)


def asked_of_buyer(offer: Offer, *, user: User | None, typed: Iterable[Typed], now: datetime) -> Asked:
    """Like `asked_of`, with the choices that this person has; `typed` is the input kept so far. Queries of a handler
    that offers what is the buyer's, no others. Raises HookBroken."""
    handler = offer.handler
    if handler is None:
        return asked_of(offer)
    answers = [unit.answers for unit in typed]
    return _asked(offer, handler.unit_form(offer.parameters, buyer=Buyer(user), answers=answers, now=now))


def _asked(offer: Offer, form_class: type[Form] | None) -> Asked:
    handler = offer.handler
    return Asked(
        form_class=form_class,
        fields=fields_of(offer.entry),
        units_may_be_blank=handler is not None and handler.units_may_be_blank,
    )


@dataclass(frozen=True)
class Typed:
    """Raw input for one unit: the part of the handler and that of the entry."""

    answers: Mapping[str, Any]
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class Names:
    """Prefixes of the control names of one unit, for both parts."""

    own: str | None = None
    added: str | None = None


class MicroForm:
    """Form of one unit, bound to the raw input unless that is None.

    `own` is the handler's form, `added` that of the entry's fields; either is None if it asks nothing. If the handler
    sells units that are filled in later, a wholly blank form is valid even though fields of the entry are required.
    """

    def __init__(self, asked: Asked, typed: Typed | None, names: Names) -> None:
        self.asked = asked
        self.typed = typed or Typed({}, {})
        self.own: Form | None = None
        self.added: FieldsForm | None = None
        if asked.form_class is not None:
            data = None if typed is None else _data(typed.answers, names.own)
            self.own = asked.form_class(data, prefix=names.own, use_required_attribute=False)
        if asked.fields:
            data = None if typed is None else _data(typed.fields, names.added)
            self.added = FieldsForm(
                asked.fields,
                data,
                prefix=names.added,
                use_required_attribute=False,
                empty_permitted=asked.units_may_be_blank and (self.own is None or _is_blank(self.own)),
            )

    @property
    def parts(self) -> tuple[Form, ...]:
        return tuple(part for part in (self.own, self.added) if part is not None)

    @property
    def is_bound(self) -> bool:
        return any(part.is_bound for part in self.parts)

    def is_valid(self) -> bool:
        return all(part.is_valid() for part in self.parts)

    @property
    def answers(self) -> dict[str, Any]:
        """Handler's answers as an order keeps them; {} while the handler's form is invalid."""
        return _stored(self.own)

    @property
    def field_answers(self) -> dict[str, Any]:
        """Entry's answers as an order keeps them; {} while the form of the entry's fields is invalid."""
        return _stored(self.added)

    @property
    def addresses(self) -> set[str]:
        """Addresses of people in the handler's form, who are mailed when the unit is delivered; none while invalid."""
        if self.own is None or not self.own.is_valid():
            return set()
        fields = self.own.fields.items()
        typed = {self.own.cleaned_data.get(name) for name, field in fields if isinstance(field, AddressField)}
        return {address for address in typed if address}

    def __iter__(self) -> Iterator[BoundField]:
        for part in self.parts:
            yield from part

    @property
    def errors(self) -> dict[str, ErrorList]:
        """Errors by field name; a field of the entry has the prefix `fields.`."""
        own = dict(self.own.errors) if self.own else {}
        added = {f"{FIELDS}{name}": said for name, said in self.added.errors.items()} if self.added else {}
        return own | added

    def label_of(self, name: str | None) -> str:
        """Return the label of a field by its name in `errors`; "" for the whole form."""
        part, name = (self.added, name.removeprefix(FIELDS)) if name and name.startswith(FIELDS) else (self.own, name)
        return str(part[name].label) if part is not None and name in part.fields else ""

    def non_field_errors(self) -> ErrorList:
        return self.own.non_field_errors() if self.own else ErrorList()

    def add_error(self, name: str | None, message: str) -> None:
        """Add the error of a rule across units; `name` as in `errors`, None for the handler's form as a whole."""
        bare = (name or "").removeprefix(FIELDS)
        if name != bare and self.added is not None and bare in self.added.fields:
            self.added.add_error(bare, message)
        elif self.own is not None:
            self.own.add_error(name if name in self.own.fields else None, message)

    @property
    def is_blank(self) -> bool:
        """Tell whether nothing was typed: every field is empty or has its initial value."""
        return all(_is_blank(part) for part in self.parts if part.is_bound)

    @property
    def to_copy(self) -> Typed:
        """Raw input that may be copied into another unit: without blanks, and without what belongs to one unit."""
        return Typed(_to_copy(self.own, self.typed.answers), _to_copy(self.added, self.typed.fields))

    @property
    def unique(self) -> dict[str, str]:
        """Answers that no other unit of the line may have, as they are compared, by field name as in `errors`."""
        own = _unique(self.own)
        return own | {f"{FIELDS}{name}": value for name, value in _unique(self.added).items()}

    @property
    def may_be_blank(self) -> bool:
        """Tell whether every field may be left blank."""
        own_may = self.own is None or not _asks_something(self.own)
        return own_may and (self.asked.units_may_be_blank or self.added is None or not _asks_something(self.added))

    @property
    def hides_optional(self) -> bool:
        """Tell whether the entry's fields are shown without the mark "optional": all of them are optional."""
        return self.may_be_blank and not (self.added and _asks_something(self.added))


def _asks_something(part: Form) -> bool:
    return any(field.required for field in part.fields.values())


def _stored(part: Form | None) -> dict[str, Any]:
    if part is None or not part.is_valid():
        return {}
    # A handler's form says by itself what is stored, under its guard; that of the entry's fields is ours.
    to_store = getattr(part, "answers_to_store", None)
    return to_store() if to_store else answers_to_store(part.cleaned_data)


def _is_blank(form: Form) -> bool:
    """Tell whether every field is empty or still has its initial value."""
    for name, field in form.fields.items():
        value = _raw(form, name)
        at_first = form.get_initial_for_field(field, name)
        if value not in (None, "", [], False) and str(value).strip() not in ("", str(at_first)):
            return False
    return True


def _raw(form: Form, name: str) -> Any:
    return form.fields[name].widget.value_from_datadict(form.data, form.files, form.add_prefix(name))


def _to_copy(form: Form | None, typed: Mapping[str, Any]) -> dict[str, Any]:
    fields = form.fields.items() if form is not None else ()
    # Some widgets have several controls, named after the field: name_0, name_1.
    left_out = [name for name, field in fields if isinstance(field, OfOneUnit)]
    return {
        name: value
        for name, value in typed.items()
        if value not in (None, "", []) and not any(name == one or name.startswith(f"{one}_") for one in left_out)
    }


def _unique(form: Form | None) -> dict[str, str]:
    if form is None or not form.is_bound:
        return {}
    form.is_valid()
    names = [name for name, field in form.fields.items() if isinstance(field, UniquePerUnit)]
    values = {name: str(form.cleaned_data.get(name) or _raw(form, name) or "").strip().casefold() for name in names}
    return {name: value for name, value in values.items() if value}


def version_of(typed: Typed) -> str:
    """Return the fingerprint of raw input, by which a form says what it was made from; "" for none.

    Blanks and the spelling of line breaks, which browsers change, do not count.
    """
    told = [_told(typed.answers), _told(typed.fields)]
    if not any(told):
        return ""
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:24]


def _told(typed: Mapping[str, Any]) -> dict[str, list[str]]:
    lists = {name: value if isinstance(value, list | tuple) else [value] for name, value in typed.items()}
    texts = {name: ["\n".join(str(value or "").split("\r\n")).strip() for value in lists[name]] for name in lists}
    return {name: values for name, values in texts.items() if any(values)}


def _data(typed: Mapping[str, Any], prefix: str | None) -> QueryDict:
    """Return raw input as posted data."""
    data = QueryDict(mutable=True)
    for name, value in typed.items():
        data.setlist(f"{prefix}-{name}" if prefix else name, value if isinstance(value, list) else [value])
    return data
