"""Reminders of due parts: before the day, and three after it, each once, until the part is paid."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import NamedTuple

from django.conf import settings
from django.db import connection, transaction

from common.moments import local_day
from outbox.mails.services import NewMail, queue_mails
from shop.orders.mails import to_customer, to_payer
from shop.orders.models import Order
from shop.payments.due.standing import IS_REMINDED, PARTIES
from shop.payments.requests.links import give_links
from shop.payments.requests.models import PaymentRequest
from shop.seller.models import ShopIdentity

MAIL = "part_due"
PAYER_MAIL = "payer_part_due"
# Of a day this long before the last step nobody is reminded any more.
FORGOTTEN_AFTER = 60
AT_ONCE = 200

# Steps follow each other, and keep their distance: after days on which nothing ran, or a pause, the next step comes
# first, and the one after it as many days later as the merchant has set, never two at once. The days count from the due
# one, or from that on which the part was asked for, if that was later. The day before is told of in advance or never.
_REMIND = f"""
WITH standing AS (
    SELECT this.id, this.due_on, payer.recipient, told.step AS told, told.sent_on,
        (this.created_at AT TIME ZONE %(zone)s)::date AS asked_on
    FROM shop_paymentrequest this {PARTIES}
    LEFT JOIN LATERAL (
        SELECT step, sent_on FROM shop_duereminder
        WHERE request_id = this.id AND due_on = this.due_on ORDER BY step DESC LIMIT 1
    ) told ON true
    WHERE this.due_on BETWEEN %(today)s - %(forgotten)s AND %(today)s + %(before)s AND {IS_REMINDED}
), next AS (
    SELECT *, coalesce(told, 0) + 1 AS step, %(days)s::int[] AS days FROM standing
), reached AS (
    SELECT id, due_on, recipient, CASE
        WHEN told IS NULL AND %(today)s <= due_on AND due_on - %(before)s > asked_on AND %(before)s > 0 THEN 0
        WHEN step <= 3 AND %(today)s >= greatest(due_on, asked_on) + days[step]
            AND (step = 1 OR %(today)s >= sent_on + days[step] - days[step - 1]) THEN step
    END AS step
    FROM next
), written AS (
    INSERT INTO shop_duereminder (request_id, due_on, step, sent_on)
    SELECT id, due_on, step, %(today)s FROM reached WHERE step IS NOT NULL ORDER BY id LIMIT {AT_ONCE}
    ON CONFLICT DO NOTHING
    RETURNING id, request_id, due_on, step
)
SELECT written.request_id, written.due_on, written.step, coalesce(reached.recipient, '')
FROM written JOIN reached ON reached.id = written.request_id ORDER BY written.id
"""  # noqa: S608  no text from outside


class Reminded(NamedTuple):
    """Reminder just written. `payer` is the address of an outside payer, "" if the customer is reminded."""

    request_id: int
    due_on: date
    step: int
    payer: str


@transaction.atomic
def remind_of_due(*, now: datetime) -> int:
    """Queue a mail for each part that has reached a step, at most 200; return their number. Twice at a time, each is
    queued once. Locks the orders, to give each part a pay link."""
    reminded = _write(now)
    requests = PaymentRequest.objects.select_related("order").in_bulk({each.request_id for each in reminded})
    orders = _locked({request.order_id for request in requests.values()})
    give_links(requests.values())
    queue_mails([mail for each in reminded for mail in _mails(each, orders, requests, now)])
    return len(reminded)


def _write(now: datetime) -> Sequence[Reminded]:
    """Insert the reminders that are due, and return them."""
    seller = ShopIdentity.current()
    days = [seller.reminder_first_days, seller.reminder_second_days, seller.reminder_last_days]
    values = {
        "today": local_day(now),
        "zone": settings.TIME_ZONE,
        "before": seller.reminder_before_days,
        "days": days,
        "forgotten": days[-1] + FORGOTTEN_AFTER,
    }
    with connection.cursor() as cursor:
        cursor.execute(_REMIND, values)
        return [Reminded(*row) for row in cursor.fetchall()]


def _locked(order_ids: Iterable[int]) -> dict[int, Order]:
    orders = Order.objects.select_for_update(no_key=True, of=("self",)).select_related("buyer", "account")
    return {order.pk: order for order in orders.filter(pk__in=order_ids).order_by("pk")}


def _mails(
    each: Reminded, orders: dict[int, Order], requests: dict[int, PaymentRequest], now: datetime
) -> Iterator[NewMail]:
    order = orders[requests[each.request_id].order_id]
    context = {"request": each.request_id, "step": each.step}
    occasion = f"{MAIL}:{each.request_id}:{each.due_on}:{each.step}"
    if each.payer:
        yield to_payer(order, each.payer, PAYER_MAIL, occasion=occasion, context=context)
    else:
        yield from to_customer(order, MAIL, occasion=occasion, context=context, now=now)
