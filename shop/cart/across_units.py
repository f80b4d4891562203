"""Rules across the units of a cart, which handlers keep."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from handlers.contract import DraftLine, Handler, UnitErrors
from handlers.faults import HookBroken
from shop.cart.pricing import PricedLine
from shop.cart.services import CartRefused
from shop.cart.units import UnitError


class LineBroken(CartRefused):
    """Refusal of a line whose handler is broken. The customer takes it out of the cart to go on."""


def cross_unit_errors(lines: Sequence[PricedLine]) -> list[UnitError]:
    """Return the broken rules across units: each handler is called once, with all its lines of the cart.

    Raises LineBroken if a handler cannot check its lines.
    """
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
        except HookBroken as broken:
            said = {"name": lines[drafts[0].index].entry_name, "problem": broken.message}
            raise LineBroken(_("%(name)s: %(problem)s") % said) from broken
    return errors
