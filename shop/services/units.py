"""One micro-form per unit bought: how the answers kept in a cart become forms, and forms become units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.core.exceptions import NON_FIELD_ERRORS
from django.forms import Form
from django.http import QueryDict

from handlers.contract import DraftLine, Handler, UnitContext, UnitErrors, answers_to_store
from shop.models import CartLine
from shop.services.errors import UnitError

if TYPE_CHECKING:
    from shop.services.pricing import PricedLine

UNITS_PER_PAGE = 25


@dataclass(frozen=True)
class UnitForms:
    """The micro-forms of one cart line, bound to the answers kept so far; no forms where the entry asks nothing."""

    line: CartLine
    form_class: type[Form] | None
    answers: dict[int, dict[str, Any]]

    @property
    def exist(self) -> bool:
        return self.form_class is not None

    @cached_property
    def forms(self) -> tuple[Form, ...]:
        """One bound form per unit, by index."""
        if self.form_class is None:
            return ()
        return tuple(bound_form(self.form_class, self.answers.get(index, {})) for index in range(self.line.quantity))

    @cached_property
    def invalid(self) -> dict[int, Form]:
        """The forms that are not right yet, by index."""
        return {index: form for index, form in enumerate(self.forms) if not form.is_valid()}

    @cached_property
    def contexts(self) -> tuple[UnitContext, ...]:
        """The units as handlers see them; a unit that is not valid yet has no answers."""
        if self.form_class is None:
            return tuple(UnitContext(0, index) for index in range(self.line.quantity))
        return tuple(
            UnitContext(0, index, answers_to_store(form.cleaned_data) if form.is_valid() else {})
            for index, form in enumerate(self.forms)
        )

    def errors(self) -> list[UnitError]:
        """Everything wrong within single forms."""
        return [
            UnitError(self.line.pk, index, None if field == NON_FIELD_ERRORS else field, str(message))
            for index, form in self.invalid.items()
            for field, messages in form.errors.items()
            for message in messages
        ]


def unit_forms(line: CartLine, handler: Handler | None) -> UnitForms:
    """The forms of a cart line whose units are loaded. Answers beyond the quantity wait unseen."""
    form_class = handler.UnitForm if handler else None
    answers = {unit.index: unit.answers for unit in line.units.all()} if form_class else {}
    return UnitForms(line, form_class, answers)


def bound_form(form_class: type[Form], answers: dict[str, Any]) -> Form:
    """A micro-form holding kept answers, as if they had just been posted."""
    data = QueryDict(mutable=True)
    for name, value in answers.items():
        data.setlist(name, value if isinstance(value, list) else [value])
    return form_class(data)


def cross_unit_errors(lines: Sequence[PricedLine]) -> list[UnitError]:
    """What breaks a rule across units: each handler is asked once, with all its lines of the cart."""
    errors: list[UnitError] = []
    by_handler: dict[int, tuple[Handler, list[DraftLine]]] = {}
    for index, priced in enumerate(lines):
        handler = priced.offer.handler
        if handler is not None:
            draft = DraftLine(index, priced.line.entry.code, priced.offer.parameters, priced.units.contexts)
            by_handler.setdefault(id(handler), (handler, []))[1].append(draft)
    for handler, drafts in by_handler.values():
        try:
            handler.clean_units(drafts)
        except UnitErrors as wrong:
            errors += [
                UnitError(lines[error.line_index].line.pk, error.unit_index, error.field or None, str(error.message))
                for error in wrong.errors
            ]
    return errors
