"""Kinds of mails about a withdrawal, and their context."""

from __future__ import annotations

from typing import Any

from django.utils.translation import pgettext_lazy

from outbox.mails.kinds import Receiver, register_mail_kind
from outbox.mails.models import Mail
from shop.orders.mail_kinds import order_context
from shop.withdrawal.models import Withdrawal


def _withdrawal(mail: Mail, *, blank: bool) -> dict[str, Any]:
    return order_context(mail, blank=blank) | {"withdrawal": Withdrawal.objects.get(order=mail.order_id)}


register_mail_kind(
    "withdrawal_received",
    template="withdrawal/mails/withdrawal_received",
    build=_withdrawal,
    label=pgettext_lazy("kind of mail", "Withdrawal received"),
    receiver=Receiver.CUSTOMER,
)
register_mail_kind(
    "withdrawal_sales",
    template="withdrawal/mails/withdrawal_sales",
    build=_withdrawal,
    label=pgettext_lazy("kind of mail", "Withdrawal received, to the sales team"),
    receiver=Receiver.SHOP,
)
