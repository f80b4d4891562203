"""Rules across the units of a cart, which handlers keep."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.contract import DraftLine, Handler, UnitErrors
from shop.cart.pricing import PricedLine
from shop.cart.units import UnitError


def cross_unit_errors(lines: Sequence[PricedLine]) -> list[UnitError]:
    """Return the broken rules across units: each handler is called once, with all its lines of the cart."""
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
