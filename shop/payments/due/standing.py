"""Due parts that are still reminded of: one condition, asked when a reminder is written and again when it leaves."""

from __future__ import annotations

from django.db import connection

from shop.payments.requests.asked import RECEIVED

# For a query over payment requests `this`: with its order, its account, and the outside payer who was asked for it by
# mail, if there is one.
PARTIES = """
JOIN shop_order orders ON orders.id = this.order_id
JOIN accounts_customeraccount account ON account.id = orders.account_id
LEFT JOIN LATERAL (
    SELECT mail.recipient FROM outbox_mail mail
    WHERE mail.order_id = orders.id AND mail.kind = 'payer_instructions' AND mail.state IN ('queued', 'sent')
        AND mail.context -> 'request' = to_jsonb(this.id)
    ORDER BY mail.id DESC LIMIT 1
) payer ON true
"""

# Somebody can be asked, still owes, and was not promised time by anybody. Nobody asks a customer for the share that an
# OPCO has promised. A frozen order is disputed, or withdrawn from; a pending payment is at the bank, as a debit is for
# days, or belongs to another part if its attempt says so; a saved card that is charged again has mails of its own.
IS_REMINDED = f"""
orders.status IN ('placed', 'paid', 'completed') AND orders.sealed_at IS NULL AND orders.blanked_at IS NULL
AND (payer.recipient IS NOT NULL OR (orders.contact_email <> '' AND this.promise <> 'opco'))
AND account.wants_payment_reminders
AND this.state IN ('open', 'covered') AND this.replaced_at IS NULL AND this.due_on IS NOT NULL
AND this.amount - this.lowered > {RECEIVED}
AND NOT EXISTS (
    SELECT FROM shop_reminderpause pause
    WHERE pause.ended_at IS NULL AND (pause.order_id = orders.id OR pause.account_id = orders.account_id)
)
AND NOT EXISTS (SELECT FROM shop_orderline line WHERE line.order_id = orders.id AND line.frozen_for <> '{{}}')
AND NOT EXISTS (
    SELECT FROM shop_payment paying
    LEFT JOIN shop_paymentattempt begun ON begun.provider = paying.provider AND begun.reference = paying.reference
    WHERE paying.order_id = orders.id AND paying.status = 'pending'
        AND coalesce(begun.request_id, this.id) = this.id
)
AND NOT EXISTS (
    SELECT FROM shop_cardcharge charge
    WHERE charge.request_id = this.id AND (charge.next_at IS NOT NULL OR charge.attempt_id IS NOT NULL)
)
"""  # noqa: S608  no text from outside


def is_reminded(request_id: int, recipient: str | None = None) -> bool:
    """Tell whether a part is still reminded of; and, for an outside payer, whether they are the one asked. One
    query."""
    same = "" if recipient is None else "AND payer.recipient = %(recipient)s"
    sql = f"SELECT FROM shop_paymentrequest this {PARTIES} WHERE this.id = %(id)s AND {IS_REMINDED} {same}"
    with connection.cursor() as cursor:
        cursor.execute(sql, {"id": request_id, "recipient": recipient})
        return cursor.fetchone() is not None
