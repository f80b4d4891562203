"""Extensions put into a cart."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.http import HttpRequest

from catalog.models.entries import Entry
from enrolments.extension.targets import find_targets
from handlers.contract import Buyer
from shop.cart.current import current_cart, put_into_cart, signed_in
from shop.cart.lines import units_of
from shop.cart.models import CartLine
from shop.cart.services import save_units


@transaction.atomic
def put_extensions_into_cart(request: HttpRequest, entry: Entry, keys: Sequence[str]) -> int:
    """Add a unit of an entry that extends for each key of a target, its form filled in; return the number added.

    Keys of other accounts, and targets that a unit in the cart picks already, are left out. Raises CartRefused; then
    nothing is added. Locks the cart.
    """
    found = find_targets(keys, account_ids=Buyer(signed_in(request)).accounts())
    wanted = [key for key in keys if key in found]
    kept = _line(request, entry)
    first = kept.quantity if kept is not None else 0
    if kept is not None:
        picked = {str(unit.answers.get("target")) for unit in units_of([kept.pk]) if unit.index < first}
        wanted = [key for key in wanted if key not in picked]
    if not wanted:
        return 0
    put_into_cart(request, entry, len(wanted))
    cart, line = current_cart(request), _line(request, entry)
    assert cart is not None
    assert line is not None
    first = line.quantity - len(wanted)
    save_units(cart=cart, line_id=line.pk, answers={first + place: {"target": key} for place, key in enumerate(wanted)})
    return len(wanted)


def _line(request: HttpRequest, entry: Entry) -> CartLine | None:
    cart = current_cart(request)
    return CartLine.objects.filter(cart=cart, entry=entry).first() if cart is not None else None
