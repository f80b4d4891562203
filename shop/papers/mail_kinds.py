"""Kind of the mail about documents."""

from __future__ import annotations

from django.utils.translation import pgettext_lazy

from outbox.mails.kinds import Receiver, register_mail_kind
from shop.orders.mail_kinds import order_context, renew

register_mail_kind(
    "papers_issued",
    template="papers/mails/papers_issued",
    build=order_context,
    label=pgettext_lazy("kind of mail", "Documents of an order"),
    renew=renew,
    receiver=Receiver.CUSTOMER,
)
