"""Standing of orders in the ledger: what they still owe and what they have received, for lists and their words."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, TypedDict

from django.db.models import Q, QuerySet, TextChoices
from django.db.models.expressions import CombinedExpression
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from billing.ledger.models import Account, LedgerEntry
from billing.ledger.selectors import orders_with, sum_by_order
from common.currencies import from_minor_units
from common.templatetags.money import money
from shop.orders.models import Order

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

Kind = LedgerEntry.Kind
# A payment that a bank takes back is received no more.
RECEIVED = (Kind.ALLOCATED, Kind.REVERSED, Kind.MONEY_OUT)
CONFIRMED = (Order.Status.PAID, Order.Status.COMPLETED)
# Something may still be owed for these.
NOT_ENDED = (Order.Status.PLACED, *CONFIRMED)


class Sums(TypedDict):
    """Columns added to orders by `with_standing`, in minor units."""

    owed_units: int
    received_units: int


@dataclass(frozen=True)
class Standing:
    """Sums of one order, tax included: `owed` once it is confirmed, 0 before; `received` for it and not released."""

    order: Order
    owed: Decimal
    received: Decimal

    @property
    def label(self) -> str:
        """Status of the order in words that say paid only where nothing is owed."""
        status = self.order.status
        if status == Order.Status.PLACED and self.received > 0:
            return pgettext("order", "part paid")
        if status == Order.Status.PAID and self.owed > 0:
            return pgettext("order", "part paid") if self.received > 0 else pgettext("order", "confirmed")
        if status == Order.Status.PAID:
            return pgettext("order", "paid")
        return self.order.get_status_display()

    @property
    def note(self) -> str:
        """Sentence about what has come of an order not paid in full, "" if there is nothing to say."""
        if self.owed > 0:
            return _("%(amount)s still to be paid") % {"amount": money(self.owed, self.order.currency)}
        if self.order.status == Order.Status.PLACED and self.received > 0:
            return _("%(amount)s have arrived") % {"amount": money(self.received, self.order.currency)}
        return ""


def with_standing(orders: QuerySet[Order]) -> QuerySet[WithAnnotations[Order, Sums]]:
    """Annotate orders with their sums in the ledger, for `standing_of`; no further query."""
    return orders.annotate(owed_units=sum_by_order(Account.RECEIVABLE), received_units=_received())


def standing_of(order: WithAnnotations[Order, Sums]) -> Standing:
    """Return the standing of an order of `with_standing`."""
    owed, received = (from_minor_units(units, order.currency) for units in (order.owed_units, order.received_units))
    return Standing(order, owed, received)


class Paid(TextChoices):
    """Ways in which an order can stand, for a filter."""

    NOTHING = "nothing", gettext_lazy("confirmed, nothing paid yet")
    PART = "part", gettext_lazy("part paid")
    ALL = "all", gettext_lazy("paid in full")


def orders_paid(orders: QuerySet[Order], how: str) -> QuerySet[Order]:
    """Filter orders that stand like this; orders that ended unpaid stand nowhere."""
    owe = orders_with(Account.RECEIVABLE)
    if how == Paid.ALL:
        return orders.filter(status__in=CONFIRMED).exclude(pk__in=owe)
    owing = orders.filter(status__in=CONFIRMED, pk__in=owe).annotate(received_of_filter=_received())
    if how == Paid.NOTHING:
        return owing.filter(received_of_filter__lte=0)
    part = owing.filter(received_of_filter__gt=0).order_by().values("pk")
    waiting = Q(status=Order.Status.PLACED, pk__in=orders_with(Account.DEPOSITS))
    return orders.filter(waiting | Q(pk__in=part))


def _received() -> CombinedExpression:
    return -sum_by_order(Account.RECEIVABLE, Account.DEPOSITS, kinds=RECEIVED)
