"""Mail that reminds of a part that is due; its content is read when it leaves."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from accounts.members.models import CustomerAccount
from common.moments import local_day
from outbox.errors import ResendRefused
from outbox.mails.kinds import Receiver, Renewed, register_mail_kind
from outbox.mails.models import Mail
from shop.orders.mail_kinds import order_context, renew
from shop.orders.models import Order
from shop.payments.due.services import MAIL
from shop.payments.requests.asked import Asked, asked_of

OPEN = (Order.Status.PLACED, Order.Status.PAID, Order.Status.COMPLETED)


def build(mail: Mail, *, blank: bool) -> dict[str, Any]:
    """Return the context: the part, how much of it is still to come, and the bank account."""
    context = order_context(mail, blank=blank)
    asked = _owed(mail, context["order"])
    due_on = asked.request.due_on if asked is not None else None
    return context | {
        "to_pay": asked.rest if asked is not None else context["order"].gross,
        "pay_by": due_on,
        "is_overdue": due_on is not None and due_on < local_day(timezone.now()),
    }


def is_due(mail: Mail, now: datetime) -> bool:
    """Tell whether the part is still owed, and its account still reminded."""
    order = _order(mail)
    wants = CustomerAccount.objects.filter(pk=order.account_id, wants_payment_reminders=True).exists()
    return wants and _owed(mail, order) is not None


def renew_due(mail: Mail, now: datetime) -> Renewed:
    """Return the mail's context. Raises ResendRefused for a part that is paid, or of an order that has ended."""
    if _owed(mail, _order(mail)) is None:
        raise ResendRefused(_("This part is paid, or not asked for any more."))
    return renew(mail, now)


def _order(mail: Mail) -> Order:
    assert mail.order_id is not None  # queued with it
    return Order.objects.get(pk=mail.order_id)


def _owed(mail: Mail, order: Order) -> Asked | None:
    """Return the part of which the mail reminds, None once nothing of it is owed."""
    if order.status not in OPEN:
        return None
    asked = (each for each in asked_of(order) if each.request.pk == mail.context["request"])
    return next((each for each in asked if each.rest > 0 and each.request.due_on is not None), None)


register_mail_kind(
    MAIL,
    template="due/mails/part_due",
    build=build,
    label=pgettext_lazy("kind of mail", "Reminder of a part that is due"),
    renew=renew_due,
    is_due=is_due,
    receiver=Receiver.CUSTOMER,
)
