"""Kind of the mail that thanks an outside payer."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import pgettext_lazy

from outbox.mails.kinds import BLANK, Receiver, register_mail_kind
from outbox.mails.models import Mail
from shop.orders.mail_kinds import order_context, renew
from shop.payments.receipts.mails import KIND
from shop.payments.requests.links import link_of
from shop.payments.requests.models import PaymentRequest


def build(mail: Mail, *, blank: bool) -> dict[str, Any]:
    """Return the context: what came, what is still to pay of the part, and the pay link, which shows the receipt."""
    request = PaymentRequest.objects.get(pk=mail.context["request"])
    url = link_of(request) if request.link_hash else ""
    return order_context(mail, blank=blank) | {
        "amount": Decimal(mail.context["amount"]),
        "rest": Decimal(mail.context["rest"]),
        "pay_url": BLANK if blank and url else url,
    }


register_mail_kind(
    KIND,
    template="receipts/mails/payer_received",
    build=build,
    label=pgettext_lazy("kind of mail", "Payment received, to the payer"),
    renew=renew,
    receiver=Receiver.PAYER,
)
