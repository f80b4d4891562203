"""Kinds of mails about orders, and the context of each, read when it is sent."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils.translation import pgettext_lazy

from accounts.links.effects import link_url
from accounts.links.models import AddressLink
from outbox.mails.kinds import BLANK, FRAMES, register_mail_kind
from outbox.mails.models import Mail
from shop.orders.models import LineFeedback, Order, OrderLine
from shop.payments.models import PaymentEvent
from shop.payments.registry import get_provider
from shop.seller.frozen import bank_details, seller_of
from shop.seller.models import FrozenSeller, ShopIdentity


def _order(mail: Mail, *, blank: bool) -> dict[str, Any]:
    assert mail.order_id is not None
    order = Order.objects.select_related("account", "buyer", "operator", "seller").get(pk=mail.order_id)
    return _names_of(seller_of(order)) | {
        "order": order,
        "lines": list(order.lines.all()),
        "order_url": settings.SITE_URL + reverse("order", args=[order.token]),
        "admin_url": settings.SITE_URL + reverse("admin:shop_order_change", args=[order.pk]),
        "claim_url": _claim_url(order, blank=blank),
        "bank": bank_details(order, seller=ShopIdentity.current()),
    }


def _claim_url(order: Order, *, blank: bool) -> str:
    if order.is_claimed:
        return ""
    link = AddressLink.objects.filter(purpose=AddressLink.Purpose.CLAIM, order_id=order.pk).order_by("pk").last()
    if link is None:
        return ""
    return BLANK if blank else link_url(link)


def _line(mail: Mail, *, blank: bool) -> dict[str, Any]:
    """Return the context of a mail about one line: the order, the line and the feedback of its post-payment hooks."""
    line = OrderLine.objects.get(pk=mail.context["line"])
    said = list(line.feedback.filter(hook=LineFeedback.Hook.POST_PAYMENT).order_by("pk"))
    context = _order(mail, blank=blank) | {"line": line, "feedback": said}
    # An operator who is not the buyer cannot see the order, but can see the seats.
    operates_only = mail.person_id is not None and mail.person_id != context["order"].buyer_id
    return context | {
        "seats_url": settings.SITE_URL + reverse("account-seats", args=[context["order"].account_id])
        if operates_only
        else "",
        "is_operator_new": mail.context.get("is_operator_new", False),
    }


def _money(mail: Mail, *, blank: bool) -> dict[str, Any]:
    event = PaymentEvent.objects.select_related("order").get(pk=mail.context["event"])
    return {
        "event": event,
        "order": event.order,
        "method": provider.label if (provider := get_provider(event.provider)) else event.provider,
        "admin_url": settings.SITE_URL + reverse("admin:shop_paymentevent_change", args=[event.pk]),
    }


def shop_frame() -> dict[str, Any]:
    """Return the footer of every mail; a mail about an order names the seller as sold, with today's support address."""
    shop = ShopIdentity.current()
    return _names_of(shop) | {"support_email": shop.support_email}


def _names_of(seller: ShopIdentity | FrozenSeller) -> dict[str, Any]:
    return {
        "shop_name": seller.name or urlsplit(settings.SITE_URL).hostname,
        "shop_address": "\n".join(seller.address.lines_below_name),
    }


KINDS = {
    "order_placed": (_order, pgettext_lazy("kind of mail", "Order placed")),
    "order_placed_sales": (_order, pgettext_lazy("kind of mail", "Order placed, to the sales team")),
    "payment_instructions": (_order, pgettext_lazy("kind of mail", "How to pay")),
    "payer_instructions": (_order, pgettext_lazy("kind of mail", "How to pay, to the payer")),
    "payment_received": (_order, pgettext_lazy("kind of mail", "Payment received")),
    "payment_received_sales": (_order, pgettext_lazy("kind of mail", "Payment received, to the sales team")),
    "order_ended": (_order, pgettext_lazy("kind of mail", "Order ended")),
    "delivered": (_line, pgettext_lazy("kind of mail", "Delivery, to the operator")),
    "delivered_public": (_line, pgettext_lazy("kind of mail", "Delivery, to the buyer")),
    "delivered_sales": (_line, pgettext_lazy("kind of mail", "Delivery, to the sales team")),
    "line_failed_sales": (_line, pgettext_lazy("kind of mail", "Delivery failed, to the sales team")),
    "money_needs_attention": (_money, pgettext_lazy("kind of mail", "Payment that needs attention")),
}

for name, (build, label) in KINDS.items():
    register_mail_kind(name, template=f"orders/mails/{name}", build=build, label=label)
FRAMES.add(shop_frame)
