"""Micro-forms of the units in a cart: kept answers become forms, and valid forms become units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from django.core.exceptions import NON_FIELD_ERRORS

from catalog.offers import Offer
from handlers.contract import UnitContext, Units
from shop.cart.lines import units_of
from shop.cart.micro_forms import Asked, MicroForm, Names, Typed, asked_of, asked_of_buyer
from shop.cart.models import CartLine

if TYPE_CHECKING:
    from accounts.people.models import User

UNITS_PER_PAGE = 25
UNTOUCHED = Typed({}, {})


@dataclass(frozen=True)
class UnitError:
    """Error at one field of one micro-form. `field` is None if the whole form is meant; a field of the entry, not of
    the handler, has the prefix `fields.`."""

    line_id: int
    index: int
    field: str | None
    message: str


@dataclass(frozen=True)
class UnitForms:
    """Micro-forms of one cart line, bound to the input kept so far; empty if nothing is asked."""

    line: CartLine
    asked: Asked
    typed: dict[int, Typed]

    @property
    def exist(self) -> bool:
        return bool(self.asked)

    @cached_property
    def forms(self) -> tuple[MicroForm, ...]:
        """Bound forms by index, one per unit; units for which nothing was typed share one, which nobody may change."""
        if not self.asked:
            return ()
        forms = {index: self.form(index) for index in self.typed if index < self.line.quantity}
        blank = MicroForm(self.asked, UNTOUCHED, Names()) if len(forms) < self.line.quantity else None
        return tuple(form for index in range(self.line.quantity) if (form := forms.get(index, blank)) is not None)

    def form(self, index: int) -> MicroForm:
        return MicroForm(self.asked, self.typed.get(index, UNTOUCHED), Names())

    @cached_property
    def invalid(self) -> dict[int, MicroForm]:
        """Invalid forms by unit index."""
        return {index: form for index, form in enumerate(self.forms) if not form.is_valid()}

    @cached_property
    def contexts(self) -> Units:
        """Units as handlers see them; a unit with an invalid form has no answers."""
        answered = (UnitContext(index, form.answers, form.field_answers) for index, form in enumerate(self.forms))
        return Units.first(self.line.quantity, answered)

    def errors(self) -> list[UnitError]:
        """Return all errors within single forms."""
        return [
            UnitError(self.line.pk, index, None if name == NON_FIELD_ERRORS else name, str(message))
            for index, form in self.invalid.items()
            for name, messages in form.errors.items()
            for message in messages
        ]


def typed_of(lines: Sequence[tuple[CartLine, Offer]]) -> dict[int, dict[int, Typed]]:
    """Return the input kept for each line of a cart, by line and unit; entries come with loaded fields. One query, none
    if nothing is asked.

    Answers beyond the quantity, and answers to fields that are no longer asked, stay in the database.
    """
    typed: dict[int, dict[int, Typed]] = {line.pk: {} for line, _offer in lines}
    asking = [line.pk for line, offer in lines if asked_of(offer)]
    for unit in units_of(asking) if asking else ():
        typed[unit.line_id][unit.index] = Typed(unit.answers, unit.fields)
    return typed


def forms_of(line: CartLine, offer: Offer, typed: dict[int, Typed], *, user: User | None, now: datetime) -> UnitForms:
    """Return the forms of a line, with the choices that this person has. Raises HookBroken."""
    return UnitForms(line, asked_of_buyer(offer, user=user, typed=typed.values(), now=now), typed)
