"""Story of an order's money and papers, as one table: what happened, on which day, for how much."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Sum
from django.db.models.fields.json import KeyTextTransform
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts.people.models import User
from common.admin.display import NOTHING, Column, Table, admin_link, amount, choice_label, columns, day
from common.moments import day_starts
from documents.issued.models import Document
from shop.orders.giving_back.models import GivingBack
from shop.orders.models import Order
from shop.payments.admin import PAYMENT_COLOURS
from shop.payments.attempts.models import PaymentAttempt
from shop.payments.charge_backs.models import ChargeBack
from shop.payments.due.models import DueReminder
from shop.payments.models import Payment, Settlement
from shop.payments.refunds.admin import REFUND_COLOURS
from shop.payments.refunds.models import Refund
from shop.payments.registry import method_label
from shop.payments.requests.models import PaymentRequest

# Of each kind; an order has rarely more than three.
SHOWN = 100


@dataclass(frozen=True)
class Chapter:
    """Thing that happened to an order's money or papers. `amount` is None where none belongs to it."""

    at: datetime
    what: str
    amount: Decimal | None = None
    named: str | SafeString = NOTHING
    state: str | SafeString = NOTHING


def table_of_story(order: Order, refunds: Sequence[Refund], viewer: User) -> Table:
    """Tell the story of an order, the oldest first. Eight queries, whatever the order's size."""
    chapters = [
        Chapter(order.placed_at, _("Order placed"), order.gross),
        *_attempts(order, viewer),
        *_payments(order, viewer),
        *_promises(order),
        *_settlement(order),
        *_givings(order),
        *_documents(order, viewer),
        *_refunds(refunds, viewer),
        *_charge_backs(order),
        *_reminders(order),
    ]
    rows: list[list[object]] = [
        [
            day(each.at),
            each.what,
            NOTHING if each.amount is None else amount(each.amount, order.currency),
            each.named,
            each.state,
        ]
        for each in sorted(chapters, key=lambda chapter: chapter.at)
    ]
    headings = columns(_("Day"), _("What"), Column(_("Amount"), is_amount=True), _("Number or reference"), _("State"))
    return Table(headings, rows)


def _attempts(order: Order, viewer: User) -> Iterator[Chapter]:
    for each in order.payment_attempts.order_by("pk")[:SHOWN]:
        told = _("Payment begun: %(method)s") % {"method": method_label(each.provider)}
        named = admin_link(viewer, PaymentAttempt, each.pk, each.reference or _("not answered"))
        yield Chapter(each.begun_at, told, each.amount, named, each.get_state_display())


def _payments(order: Order, viewer: User) -> Iterator[Chapter]:
    for each in order.payments.order_by("pk")[:SHOWN]:
        told = _("Payment: %(method)s") % {"method": method_label(each.provider)}
        named = admin_link(viewer, Payment, each.pk, each.reference)
        yield Chapter(each.created_at, told, each.amount, named, choice_label(each, "status", PAYMENT_COLOURS))


def _promises(order: Order) -> Iterator[Chapter]:
    promised = PaymentRequest.objects.filter(order=order, promised_at__isnull=False).order_by("position")
    for each in promised[:SHOWN]:
        assert each.promised_at is not None  # chosen so
        told = _("Promise: %(kind)s") % {"kind": each.get_promise_display()}
        named = " · ".join(filter(None, (each.giver.get("name", ""), each.promise_reference)))
        yield Chapter(each.promised_at, told, each.amount - each.lowered, named or NOTHING)


def _settlement(order: Order) -> Iterator[Chapter]:
    for each in Settlement.objects.filter(order=order):
        told = _("Order confirmed by a promise") if each.payment_id is None else _("Order confirmed by a payment")
        yield Chapter(each.at, told)


def _documents(order: Order, viewer: User) -> Iterator[Chapter]:
    rows = Document.objects.filter(order_id=order.pk).order_by("pk")
    gross_of = KeyTextTransform("gross", "data")
    for key, number, kind, at, gross in rows.values_list("pk", "number", "kind", "issued_at", gross_of)[:SHOWN]:
        sign = -1 if kind == Document.Kind.CREDIT_NOTE else 1
        told = str(capfirst(Document.Kind(kind).label))
        named = admin_link(viewer, Document, key, number)
        yield Chapter(at, told, None if gross is None else sign * Decimal(gross), named)


def _givings(order: Order) -> Iterable[Chapter]:
    acts = GivingBack.objects.filter(line__order=order, amount__gt=0).order_by("at").values_list("at")
    for at, worth in acts.annotate(worth=Sum("amount"))[:SHOWN]:
        yield Chapter(at, _("Units given back"), -worth)


def _refunds(refunds: Sequence[Refund], viewer: User) -> Iterator[Chapter]:
    for each in refunds:
        at = each.done_at or each.failed_at or each.asked_at
        told = _("Refund %(way)s") % {"way": each.get_way_display()}
        named = admin_link(viewer, Refund, each.pk, each)
        yield Chapter(at, told, -each.amount, named, choice_label(each, "state", REFUND_COLOURS))


def _charge_backs(order: Order) -> Iterator[Chapter]:
    for each in ChargeBack.objects.filter(payment__order=order).order_by("pk")[:SHOWN]:
        if each.lost_at is not None:
            yield Chapter(each.lost_at, _("Taken back by the bank"), -each.amount, each.reference or NOTHING)
        if each.won_at is not None:
            yield Chapter(each.won_at, _("Charge-back won"), each.amount, each.reference or NOTHING)


def _reminders(order: Order) -> Iterator[Chapter]:
    for each in DueReminder.objects.filter(request__order=order).order_by("pk")[:SHOWN]:
        told = _("Reminder: %(step)s") % {"step": each.get_step_display()}
        yield Chapter(day_starts(each.sent_on), told)
