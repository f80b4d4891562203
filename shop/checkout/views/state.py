"""Progress of a checkout, read once per request by the steps and their pages."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from django.http import HttpRequest
from django.utils import timezone

from catalog.selectors import entries_to_price
from shop.cart.across_units import errors_across_units
from shop.cart.current import current_cart, signed_in
from shop.cart.models import Cart
from shop.cart.pricing import PricedCart, PricedLine, entries_lately, price_cart
from shop.cart.units import UnitError
from shop.checkout.forms.details import DetailsForm, details_form
from shop.pages.frame import site_of

if TYPE_CHECKING:
    from accounts.people.models import User
    from catalog.models.entries import Entry


class Checkout:
    """Cart on its way to an order, with the person (or visitor) who fills it in."""

    def __init__(self, *, priced: PricedCart, user: User | None, now: datetime) -> None:
        self.priced = priced
        self.user = user
        self.now = now

    @property
    def cart(self) -> Cart:
        return self.priced.cart

    @property
    def can_be_ordered(self) -> bool:
        """Tell whether the cart has lines, and none has a problem."""
        return bool(self.priced.lines) and not self.priced.has_problems

    @cached_property
    def lines_with_forms(self) -> list[PricedLine]:
        """Lines whose units have micro-forms."""
        return [line for line in self.priced.lines if line.units.exist]

    @cached_property
    def unit_errors(self) -> list[UnitError]:
        """Errors of the micro-forms, and of rules across units."""
        single = [error for line in self.lines_with_forms for error in line.units.errors()]
        return single + self.errors_across

    @cached_property
    def errors_across(self) -> list[UnitError]:
        """Errors of rules across units."""
        return errors_across_units(self.priced.lines)

    @cached_property
    def details_form(self) -> DetailsForm | None:
        """Form «Your details» with the input kept, None if there is none."""
        kept = self.cart.details
        return details_form(kept, user=self.user, entries=self.entries) if kept else None

    @property
    def entries(self) -> list[Entry]:
        return [line.line.entry for line in self.priced.lines]

    def with_details(self, kept: dict[str, str], form: DetailsForm) -> Checkout:
        """Return the checkout with the details just kept, and their form."""
        self.cart.details = kept
        later = Checkout(priced=self.priced, user=self.user, now=self.now)
        later.details_form = form
        return later


def checkout_of(request: HttpRequest) -> Checkout | None:
    """Return the checkout of the cart of this browser or person; None if it is empty or a line has a problem."""
    checkout = checkout_to_keep(request)
    return checkout if checkout is not None and checkout.can_be_ordered else None


def checkout_to_keep(request: HttpRequest, *, is_only_shown: bool = False) -> Checkout | None:
    """Return the checkout in which input is kept, even while nothing can be ordered; None without a cart.

    `is_only_shown`: for a page on which nothing is decided, so that its prices may be some seconds old.
    """
    cart, user, now = current_cart(request), signed_in(request), timezone.now()
    if cart is None:
        return None
    entries = entries_lately if is_only_shown else entries_to_price
    priced = price_cart(cart, user=user, now=now, entries=entries)
    site_of(request).cart_count = len(priced.lines)
    return Checkout(priced=priced, user=user, now=now)
