"""Mail with the link by which a customer accepts an order that staff entered."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from outbox.errors import ResendRefused
from outbox.mails.kinds import BLANK, Receiver, Renewed, register_mail_kind
from outbox.mails.models import Mail
from shop.phone_orders.models import PhoneOrder
from shop.phone_orders.services import MAIL


def build(mail: Mail, *, blank: bool) -> dict[str, Any]:
    """Return the context of the mail: the link, and the day until which it works."""
    phone_order = _waiting(mail)
    if phone_order is None:
        return {"link_url": ""}
    path = reverse("phone-order", args=[phone_order.token])
    return {"link_url": BLANK if blank else settings.SITE_URL + path, "until": phone_order.expires_at}


def renew(mail: Mail, now: datetime) -> Renewed:
    """Return the context of the mail sent again. Raises ResendRefused once the link has ended."""
    phone_order = _waiting(mail)
    if phone_order is None or not phone_order.is_link_open(now):
        raise ResendRefused(_("The link in this mail has ended. Send a new one from the page of the order."))
    return Renewed(mail.context, phone_order.expires_at)


def is_due(mail: Mail, now: datetime) -> bool:
    phone_order = _waiting(mail)
    return phone_order is not None and phone_order.is_link_open(now)


def _waiting(mail: Mail) -> PhoneOrder | None:
    return PhoneOrder.objects.waiting().filter(pk=mail.context["phone_order"]).first()


register_mail_kind(
    MAIL,
    template="phone_orders/mails/phone_order",
    build=build,
    label=pgettext_lazy("kind of mail", "Order entered for a customer, to be accepted"),
    renew=renew,
    is_due=is_due,
    receiver=Receiver.CUSTOMER,
)
