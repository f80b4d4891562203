"""Kinds of mails about orders, and the context of each, read when it is sent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import pgettext_lazy

from accounts.links.effects import link_url
from accounts.links.models import AddressLink
from accounts.members.models import Membership
from accounts.members.rights import Right, rights_of
from accounts.people.models import User
from outbox.mails.kinds import BLANK, FRAMES, register_mail_kind
from outbox.mails.models import Mail
from shop.orders.contexts import enrols_buyer
from shop.orders.mails import has_outside_payer
from shop.orders.models import LineFeedback, Order, OrderLine
from shop.orders.next_steps import NextStep, area_url, delivered_steps
from shop.payments.models import PaymentEvent
from shop.payments.registry import get_provider
from shop.payments.under_way import under_way
from shop.seller.frozen import bank_details, seller_of
from shop.seller.models import FrozenSeller, ShopIdentity


def _order(mail: Mail, *, blank: bool) -> dict[str, Any]:
    assert mail.order_id is not None
    order = Order.objects.select_related("account", "buyer", "operator", "seller").get(pk=mail.order_id)
    lines = list(order.lines.all())
    return _names_of(seller_of(order)) | {
        "order": order,
        "lines": lines,
        "order_url": settings.SITE_URL + reverse("order", args=[order.token]),
        "admin_url": settings.SITE_URL + reverse("admin:shop_order_change", args=[order.pk]),
        "claim_url": _claim_url(order, blank=blank),
        "is_for_buyer": all(enrols_buyer(line) for line in lines),
        "has_outside_payer": has_outside_payer(order),
        "under_way": under_way(order, order.payments.all()),
        "bank": bank_details(order, seller=ShopIdentity.current()),
    }


def _claim_url(order: Order, *, blank: bool) -> str:
    if order.is_claimed:
        return ""
    links = AddressLink.objects.usable_at(timezone.now()).filter(purpose=AddressLink.Purpose.CLAIM, order_id=order.pk)
    link = links.order_by("pk").last()
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
    order = context["order"]
    return context | {
        "seats_url": settings.SITE_URL + area_url("account-seats", order) if operates_only else "",
        "steps": _steps(order, line, reader_id=mail.person_id),
        "is_operator_new": mail.context.get("is_operator_new", False),
    }


def _steps(order: Order, line: OrderLine, *, reader_id: int | None) -> list[NextStep]:
    """Return the buttons of a delivery for its reader; none for an address that nobody has proved."""
    reader = User.objects.filter(pk=reader_id).first() if reader_id else None
    if reader is None:
        return []
    rights = rights_of(Membership.objects.filter(account=order.account_id, user=reader).first())
    may = Right.MANAGE_SEATS in rights
    steps = delivered_steps(order, [line], reader=reader, manages_seats=may, now=timezone.now())
    return [replace(step, url=settings.SITE_URL + step.url) for step in steps.get(line.pk, []) if step.url]


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
    "order_again": (_order, pgettext_lazy("kind of mail", "Order, its page once more")),
    "payer_nothing_due": (_order, pgettext_lazy("kind of mail", "Nothing due any more, to the payer")),
    "payer_order_ended": (_order, pgettext_lazy("kind of mail", "Order ended, to the payer")),
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
