"""Rows pasted into the page of the micro-forms, put into the units of its line."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common.templatetags.money import grouped
from shop.cart.micro_forms import Typed, version_of
from shop.cart.services import MadeFrom, save_units
from shop.cart.units import UNTOUCHED
from shop.checkout.forms.pasted import LONGEST_PASTE, Pasted, PasteRefused, free_for, read_rows
from shop.checkout.views.state import checkout_to_keep


@dataclass(frozen=True)
class Pasting:
    """Units filled in, by index, and the rows that are left, as text."""

    filled: frozenset[int]
    rows_left: str


def paste_into(request: HttpRequest, line_id: int) -> Pasting | None:
    """Put the rows sent into the blank units of a line, or into all of them if the customer said so, and tell about it.

    None if no rows were sent. Raises CartRefused.
    """
    text = request.POST.get("rows", "").replace("\0", "")
    checkout = checkout_to_keep(request) if text.strip() else None
    line = next((each for each in checkout.lines_with_forms if each.line.pk == line_id), None) if checkout else None
    if checkout is None or line is None:
        return None
    try:
        pasted = read_rows(text, line.units.asked)
    except PasteRefused as refusal:
        messages.error(request, str(refusal))
        return Pasting(frozenset(), text[:LONGEST_PASTE])
    kept = line.units.typed
    indexes = free_for(
        len(pasted.units),
        kept,
        asked=line.units.asked,
        quantity=line.line.quantity,
        replaces=bool(request.POST.get("replace")),
    )
    units = {index: _over(kept.get(index, UNTOUCHED), row) for index, row in zip(indexes, pasted.units, strict=False)}
    changed = save_units(
        cart=checkout.cart,
        line_id=line_id,
        answers={index: unit.answers for index, unit in units.items()},
        fields={index: unit.fields for index, unit in units.items()},
        made_from={index: MadeFrom(version_of(kept.get(index, UNTOUCHED)), is_as_shown=False) for index in units},
    )
    left = [text for index, text in zip(indexes, pasted.texts, strict=False) if index in changed]
    left += pasted.texts[len(indexes) :]
    filled = frozenset(units) - changed
    _tell(request, pasted, filled=len(filled), left=len(left))
    return Pasting(filled, "\n".join(left))


def _over(kept: Typed, row: Typed) -> Typed:
    return Typed({**kept.answers, **row.answers}, {**kept.fields, **row.fields})


def _tell(request: HttpRequest, pasted: Pasted, *, filled: int, left: int) -> None:
    if filled:
        told = ngettext("One form was filled in.", "%(n)s forms were filled in.", filled) % {"n": grouped(filled)}
        messages.success(request, told)
    if pasted.unknown:
        unknown = ", ".join(heading[:40] for heading in pasted.unknown[:10])
        messages.warning(
            request, _("These columns are not asked for and were left out: %(names)s.") % {"names": unknown}
        )
    elif pasted.left_out:
        messages.warning(request, _("The rows had more columns than the form has fields. The last ones were left out."))
    if left:
        told = ngettext(
            "No blank form was left for one row: it is still in its field. Raise the quantity, or remove it.",
            "No blank form was left for %(n)s rows: they are still in their field. Raise the quantity, or remove them.",
            left,
        )
        messages.warning(request, told % {"n": grouped(left)})
