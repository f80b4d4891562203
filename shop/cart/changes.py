"""Changes to a cart that a form of its page asks for, each with the quantity that the page showed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _

from catalog.selectors import entries_to_price
from common.numbers import whole_number
from common.templatetags.money import grouped
from shop.cart.forms import QuantityField
from shop.cart.lines import lines_of, with_entries
from shop.cart.models import Cart, CartLine
from shop.cart.services import CartRefused, QuantityChanged, remove_line, set_quantity

if TYPE_CHECKING:
    from accounts.people.models import User


@dataclass
class Taken:
    """Outcome of a form: the input and the reason of each change refused, by line id; `told` are sentences about what
    was changed elsewhere, of the lines in `moved`. `lines_differ`: the page showed other lines."""

    refused: dict[int, tuple[str, str]] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    moved: set[int] = field(default_factory=set)
    lines_differ: bool = False


def take_changes(data: QueryDict, *, cart: Cart, user: User | None, now: datetime, removes: bool = True) -> Taken:
    """Make the changes that can be made, none of a line that was changed elsewhere since the page was shown. Without
    `removes` no line is removed, whatever the form says."""
    taken = Taken()
    lines = lines_of(cart)
    if any(_typed(data, line) is not None for line in lines):
        lines = with_entries(lines, entries_to_price)
    removing = data.get("remove", "") if removes else ""
    for line in lines:
        try:
            if removing == str(line.pk):
                remove_line(cart=cart, line_id=line.pk, seen=_seen(data, line))
            else:
                _take_quantity(data, line, taken, cart=cart, user=user, now=now)
        except QuantityChanged as changed:
            taken.moved.add(line.pk)
            if removing == str(line.pk):
                taken.told.append(str(changed))
            else:
                taken.refused[line.pk] = (data.get(f"quantity-{line.pk}", "").strip()[:20], str(changed))
        except CartRefused as refusal:
            taken.refused[line.pk] = (data.get(f"quantity-{line.pk}", "")[:20], str(refusal))
    shown = {name.removeprefix("seen-") for name in data if name.startswith("seen-")}
    there = {str(line.pk) for line in lines}
    if shown - there - {removing}:
        taken.told.append(_("An entry is no longer in the cart: it was removed elsewhere."))
    taken.lines_differ = bool(shown) and shown != there
    return taken


def _seen(data: QueryDict, line: CartLine) -> int | None:
    """Return the quantity that the page showed for a line; None if the form does not say it."""
    return whole_number(data.get(f"seen-{line.pk}", ""), digits=9)


def _typed(data: QueryDict, line: CartLine) -> str | None:
    """Return the quantity typed for a line; None if it is the line's own, or the form does not say it."""
    typed = data.get(f"quantity-{line.pk}")
    return None if typed is None or typed.strip() == str(line.quantity) else typed


def _take_quantity(
    data: QueryDict, line: CartLine, taken: Taken, *, cart: Cart, user: User | None, now: datetime
) -> None:
    """Change the quantity of a line to the one typed. Raises CartRefused."""
    typed, seen = _typed(data, line), _seen(data, line)
    if typed is None:
        return
    if seen is not None and typed.strip() == str(seen):  # not changed on this page
        told = _("%(name)s: the quantity was changed elsewhere, to %(now)s.")
        taken.told.append(told % {"name": line.entry.name, "now": grouped(line.quantity)})
        taken.moved.add(line.pk)
        return
    try:
        quantity = QuantityField().clean(typed)
    except ValidationError as error:
        taken.refused[line.pk] = (typed[:20], error.messages[0])
        return
    set_quantity(cart=cart, line_id=line.pk, quantity=quantity, user=user, now=now, seen=seen)
