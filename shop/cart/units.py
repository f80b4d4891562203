"""One micro-form per unit bought: how the answers kept in a cart become forms, and forms become units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from django.core.exceptions import NON_FIELD_ERRORS

from catalog.offers import Offer
from handlers.contract import UnitContext, Units
from shop.cart.micro_forms import Asked, MicroForm, Names, Typed, asked_of
from shop.cart.models import CartLine, CartUnit

UNITS_PER_PAGE = 25
UNTOUCHED = Typed({}, {})


@dataclass(frozen=True)
class UnitError:
    """An error at one field of one micro-form. `field` is None when the whole form is meant;
    a field of the entry, not of the handler, has `fields.` before its name."""

    line_id: int
    index: int
    field: str | None
    message: str


@dataclass(frozen=True)
class UnitForms:
    """The micro-forms of one cart line, bound to what was typed so far; no forms where nothing is asked."""

    line: CartLine
    asked: Asked
    typed: dict[int, Typed]

    @property
    def exist(self) -> bool:
        return bool(self.asked)

    @cached_property
    def forms(self) -> tuple[MicroForm, ...]:
        """One bound form per unit, by index."""
        if not self.asked:
            return ()
        return tuple(self.form(index) for index in range(self.line.quantity))

    def form(self, index: int) -> MicroForm:
        return MicroForm(self.asked, self.typed.get(index, UNTOUCHED), Names())

    @cached_property
    def invalid(self) -> dict[int, MicroForm]:
        """The forms that are not right yet, by index."""
        return {index: form for index, form in enumerate(self.forms) if not form.is_valid()}

    @cached_property
    def contexts(self) -> Units:
        """The units as handlers see them; a unit whose form is not right yet has no answers."""
        answered = (UnitContext(index, form.answers, form.field_answers) for index, form in enumerate(self.forms))
        return Units.first(self.line.quantity, answered)

    def errors(self) -> list[UnitError]:
        """Everything wrong within single forms."""
        return [
            UnitError(self.line.pk, index, None if name == NON_FIELD_ERRORS else name, str(message))
            for index, form in self.invalid.items()
            for name, messages in form.errors.items()
            for message in messages
        ]


def forms_of(lines: Sequence[tuple[CartLine, Offer]]) -> list[UnitForms]:
    """The forms of each line of a cart, the fields of whose entries are loaded. One query, none where nothing is asked.

    Answers beyond the quantity wait unseen, and so do those to fields that are no longer asked.
    """
    asked = {line.pk: asked_of(offer) for line, offer in lines}
    typed: dict[int, dict[int, Typed]] = {pk: {} for pk in asked}
    asking = [pk for pk, what in asked.items() if what]
    for unit in CartUnit.objects.filter(line__in=asking) if asking else ():
        typed[unit.line_id][unit.index] = Typed(unit.answers, unit.fields)
    return [UnitForms(line, asked[line.pk], typed[line.pk]) for line, _offer in lines]
