"""Mails that remind of a part that is due; their content is read when they leave."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from common.moments import local_day
from documents.issued.mailed import attached, made
from documents.issued.models import Document
from outbox.errors import ResendRefused
from outbox.mails.kinds import BLANK, Receiver, Renewed, register_mail_kind
from outbox.mails.models import Mail
from shop.orders.mail_kinds import order_context, renew
from shop.orders.models import Order
from shop.orders.standing import NOT_ENDED
from shop.papers.late_payment import late_payment_terms
from shop.payments.due.models import DueReminder
from shop.payments.due.services import MAIL, PAYER_MAIL
from shop.payments.due.standing import is_reminded
from shop.payments.requests.asked import Asked, asked_of
from shop.payments.requests.links import link_of
from shop.seller.models import ShopIdentity

Step = DueReminder.Step
INVOICES = (Document.Kind.INVOICE, Document.Kind.FINAL)
# Steps that speak of what late payment costs by law.
STERN = (Step.SECOND, Step.LAST)


def build(mail: Mail, *, blank: bool) -> dict[str, Any]:
    """Return the context: the part, how much of it is still to come, its invoice, the bank account, and the pay link.

    Professionals read in the later reminders what late payment costs by law; nobody else does.
    """
    context = order_context(mail, blank=blank)
    order = context["order"]
    asked = _owed(mail, order)
    due_on = asked.request.due_on if asked is not None else None
    is_overdue = due_on is not None and due_on < local_day(timezone.now())
    step = mail.context.get("step", Step.FIRST if is_overdue else Step.SOON)
    invoice = Document.objects.filter(order_id=order.pk, kind__in=INVOICES).defer("data").order_by("-pk").first()
    # An address that nobody has proved gets none: papers name people. Neither does a payer of a part of it.
    carried = made([invoice]) if invoice is not None and order.is_proved and mail.kind == MAIL else []
    terms = late_payment_terms(order.bought_by, ShopIdentity.current())
    url = link_of(asked.request) if asked is not None and asked.request.link_hash else ""
    return context | {
        "to_pay": asked.rest if asked is not None else order.gross,
        "pay_by": due_on,
        "is_overdue": is_overdue,
        "step": Step(step).name,
        "invoice": invoice,
        "attachments": attached(carried),
        "terms": terms if step in STERN and mail.kind == MAIL else None,
        "pay_url": BLANK if blank and url else url,
    }


def is_due(mail: Mail, now: datetime) -> bool:
    """Tell whether the part is still owed and reminded of."""
    return is_reminded(mail.context["request"])


def is_due_to_payer(mail: Mail, now: datetime) -> bool:
    """Tell whether the part is still owed and reminded of, and the reader still the one who was asked for it."""
    return is_reminded(mail.context["request"], mail.recipient)


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
    if order.status not in NOT_ENDED:
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
register_mail_kind(
    PAYER_MAIL,
    template="due/mails/payer_part_due",
    build=build,
    label=pgettext_lazy("kind of mail", "Reminder of a part that is due, to the payer"),
    renew=renew_due,
    is_due=is_due_to_payer,
    receiver=Receiver.PAYER,
)
