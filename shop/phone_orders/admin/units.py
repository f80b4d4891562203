"""Answers to the micro-forms of a line, as staff type them for the customer."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from common.numbers import whole_number
from common.refusals import Refused
from shop.cart.pricing import PricedLine
from shop.cart.services import save_units
from shop.cart.units import UnitError
from shop.checkout.forms.units import UnitOnPage, UnitsPage, pages_of, sent_of, units_on
from shop.phone_orders.admin.forms import styled
from shop.phone_orders.models import PhoneOrder
from shop.phone_orders.services import entering


@dataclass(frozen=True)
class UnitsToType:
    """Page of micro-forms. `number` and `pages` count the pages of the line, from 1."""

    page: UnitsPage
    units: list[UnitOnPage]
    number: int
    pages: int
    title: str
    is_saved: bool = False

    @property
    def previous(self) -> int:
        return self.number - 1

    @property
    def next(self) -> int:
        return self.number + 1 if self.number < self.pages else 0


def units_page(request: HttpRequest, row: PhoneOrder, line_id: int) -> UnitsToType | None:
    """Return a page of the line's micro-forms; None if the line is gone or asks nothing. A POST keeps what was typed
    first, right or wrong; what somebody else typed meanwhile stays, and is told."""
    changed: frozenset[int] = frozenset()
    if request.method == "POST":
        line = _line(row, line_id)
        if line is None:
            return None
        sent = sent_of(line, request.POST)
        try:
            changed = save_units(
                cart=row.cart,
                line_id=line_id,
                answers={index: unit.answers for index, unit in sent.units.items()},
                fields={index: unit.fields for index, unit in sent.units.items()},
                made_from=sent.made_from,
                shown=sent.quantity_shown,
            )
        except Refused as refusal:
            messages.error(request, str(refusal))
    state = entering(row, now=timezone.now())
    line = next((each for each in state.checkout.lines_with_forms if each.line.pk == line_id), None)
    if line is None:
        return None
    pages = pages_of([line])
    number = min(whole_number(request.GET.get("page", ""), digits=5) or 1, len(pages))
    page = pages[number - 1]
    across: list[UnitError] = state.checkout.errors_across
    typed_here = {index: sent.units[index] for index in changed} if changed else {}
    units = units_on(page, across, typed_here=typed_here)
    for unit in units:
        for part in unit.form.parts:
            styled(part.fields.values())
    if changed:
        messages.warning(request, _("Some units were changed elsewhere meanwhile: look at them, then save again."))
    is_right = request.method == "POST" and not changed and not any(unit.form.errors for unit in units)
    title = _("Units of %(name)s") % {"name": line.entry_name}
    return UnitsToType(page, units, number, len(pages), title, is_saved=is_right)


def _line(row: PhoneOrder, line_id: int) -> PricedLine | None:
    lines = entering(row, now=timezone.now()).checkout.lines_with_forms
    return next((each for each in lines if each.line.pk == line_id), None)
