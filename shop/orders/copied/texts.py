"""Texts that staff typed, handlers told or providers sent about orders, without the people they name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, Q

from common.personal_data import Person
from common.scrubbing import naming, scrub_rows, scrubbed
from shop.notes.models import Note
from shop.orders.giving_back.models import GivingBack
from shop.orders.history.models import OrderEvent
from shop.orders.lines.models import LineFeedback, OrderLine
from shop.orders.models import Order
from shop.payments.due.models import ReminderPause
from shop.payments.models import MoneyHandling, Payment, PaymentEvent
from shop.payments.refunds.models import Refund
from shop.phone_orders.models import PhoneOrder


@dataclass(frozen=True)
class Texts:
    """Columns of a table, and how its rows name their order. A text that is the `key` of its row is the only one."""

    model: type[Model]
    columns: tuple[str, ...]
    order: str = "order"
    is_key: bool = False


TEXTS = (
    Texts(Note, ("text",)),
    Texts(OrderEvent, ("detail",)),
    Texts(OrderLine, ("failure",)),
    Texts(LineFeedback, ("public", "customer", "sales"), "line__order"),
    Texts(GivingBack, ("reason", "paid_back_reference"), "line__order"),
    Texts(Refund, ("reference",)),
    Texts(Payment, ("reference",), is_key=True),
    Texts(PaymentEvent, ("event_id",), is_key=True),
    Texts(PaymentEvent, ("order_number", "payload")),
    Texts(MoneyHandling, ("note",), "event__order"),
    Texts(ReminderPause, ("reason",)),
    Texts(PhoneOrder, ("how",)),
    Texts(Order, ("purchase_reference",), "pk"),
)


def scrub_texts(person: Person, *, limit: int, order_id: int | None = None) -> int:
    """Take a person out of texts about one order, or about all; at most so many rows. Return their number.

    Locks the rows changed.
    """
    count = 0
    for texts in TEXTS:
        rows = texts.model._base_manager.filter(**{} if order_id is None else {texts.order: order_id})
        if texts.is_key:
            count += _scrub_keys(rows, *texts.columns, person=person, limit=limit - count)
        else:
            left, theirs = limit - count, _of_namesakes(texts.order, person)
            count += scrub_rows(rows, *texts.columns, person=person, limit=left, theirs=theirs)
        if count >= limit:
            break
    return count


def _of_namesakes(order: str, person: Person) -> Q:
    """Return the condition that a path leads to an order of a namesake."""
    placed = Q(buyer__in=person.namesakes) | Q(buyer__isnull=True, contact_email__in=person.their_emails)
    return Q(**{f"{order}__in": Order.objects.filter(placed).values("pk")})


def columns_of_texts() -> dict[str, Sequence[str]]:
    """Return the columns of the texts, by model."""
    found: dict[str, list[str]] = {}
    for texts in TEXTS:
        found.setdefault(texts.model._meta.label_lower, []).extend(texts.columns)
    return {label: tuple(columns) for label, columns in found.items()}


def _scrub_keys(rows: Any, column: str, *, person: Person, limit: int) -> int:
    """Scrub texts of which each is the only one of its kind, and follow them by the key of their row."""
    found = naming(rows, column, person=person).select_for_update(no_key=True).order_by("pk")
    changed = [row for row in found if scrubbed(getattr(row, column), person) != getattr(row, column)][:limit]
    for row in changed:
        setattr(row, column, f"{scrubbed(getattr(row, column), person)} {row.pk}")
        row.save(update_fields=[column])
    return len(changed)
