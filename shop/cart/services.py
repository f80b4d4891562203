"""Changes to a cart. Every change locks the cart's row and, unless it only confirms units or keeps details, raises the
cart's version. No input is lost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from catalog.models.entries import Entry
from catalog.offers import buyability, offer_of
from catalog.selectors import entries_to_price, shopper_for
from common.refusals import Refused
from shop.cart.limits import MAX_QUANTITY, units_beyond_limit
from shop.cart.models import Cart, CartLine, CartUnit

if TYPE_CHECKING:
    from accounts.people.models import User

MAX_LINES = 50
MAX_ANSWERS = 60
MAX_ANSWER_LENGTH = 5_000


class CartRefused(Refused):
    """Refusal of a change to the cart."""


class QuantityRefused(CartRefused):
    """Refusal of the quantity."""


class EntryRefused(CartRefused):
    """Refusal of an entry that cannot be bought, or not by this person."""

    code = "cart_entry_refused"


def find_cart(*, token: str | None, user: User | None) -> Cart | None:
    """Return the person's open cart; for a visitor, the open cart with this token if it belongs to no person. Else
    None."""
    carts = Cart.objects.filter(ordered_at__isnull=True)
    if user is not None:
        return carts.filter(user=user).first()
    return carts.filter(token=token, user__isnull=True).first() if token else None


def open_cart(*, token: str | None, user: User | None) -> Cart:
    """Return the cart that `find_cart` finds, created if there is none."""
    cart = find_cart(token=token, user=user)
    if cart is not None:
        return cart
    try:
        with transaction.atomic():
            return Cart.objects.create(user=user)
    except IntegrityError:  # the other tab was first
        return Cart.objects.get(user=user, ordered_at__isnull=True)


@transaction.atomic
def fill_cart(*, token: str | None, user: User | None, entry: Entry, quantity: int, now: datetime) -> Cart:
    """Add units of an entry to the cart of this browser or person, created if there is none.

    Raises QuantityRefused, EntryRefused; then no cart is created either.
    """
    cart = open_cart(token=token, user=user)
    add_to_cart(cart=cart, entry=entry, quantity=quantity, user=user, now=now)
    return cart


@transaction.atomic
def add_to_cart(*, cart: Cart, entry: Entry, quantity: int, user: User | None, now: datetime) -> CartLine:
    """Add units of an entry to those already in the cart. Raises QuantityRefused, EntryRefused."""
    locked = _lock(cart)
    line = locked.lines.filter(entry=entry).first()
    if line is None and locked.lines.count() >= MAX_LINES:
        raise EntryRefused(_("The cart is full. Place this order first, then begin another."))
    wanted = quantity + (line.quantity if line else 0)
    _check_quantity(quantity)
    _check_buyable(locked, entry, wanted, user=user, now=now)
    if line is None:
        line = locked.lines.create(entry=entry, quantity=wanted)
    else:
        CartLine.objects.filter(pk=line.pk).update(quantity=wanted, units_confirmed=False)
    _touch(locked)
    line.refresh_from_db()
    return line


@transaction.atomic
def set_quantity(*, cart: Cart, line_id: int, quantity: int, user: User | None, now: datetime) -> None:
    """Change a line's quantity. Answers of units beyond it are kept until the quantity rises again. Raises
    CartRefused."""
    locked = _lock(cart)
    line = _line(locked, line_id)
    _check_quantity(quantity)
    if quantity == line.quantity:
        return
    _check_buyable(locked, line.entry, quantity, user=user, now=now)
    CartLine.objects.filter(pk=line.pk).update(quantity=quantity, units_confirmed=False)
    _touch(locked)


@transaction.atomic
def remove_line(*, cart: Cart, line_id: int) -> None:
    """Remove a line from the cart; a line already removed is no error."""
    locked = _lock(cart)
    if locked.lines.filter(pk=line_id).delete()[0]:
        _touch(locked)


@transaction.atomic
def save_units(
    *,
    cart: Cart,
    line_id: int,
    answers: Mapping[int, Mapping[str, Any]],
    fields: Mapping[int, Mapping[str, Any]] | None = None,
) -> None:
    """Keep the raw input of micro-forms, valid or not: answers to the handler's form and to the entry's fields, by unit
    index.

    A unit with one part only has an empty other part. Indexes outside the quantity are ignored.
    """
    locked = _lock(cart)
    line = _line(locked, line_id)
    typed = fields or {}
    rows = [
        CartUnit(
            line=line,
            index=index,
            answers=_bounded(answers.get(index, {})),
            fields=_bounded(typed.get(index, {})),
        )
        for index in sorted({*answers, *typed})
        if 0 <= index < line.quantity
    ]
    CartUnit.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=("line", "index"), update_fields=("answers", "fields")
    )
    _touch(locked)


@transaction.atomic
def copy_first_unit(*, cart: Cart, line_id: int, indexes: Iterable[int]) -> None:
    """Copy the answers of unit 1 to the units with these indexes."""
    locked = _lock(cart)
    line = _line(locked, line_id)
    first = line.units.filter(index=0).first()
    if first is not None:
        targets = [index for index in indexes if index > 0]
        save_units(
            cart=locked,
            line_id=line.pk,
            answers=dict.fromkeys(targets, first.answers),
            fields=dict.fromkeys(targets, first.fields),
        )


@transaction.atomic
def confirm_units(*, cart: Cart, line_id: int, quantity: int) -> None:
    """Record that the customer has gone through all micro-forms; no effect if the line's quantity is no longer
    `quantity`."""
    locked = _lock(cart)
    CartLine.objects.filter(pk=line_id, cart=locked, quantity=quantity).update(units_confirmed=True)


@transaction.atomic
def save_details(*, cart: Cart, details: dict[str, Any]) -> None:
    """Keep the raw input of «your details». It changes no price, so the version stays."""
    locked = _lock(cart)
    Cart.objects.filter(pk=locked.pk).update(details=details)


@transaction.atomic
def join_carts(*, user: User, token: str | None) -> Cart | None:
    """Give a visitor's cart to a person at sign-in, or join its lines to the person's cart.

    Of an entry in both, the line with more units stays, with its answers: signing in never doubles a purchase. Lines
    for which the joined cart has no room (lines or units) stay in the visitor's cart, with their answers; the visitor's
    cart is deleted when all lines have joined. Locks both carts; returns the person's, None if there is neither.
    """
    visitor = (
        Cart.objects.select_for_update(no_key=True).filter(token=token, user=None, ordered_at=None).first()
        if token
        else None
    )
    own = Cart.objects.select_for_update(no_key=True).filter(user=user, ordered_at=None).first()
    if visitor is None:
        return own
    if own is None:
        if _make_own(visitor, user):
            return visitor
        own = Cart.objects.select_for_update(no_key=True).get(user=user, ordered_at=None)
    if not _take_lines(own, visitor):
        visitor.delete()
    _touch(own)
    return own


def _take_lines(own: Cart, visitor: Cart) -> int:
    """Move the lines of one locked cart into another as far as its limits allow; return the number of lines left
    behind."""
    mine = {line.entry_id: line for line in own.lines.order_by("pk")}
    coming = list(visitor.lines.order_by("pk"))
    entries = entries_to_price({*mine, *(line.entry_id for line in coming)})
    waiting = 0
    for line in coming:
        held = mine.get(line.entry_id)
        if held is not None and held.quantity >= line.quantity:
            continue
        beside = [each for each in mine.values() if each != held]
        units = units_beyond_limit((offer_of(entries[each.entry_id]), each.quantity) for each in beside)
        # A line that takes the cart over the unit limit still joins and is shown with a problem; later sign-ins add no
        # more.
        if len(beside) >= MAX_LINES or any(units):
            waiting += 1
            continue
        if held is not None:
            held.delete()
        CartLine.objects.filter(pk=line.pk).update(cart=own)
        mine[line.entry_id] = line
    return waiting


def _make_own(cart: Cart, user: User) -> bool:
    """Give a visitor's cart to a person. Return False if another device or tab has just given the person a cart."""
    try:
        with transaction.atomic():
            Cart.objects.filter(pk=cart.pk).update(user=user)
    except IntegrityError:
        return False
    cart.user = user
    return True


def _lock(cart: Cart) -> Cart:
    locked = Cart.objects.select_for_update(no_key=True).filter(pk=cart.pk, ordered_at__isnull=True).first()
    if locked is None:
        raise CartRefused(_("This cart has already been ordered. Its order is in your list of orders."))
    return locked


def _line(cart: Cart, line_id: int) -> CartLine:
    lines: QuerySet[CartLine] = cart.lines.select_related("entry")
    line = lines.filter(pk=line_id).first()
    if line is None:
        raise CartRefused(_("This line is no longer in the cart."))
    return line


def _check_quantity(quantity: int) -> None:
    if not 1 <= quantity <= MAX_QUANTITY:
        raise QuantityRefused(_("Type a whole number, 1 or more."))


def _check_buyable(cart: Cart, entry: Entry, quantity: int, *, user: User | None, now: datetime) -> None:
    verdict = buyability(entry=entry, shopper=shopper_for(user or AnonymousUser()), quantity=quantity, now=now)
    if not verdict.can_buy:
        raise EntryRefused(verdict.message)
    others = cart.lines.exclude(entry=entry).select_related("entry").prefetch_related("entry__fields")
    beside = [(offer_of(line.entry), line.quantity) for line in others]
    too_many = units_beyond_limit([*beside, (verdict.offer, quantity)])[-1]
    if too_many:
        raise QuantityRefused(too_many)


def _touch(cart: Cart) -> None:
    Cart.objects.filter(pk=cart.pk).update(version=F("version") + 1)


def _bounded(answers: Mapping[str, Any]) -> dict[str, Any]:
    """Cut answers to MAX_ANSWERS, each to MAX_ANSWER_LENGTH characters, so that stored data is bounded whatever is
    posted."""
    kept = list(answers.items())[:MAX_ANSWERS]
    return {_cut(str(name))[:100]: _cut(value) for name, value in kept}


def _cut(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "")[:MAX_ANSWER_LENGTH]
    if isinstance(value, list | tuple):
        return [_cut(item) for item in value[:MAX_ANSWERS]]
    return value if isinstance(value, bool | int | float) or value is None else str(value)[:MAX_ANSWER_LENGTH]
