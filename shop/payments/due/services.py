"""Reminders of due parts: before and after the day, each once, until the part is paid."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import connection, transaction

from common.moments import local_day
from outbox.mails.services import queue_mails
from shop.orders.mails import to_customer
from shop.orders.models import Order
from shop.payments.due.models import DueReminder
from shop.payments.requests.asked import RECEIVED

MAIL = "part_due"
# Days after the day on which a part is due.
STEPS = (-7, 1, 14)
# Of what was due earlier than that, nobody is reminded any more.
FORGOTTEN_AFTER = timedelta(days=60)
AT_ONCE = 200

# A step is due from its day on, unless that day had come when the part was asked for. Of several the latest is told,
# the others never: days on which nothing ran leave no reminder that is no longer so. Of a share that an OPCO has
# promised nobody is reminded.
_REMIND = f"""
INSERT INTO shop_duereminder (request_id, due_on, step, sent_on)
SELECT this.id, this.due_on, reached.step, %(today)s
FROM shop_paymentrequest this
JOIN shop_order orders ON orders.id = this.order_id AND orders.status IN ('placed', 'paid', 'completed')
    AND orders.sealed_at IS NULL AND orders.blanked_at IS NULL AND orders.contact_email <> ''
JOIN accounts_customeraccount account ON account.id = orders.account_id AND account.wants_payment_reminders
CROSS JOIN LATERAL (
    SELECT max(step) AS step FROM unnest(%(steps)s) AS each (step)
    WHERE this.due_on + step <= %(today)s
        AND this.due_on + step > (this.created_at AT TIME ZONE %(zone)s)::date
) AS reached
WHERE this.state IN ('open', 'covered') AND this.promise <> 'opco' AND this.replaced_at IS NULL
    AND this.due_on BETWEEN %(oldest)s AND %(newest)s AND reached.step IS NOT NULL
    AND this.amount - this.lowered > {RECEIVED}
    AND NOT EXISTS (
        SELECT FROM shop_duereminder told
        WHERE told.request_id = this.id AND told.due_on = this.due_on AND told.step >= reached.step
    )
ORDER BY this.id LIMIT {AT_ONCE}
ON CONFLICT DO NOTHING
RETURNING id
"""  # noqa: S608  no text from outside


@transaction.atomic
def remind_of_due(*, now: datetime) -> int:
    """Queue a mail for each part that has reached a step, at most 200; return their number. Twice at a time, each is
    queued once."""
    today = local_day(now)
    with connection.cursor() as cursor:
        cursor.execute(
            _REMIND,
            {
                "today": today,
                "steps": list(STEPS),
                "zone": settings.TIME_ZONE,
                "oldest": today - FORGOTTEN_AFTER,
                "newest": _newest(today),
            },
        )
        keys = [key for (key,) in cursor.fetchall()]
    reminders = list(DueReminder.objects.filter(pk__in=keys).select_related("request").order_by("pk"))
    orders = Order.objects.select_related("buyer", "account").in_bulk({each.request.order_id for each in reminders})
    for each in reminders:
        order = orders[each.request.order_id]
        occasion = f"{MAIL}:{each.request_id}:{each.due_on}:{each.step}"
        queue_mails(to_customer(order, MAIL, occasion=occasion, context={"request": each.request_id}, now=now))
    return len(reminders)


def _newest(today: date) -> date:
    return today - timedelta(days=min(STEPS))
