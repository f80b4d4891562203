"""Rows pasted into the page of the micro-forms, or sent with it as a file, put into the units of its line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common.templatetags.money import grouped
from shop.cart.micro_forms import Asked, MicroForm, Names, Typed, version_of
from shop.cart.services import MadeFrom, save_units
from shop.cart.units import UNTOUCHED
from shop.checkout.forms.pasted import (
    LONGEST_PASTE,
    Pasted,
    PastedRow,
    PasteRefused,
    free_for,
    read_file_of_rows,
    read_rows,
)
from shop.checkout.views.state import checkout_to_keep

# Rows and units that one message names.
NAMED_AT_MOST = 20


@dataclass(frozen=True)
class Pasting:
    """Units filled in, by index, and the rows that are left, as text."""

    filled: frozenset[int]
    rows_left: str


def paste_into(request: HttpRequest, line_id: int) -> Pasting | None:
    """Put the rows sent into the blank units of a line, or into all of them if the customer said so, and tell about it.

    Those of a file, if there is one; pasted rows stay in their field then. A person who is there already is not put in
    again. None if no rows were sent. Raises CartRefused.
    """
    text = request.POST.get("rows", "").replace("\0", "")
    upload = request.FILES.get("file")
    checkout = checkout_to_keep(request) if upload is not None or text.strip() else None
    line = next((each for each in checkout.lines_with_forms if each.line.pk == line_id), None) if checkout else None
    if checkout is None or line is None:
        return None
    asked, kept = line.units.asked, line.units.typed
    try:
        pasted = read_file_of_rows(upload, asked) if upload is not None else read_rows(text, asked)
    except PasteRefused as refusal:
        messages.error(request, str(refusal))
        return Pasting(frozenset(), text[:LONGEST_PASTE])
    replaces = bool(request.POST.get("replace"))
    quantity = line.line.quantity
    wanted, twins = _without_twins(pasted.rows, {} if replaces else kept, asked=asked, quantity=quantity)
    indexes = free_for(len(wanted), kept, asked=asked, quantity=quantity, replaces=replaces)
    put = dict(zip(indexes, wanted, strict=False))
    units = {index: _over(kept.get(index, UNTOUCHED), row.unit) for index, row in put.items()}
    changed = save_units(
        cart=checkout.cart,
        line_id=line_id,
        answers={index: unit.answers for index, unit in units.items()},
        fields={index: unit.fields for index, unit in units.items()},
        made_from={index: MadeFrom(version_of(kept.get(index, UNTOUCHED)), is_as_shown=False) for index in units},
    )
    left = [row for index, row in put.items() if index in changed] + wanted[len(put) :]
    filled = frozenset(units) - changed
    _tell(request, pasted, filled=len(filled), left=len(left), twins=twins)
    _tell_wrong(request, {index: units[index] for index in filled}, asked)
    still = pasted.text_of(sorted([*twins, *left], key=lambda row: row.line))
    return Pasting(filled, "\n".join(filter(None, [still, text.strip() if upload is not None else ""])))


def _over(kept: Typed, row: Typed) -> Typed:
    return Typed({**kept.answers, **row.answers}, {**kept.fields, **row.fields})


def _without_twins(
    rows: Sequence[PastedRow], kept: Mapping[int, Typed], *, asked: Asked, quantity: int
) -> tuple[list[PastedRow], list[PastedRow]]:
    """Return the rows to put in, and those that repeat what no two units may share: of another row, or of a unit."""
    seen = {
        told
        for index, typed in kept.items()
        if index < quantity
        for told in MicroForm(asked, typed, Names()).unique.items()
    }
    wanted: list[PastedRow] = []
    twins: list[PastedRow] = []
    for row in rows:
        own = set(MicroForm(asked, row.unit, Names()).unique.items())
        (twins if own & seen else wanted).append(row)
        seen |= own
    return wanted, twins


def _tell(request: HttpRequest, pasted: Pasted, *, filled: int, left: int, twins: Sequence[PastedRow]) -> None:
    if filled:
        told = ngettext("One form was filled in.", "%(n)s forms were filled in.", filled) % {"n": grouped(filled)}
        messages.success(request, told)
    if pasted.unknown:
        unknown = ", ".join(heading[:40] for heading in pasted.unknown[:10])
        messages.warning(
            request, _("These columns are not asked for and were left out: %(names)s.") % {"names": unknown}
        )
    if pasted.left_out:
        told = ngettext(
            "Row %(rows)s has more cells than there are columns: its last ones were left out.",
            "Rows %(rows)s have more cells than there are columns: their last ones were left out.",
            len(pasted.left_out),
        )
        messages.warning(request, told % {"rows": _named(pasted.left_out)})
    if twins:
        told = ngettext(
            "Row %(rows)s repeats what is there already: it is still in its field.",
            "Rows %(rows)s repeat what is there already: they are still in their field.",
            len(twins),
        )
        messages.warning(request, told % {"rows": _named([row.line for row in twins])})
    if left:
        told = ngettext(
            "No blank form was left for one row: it is still in its field. Raise the quantity, or remove it.",
            "No blank form was left for %(n)s rows: they are still in their field. Raise the quantity, or remove them.",
            left,
        )
        messages.warning(request, told % {"n": grouped(left)})


def _tell_wrong(request: HttpRequest, filled: Mapping[int, Typed], asked: Asked) -> None:
    """Name the units just filled in that cannot stay so; the fields themselves say why."""
    wrong = [index + 1 for index, typed in sorted(filled.items()) if not MicroForm(asked, typed, Names()).is_valid()]
    if wrong:
        told = ngettext(
            "Unit %(units)s is not in order yet: look at what is marked there.",
            "Units %(units)s are not in order yet: look at what is marked there.",
            len(wrong),
        )
        messages.warning(request, told % {"units": _named(wrong)})


def _named(numbers: Sequence[int]) -> str:
    named = ", ".join(map(str, numbers[:NAMED_AT_MOST]))
    return f"{named} …" if len(numbers) > NAMED_AT_MOST else named
