"""Changes to a cart. Every change locks the cart's row and, unless it only confirms units or keeps details, raises the
cart's version. No input is lost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from catalog.models.entries import Entry
from catalog.offers import buyability, offer_of
from catalog.selectors import entries_to_price, shopper_for
from common.plain_inserts import insert_row
from common.plain_rows import plain_row
from common.refusals import Refused
from common.templatetags.money import grouped
from common.words import in_words
from shop.cart.joining import Joined, join_lines
from shop.cart.limits import MAX_QUANTITY, MAX_UNITS_WITH_FORMS, units_beyond_limit
from shop.cart.lines import lines_of, units_of, with_entries
from shop.cart.micro_forms import MicroForm, Names, Typed, asked_of, version_of
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


class QuantityChanged(CartRefused):
    """Refusal because the quantity is no longer the one that the page showed. `now` is the one it has."""

    def __init__(self, *, entry_name: str, now: int) -> None:
        super().__init__(
            in_words(
                lambda: (
                    _(
                        "%(name)s: the quantity was changed elsewhere, to %(now)s. If you want another one, type it "
                        "again."
                    )
                    % {"name": entry_name, "now": grouped(now)}
                )
            )
        )
        self.now = now


class EntryRefused(CartRefused):
    """Refusal of an entry that cannot be bought, or not by this person."""

    code = "cart_entry_refused"


def find_cart(*, token: str | None, user: User | None) -> Cart | None:
    """Return the person's open cart; for a visitor, the open cart with this token if it belongs to no person. Else
    None."""
    if user is not None:
        return plain_row(Cart, "WHERE user_id = %s AND ordered_at IS NULL", [user.pk])
    if not token:
        return None
    return plain_row(Cart, "WHERE token = %s AND user_id IS NULL AND ordered_at IS NULL", [token])


def open_cart(*, token: str | None, user: User | None) -> Cart:
    """Return the cart that `find_cart` finds, created if there is none."""
    return find_cart(token=token, user=user) or _new_cart(user)


def lock_open_cart(*, token: str | None, user: User | None) -> Cart:
    """Return the cart that `open_cart` returns, locked until the transaction ends. Raises CartRefused."""
    return _lock(open_cart(token=token, user=user))


def _new_cart(user: User | None) -> Cart:
    if user is None:  # no other tab can make a visitor's
        cart = Cart()
        insert_row(cart)
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
    cart = find_cart(token=token, user=user)
    if cart is None and user is None:
        # Nobody else sees it yet: it is empty, and there is nothing to lock.
        cart, lines = _new_cart(user), []
    else:
        cart = _lock(cart or _new_cart(user))
        lines = _lines_with_fields(cart)
    _add(cart, lines, entry, quantity, user=user, now=now)
    return cart


@transaction.atomic
def add_to_cart(*, cart: Cart, entry: Entry, quantity: int, user: User | None, now: datetime) -> CartLine:
    """Add units of an entry to those already in the cart. Raises QuantityRefused, EntryRefused."""
    locked = _lock(cart)
    return _add(locked, _lines_with_fields(locked), entry, quantity, user=user, now=now)


def _add(
    locked: Cart, lines: list[CartLine], entry: Entry, quantity: int, *, user: User | None, now: datetime
) -> CartLine:
    line = next((each for each in lines if each.entry_id == entry.pk), None)
    if line is None and len(lines) >= MAX_LINES:
        raise EntryRefused(_("The cart is full. Place this order first, then begin another."))
    wanted = quantity + (line.quantity if line else 0)
    _check_quantity(quantity)
    _check_buyable(locked, entry, wanted, user=user, now=now, lines=lines)
    if line is None:
        line = CartLine(cart=locked, entry=entry, quantity=wanted)
        insert_row(line)
    else:
        line.quantity, line.units_confirmed = wanted, False
        line.save(update_fields=["quantity", "units_confirmed"])
    _touch(locked)
    return line


@transaction.atomic
def set_quantity(
    *, cart: Cart, line_id: int, quantity: int, user: User | None, now: datetime, seen: int | None = None
) -> None:
    """Change a line's quantity. Answers of units beyond it are kept until the quantity rises again.

    `seen` is the quantity on which the change is based, None for any. Raises QuantityChanged if it is no longer that,
    CartRefused.
    """
    locked = _lock(cart)
    lines = _lines_with_fields(locked)
    line = next((each for each in lines if each.pk == line_id), None)
    if line is None:
        raise _no_longer_there()
    _check_quantity(quantity)
    if quantity == line.quantity:
        return
    _check_seen(line, seen)
    _check_buyable(locked, line.entry, quantity, user=user, now=now, lines=lines)
    CartLine.objects.filter(pk=line.pk).update(quantity=quantity, units_confirmed=False)
    _touch(locked)


@transaction.atomic
def remove_line(*, cart: Cart, line_id: int, seen: int | None = None) -> None:
    """Remove a line from the cart; a line already removed is no error. Raises QuantityChanged unless its quantity is
    `seen` (None: whatever it is)."""
    locked = _lock(cart)
    line = locked.lines.select_related("entry").filter(pk=line_id).first()
    if line is not None:
        _check_seen(line, seen)
    if locked.lines.filter(pk=line_id).delete()[0]:
        _touch(locked)


@dataclass(frozen=True)
class MadeFrom:
    """Basis of a micro-form that was sent: the version of the answers it showed, and whether they came back as they
    were."""

    version: str
    is_as_shown: bool


@transaction.atomic
def save_units(
    *,
    cart: Cart,
    line_id: int,
    answers: Mapping[int, Mapping[str, Any]],
    fields: Mapping[int, Mapping[str, Any]] | None = None,
    made_from: Mapping[int, MadeFrom] | None = None,
    shown: int = 0,
) -> frozenset[int]:
    """Keep the raw input of micro-forms, valid or not: answers to the handler's form and to the entry's fields, by unit
    index.

    A unit with one part only has an empty other part. Indexes outside the quantity, and outside the `shown` units of
    the page that was sent, are ignored. With `made_from`, a unit changed since is not overwritten: what was not changed
    on the page stays as it is now, and the indexes of units changed on both sides are returned. Raises CartRefused.
    """
    locked = _lock(cart)
    line = _line(locked, line_id)
    typed = fields or {}
    limit = max(line.quantity, min(shown, MAX_UNITS_WITH_FORMS))
    rows = [
        CartUnit(
            line=line,
            index=index,
            answers=_bounded(answers.get(index, {})),
            fields=_bounded(typed.get(index, {})),
        )
        for index in sorted({*answers, *typed})
        if 0 <= index < limit
    ]
    changed: frozenset[int] = frozenset()
    if made_from is not None:
        rows, changed = _without_changed(line, rows, made_from)
    if rows:
        CartUnit.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=("line", "index"), update_fields=("answers", "fields")
        )
        _touch(locked)
    return changed


def _without_changed(
    line: CartLine, rows: list[CartUnit], made_from: Mapping[int, MadeFrom]
) -> tuple[list[CartUnit], frozenset[int]]:
    """Return the rows that may be written, and the indexes of those that somebody else has changed meanwhile."""
    kept = {unit.index: _version(unit) for unit in units_of([line.pk], indexes=[row.index for row in rows])}
    to_write, changed = [], set()
    for row in rows:
        basis, now = made_from[row.index], kept.get(row.index, "")
        if now == basis.version:
            to_write.append(row)
        elif not basis.is_as_shown and now != _version(row):
            changed.add(row.index)
    return to_write, frozenset(changed)


def _version(unit: CartUnit) -> str:
    return version_of(Typed(unit.answers, unit.fields))


@transaction.atomic
def copy_first_unit(*, cart: Cart, line_id: int, indexes: Iterable[int]) -> None:
    """Copy the answers of unit 1 to the units with these indexes, except blanks and what belongs to one unit alone."""
    locked = _lock(cart)
    line = _line(locked, line_id)
    kept = {unit.index: Typed(unit.answers, unit.fields) for unit in units_of([line.pk])}
    if 0 not in kept:
        return
    source = MicroForm(asked_of(offer_of(line.entry)), kept[0], Names()).to_copy
    targets = {index: kept.get(index, Typed({}, {})) for index in indexes if index > 0}
    save_units(
        cart=locked,
        line_id=line.pk,
        answers={index: {**typed.answers, **source.answers} for index, typed in targets.items()},
        fields={index: {**typed.fields, **source.fields} for index, typed in targets.items()},
    )


@transaction.atomic
def confirm_units(*, cart: Cart, line_id: int, quantity: int) -> bool:
    """Record that the customer has gone through all micro-forms; no effect, and False, if the line's quantity is no
    longer `quantity`."""
    locked = _lock(cart)
    return bool(CartLine.objects.filter(pk=line_id, cart=locked, quantity=quantity).update(units_confirmed=True))


@transaction.atomic
def save_details(*, cart: Cart, details: dict[str, Any]) -> None:
    """Keep the raw input of «your details». It changes no price, so the version stays."""
    locked = _lock(cart)
    Cart.objects.filter(pk=locked.pk).update(details=details, changed_at=Now())


@transaction.atomic
def join_carts(*, user: User, token: str | None) -> Joined | None:
    """Give a visitor's cart to a person at sign-in, or join its lines to the person's cart.

    Of an entry in both, one line stays, with the larger quantity: signing in never doubles a purchase. It keeps every
    unit typed in either, and gets as many units more as that needs, within the limits. Lines for which the joined cart
    has no room (lines or units) stay in the visitor's cart, with their answers; the visitor's cart is deleted when all
    lines have joined. Locks both carts; returns None if there is neither.
    """
    visitor = (
        Cart.objects.select_for_update(no_key=True).filter(token=token, user=None, ordered_at=None).first()
        if token
        else None
    )
    own = Cart.objects.select_for_update(no_key=True).filter(user=user, ordered_at=None).first()
    if visitor is None:
        return Joined(own) if own is not None else None
    if own is None:
        if _make_own(visitor, user):
            return Joined(visitor)
        own = Cart.objects.select_for_update(no_key=True).get(user=user, ordered_at=None)
    lines, waiting = join_lines(own=own, visitor=visitor, most_lines=MAX_LINES)
    if not waiting:
        visitor.delete()
    _touch(own)
    return Joined(own, lines)


def _make_own(cart: Cart, user: User) -> bool:
    """Give a visitor's cart to a person. Return False if another device or tab has just given the person a cart."""
    try:
        with transaction.atomic():
            Cart.objects.filter(pk=cart.pk).update(user=user, changed_at=Now())
    except IntegrityError:
        return False
    cart.user = user
    return True


def _lock(cart: Cart) -> Cart:
    locked = next(iter(Cart.objects.select_for_update(no_key=True).filter(pk=cart.pk, ordered_at__isnull=True)), None)
    if locked is None:
        raise CartRefused(_("This cart has already been ordered. Its order is in your list of orders."))
    return locked


def _line(cart: Cart, line_id: int) -> CartLine:
    line = plain_row(CartLine, "WHERE id = %s AND cart_id = %s", [line_id, cart.pk])
    if line is None:
        raise _no_longer_there()
    return line


def _no_longer_there() -> CartRefused:
    return CartRefused(_("This line is no longer in the cart."))


def _check_quantity(quantity: int) -> None:
    if quantity < 1:
        raise QuantityRefused(_("Quantity: type a whole number, 1 or more."))


def _check_seen(line: CartLine, seen: int | None) -> None:
    if seen is not None and seen != line.quantity:
        raise QuantityChanged(entry_name=line.entry.name, now=line.quantity)


def _lines_with_fields(cart: Cart) -> list[CartLine]:
    return with_entries(lines_of(cart), entries_to_price)


def _check_buyable(
    cart: Cart, entry: Entry, quantity: int, *, user: User | None, now: datetime, lines: list[CartLine]
) -> None:
    shopper = shopper_for(user or AnonymousUser(), by_staff=cart.entered_by_id is not None)
    verdict = buyability(entry=entry, shopper=shopper, quantity=quantity, now=now)
    if quantity > MAX_QUANTITY:
        limit = min(MAX_QUANTITY, verdict.offer.max_quantity or MAX_QUANTITY)
        raise QuantityRefused(_("Quantity: at most %(limit)s.") % {"limit": grouped(limit)})
    if not verdict.can_buy:
        raise EntryRefused(verdict.message)
    beside = [(offer_of(line.entry), line.quantity) for line in lines if line.entry_id != entry.pk]
    too_many = units_beyond_limit([*beside, (verdict.offer, quantity)])[-1]
    if too_many:
        raise QuantityRefused(too_many)


def _touch(cart: Cart) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE shop_cart SET version = version + 1, changed_at = statement_timestamp() WHERE id = %s", [cart.pk]
        )


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
