"""Rules across the units of a cart: those of the handlers, and answers that no two units of a line may have."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from handlers.contract import DraftLine, Handler, UnitErrors, Units, runs_of
from handlers.faults import HookBroken
from shop.cart.pricing import PricedLine
from shop.cart.services import CartRefused
from shop.cart.units import UnitError


class LineBroken(CartRefused):
    """Refusal of a line whose handler is broken. The customer takes it out of the cart to go on."""


def errors_across_units(lines: Sequence[PricedLine]) -> list[UnitError]:
    """Return the broken rules across units, at most one for each field of a unit. Raises LineBroken."""
    errors = cross_unit_errors(lines)
    blamed = {(error.line_id, error.index, error.field) for error in errors}
    twice = [error for line in lines for error in _given_twice(line)]
    return errors + [error for error in twice if (error.line_id, error.index, error.field) not in blamed]


def _given_twice(line: PricedLine) -> list[UnitError]:
    """Return an error at each unique answer that an earlier unit of the line has, whether its form is valid or not."""
    first: dict[tuple[str, str], int] = {}
    errors = []
    for index in sorted(line.units.typed):
        if index >= line.line.quantity or not line.units.exist:
            continue
        form = line.units.forms[index]
        for name, value in form.unique.items():
            number = first.setdefault((name, value), index) + 1
            if number <= index and name not in form.errors:
                said = _("Unit %(number)d has this already. Type something else for each unit.") % {"number": number}
                errors.append(UnitError(line.line.pk, index, name, said))
    return errors


def cross_unit_errors(lines: Sequence[PricedLine]) -> list[UnitError]:
    """Return the broken rules across units: each handler is called once, with all its lines of the cart.

    Units whose form is not valid are left out. Raises LineBroken if a handler cannot check its lines.
    """
    errors: list[UnitError] = []
    by_handler: dict[int, tuple[Handler, list[DraftLine]]] = {}
    for index, priced in enumerate(lines):
        handler = priced.offer.handler
        if handler is not None:
            draft = DraftLine(index, priced.line.entry.code, priced.offer.parameters, _valid_units(priced))
            by_handler.setdefault(id(handler), (handler, []))[1].append(draft)
    for handler, drafts in by_handler.values():
        try:
            handler.clean_units(drafts)
        except UnitErrors as wrong:
            errors += [
                UnitError(lines[error.line_index].line.pk, error.unit_index, error.field or None, str(error.message))
                for error in wrong.errors
            ]
        except HookBroken as broken:
            said = {"name": lines[drafts[0].index].entry_name, "problem": broken.message}
            raise LineBroken(_("%(name)s: %(problem)s") % said) from broken
    return errors


def _valid_units(priced: PricedLine) -> Units:
    return priced.units.contexts.without(runs_of(priced.units.invalid))
