"""Kinds of mails about orders, and the context of each, read when it is sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.db.models import Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.links.effects import link_url
from accounts.links.models import AddressLink
from accounts.members.models import Membership
from accounts.members.rights import Right, first_owner, operators_of, rights_of
from accounts.members.trust import may_mail_strangers
from accounts.people.models import User
from catalog.pricing import ZERO
from common.defused import defused
from common.moments import local_day
from documents.issued.mailed import attached, made, told_by
from outbox.errors import ResendRefused
from outbox.mails.kinds import BLANK, FRAMES, Receiver, Renewed, register_mail_kind
from outbox.mails.models import Mail
from shop.orders.contexts import enrols_buyer
from shop.orders.giving_back.models import GivingBack
from shop.orders.giving_back.ranges import in_ranges
from shop.orders.lines.models import LineFeedback, OrderLine
from shop.orders.lines.shown import prices_shown
from shop.orders.mails import has_outside_payer, living_claim_link, queue_for_owner
from shop.orders.models import Order
from shop.orders.next_steps import NextStep, area_url, delivered_steps
from shop.payments.models import PaymentEvent, Settlement
from shop.payments.pieces import pieces_of, sum_in_words
from shop.payments.refunds.models import Refund
from shop.payments.refunds.problems import problem_in_words
from shop.payments.refunds.selectors import way_of
from shop.payments.registry import method_label
from shop.payments.requests.asked import Asked, asked_of, next_part
from shop.payments.requests.links import link_of, linked_request, token_of
from shop.payments.requests.models import Allocation, PaymentRequest
from shop.payments.requests.services import parts_of
from shop.payments.saved_cards.models import CardCharge
from shop.payments.under_way import under_way
from shop.seller.frozen import bank_details, seller_of
from shop.seller.models import FrozenSeller, ShopIdentity
from shop.withdrawal.delay import may_withdraw


def order_context(mail: Mail, *, blank: bool) -> dict[str, Any]:
    """Return what mails about an order read of it, with the link to withdraw in those to a customer who may."""
    assert mail.order_id is not None
    order = Order.objects.select_related("account", "buyer", "operator", "seller").get(pk=mail.order_id)
    lines = list(order.lines.all())
    return _names_of(seller_of(order)) | {
        "order": order,
        "lines": lines,
        **prices_shown(lines),
        "foot_links": _foot_links(order, mail),
        "order_url": settings.SITE_URL + reverse("order", args=[order.token]),
        "admin_url": settings.SITE_URL + reverse("admin:shop_order_change", args=[order.pk]),
        "claim_url": _claim_url(order, blank=blank),
        "holds_unproved": not order.is_proved and any(line.places_held for line in lines),
        "is_for_buyer": all(enrols_buyer(line) for line in lines),
        "has_outside_payer": has_outside_payer(order),
        "account_name": defused(str(order.account)),
        "may_name_customer": may_mail_strangers(order.account_id),
        "under_way": under_way(order, order.payments.all()),
        "bank": bank_details(order, seller=ShopIdentity.current()),
        **_papers(order, mail),
    }


def _papers(order: Order, mail: Mail) -> dict[str, Any]:
    """Return the documents that a mail tells of: attached those whose file is made. An address that nobody has proved
    gets none, since they name people: only the numbers."""
    told = list(told_by(mail).defer("data"))
    carried = made(told) if told and order.is_proved else []
    return {
        "papers_attached": carried,
        "papers_linked": [each for each in told if each not in carried],
        "attachments": attached(carried),
    }


def _foot_links(order: Order, mail: Mail) -> list[tuple[str, str]]:
    """Return the link of the withdrawal function (CC L221-21), while the delay runs."""
    is_for_customer = mail.kind not in KINDS or _receiver(mail.kind) == Receiver.CUSTOMER
    if not is_for_customer or not may_withdraw(order, timezone.now()):
        return []
    return [
        (gettext("withdraw from the contract here"), settings.SITE_URL + reverse("order-withdraw", args=[order.token]))
    ]


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
    context = order_context(mail, blank=blank) | {"line": line, "feedback": said}
    # An operator who is not the buyer cannot see the order, but can see the seats.
    operates_only = mail.person_id is not None and mail.person_id != context["order"].buyer_id
    order = context["order"]
    return context | {
        "seats_url": settings.SITE_URL + area_url("account-seats", order) if operates_only else "",
        "steps": _steps(order, line, reader_id=mail.person_id),
        "is_operator_new": mail.context.get("is_operator_new", False),
    }


def _ended(mail: Mail, *, blank: bool) -> dict[str, Any]:
    """Return the context of the mail that an order has ended unpaid, with what was paid for it all the same."""
    return order_context(mail, blank=blank) | {"received": Decimal(mail.context.get("received", "0"))}


def _instructions(mail: Mail, *, blank: bool) -> dict[str, Any]:
    """Return the context of a mail that says how to pay: the part that is owed next, and all parts if there are
    several."""
    context = order_context(mail, blank=blank)
    parts = parts_of(context["order"])
    return context | _asks(context["order"], next_part(parts)) | {"parts": parts if len(parts) > 1 else []}


def _payer(mail: Mail, *, blank: bool) -> dict[str, Any]:
    """Return the context of a mail to the outside payer, with their pay link and their part alone."""
    context = order_context(mail, blank=blank)
    order, named = context["order"], mail.context.get("request")
    linked = PaymentRequest.objects.filter(pk=named).first() if named else linked_request(order)
    asked = next((part for part in parts_of(order) if linked is not None and part.request.pk == linked.pk), None)
    url = link_of(linked) if linked is not None and linked.link_hash else ""
    return context | _asks(order, asked) | {"pay_url": BLANK if blank and url else url}


def _asks(order: Order, asked: Asked | None) -> dict[str, Any]:
    due_on = asked.request.due_on if asked is not None else None
    return {"to_pay": asked.rest if asked is not None else order.gross, "pay_by": due_on or local_day(order.expires_at)}


def _settled(mail: Mail, *, blank: bool) -> dict[str, Any]:
    """Return the context of a mail about a settlement, which may rest on a promise."""
    context = order_context(mail, blank=blank)
    settled = Settlement.objects.filter(order=context["order"]).first()
    return context | {"is_promised": settled is not None and settled.payment_id is None}


def _steps(order: Order, line: OrderLine, *, reader_id: int | None) -> list[NextStep]:
    """Return the buttons of a delivery for its reader; none for an address that nobody has proved."""
    reader = User.objects.filter(pk=reader_id).first() if reader_id else None
    if reader is None:
        return []
    rights = rights_of(Membership.objects.filter(account=order.account_id, user=reader).first())
    may = Right.MANAGE_SEATS in rights
    steps = delivered_steps(order, [line], reader=reader, manages_seats=may, now=timezone.now())
    return [replace(step, url=settings.SITE_URL + step.url) for step in steps.get(line.pk, []) if step.url]


def _given_back(mail: Mail, *, blank: bool) -> dict[str, Any]:
    """Return the context of a mail about one act of giving back: units and amounts by line, and the handlers' words."""
    givings = GivingBack.objects.filter(pk__in=mail.context["givings"]).select_related("line")
    rows = list(givings.order_by("line__position", "first_index"))
    said = LineFeedback.objects.filter(
        hook=LineFeedback.Hook.REVOKE, line__in={row.line_id for row in rows}, at__in={row.at for row in rows}
    )
    is_operator = mail.context["is_operator"]
    context = order_context(mail, blank=blank)
    order = context["order"]
    return context | {
        "parts": [_part(line, list(of_line)) for line, of_line in groupby(rows, key=lambda row: row.line)],
        "owed": sum((row.amount for row in rows), ZERO),
        "reason": rows[0].reason if is_operator and rows else "",
        "said": [words.customer_text if is_operator else words.public_text for words in said.order_by("pk")],
        "is_customer": mail.context["is_customer"],
        "seats_url": settings.SITE_URL + area_url("account-seats", order) if is_operator else "",
        "is_operator_new": mail.context.get("is_operator_new", False),
    }


def _part(line: OrderLine, rows: list[GivingBack]) -> dict[str, Any]:
    return {
        "name": line.name,
        "units": in_ranges((row.first_index + 1, row.last_index + 1) for row in rows),
        "count": sum(row.last_index - row.first_index + 1 for row in rows),
        "quantity": line.quantity,
        "amount": sum((row.amount for row in rows), ZERO),
    }


def _charged_back(mail: Mail, *, blank: bool) -> dict[str, Any]:
    taken = Allocation.objects.filter(charge_back=mail.context["charge_back"], request__order=mail.order_id)
    return order_context(mail, blank=blank) | {"amount": taken.aggregate(sum=Sum("amount"))["sum"] or ZERO}


def _money(mail: Mail, *, blank: bool) -> dict[str, Any]:
    event = PaymentEvent.objects.select_related("order").get(pk=mail.context["event"])
    return {
        "event": event,
        "order": event.order,
        "method": method_label(event.provider),
        "pieces": sum_in_words(pieces_of(event.order)) if event.order and not event.is_afterwards else "",
        "admin_url": settings.SITE_URL + reverse("admin:shop_paymentevent_change", args=[event.pk]),
    }


def _refund(mail: Mail, *, blank: bool) -> dict[str, Any]:
    """Return the context of a mail about one refund of an order: its amount and way."""
    refund = Refund.objects.select_related("payment", "payee").get(pk=mail.context["refund"])
    method = way_of(refund) if refund.way == Refund.Way.PROVIDER else ""
    said = {"refund": refund, "method": method, "problem": problem_in_words(refund.problem)}
    return order_context(mail, blank=blank) | said


def _card(mail: Mail, *, blank: bool) -> dict[str, Any]:
    """Return the context of a mail about a saved card that was not charged: what is owed, and where it is paid."""
    charge = CardCharge.objects.select_related("request", "card").get(pk=mail.context["charge"])
    token = token_of(charge.request)
    url = settings.SITE_URL + reverse("pay-link", args=[token]) if token else ""
    rests = [each.rest for each in asked_of(charge.request.order) if each.request.pk == charge.request_id]
    return order_context(mail, blank=blank) | {
        "charge": charge,
        "rest": rests[0] if rests else ZERO,
        "next_try": charge.next_at if mail.context["number"] == charge.tries else None,
        "pay_url": BLANK if blank and url else url,
    }


def renew(mail: Mail, now: datetime) -> Renewed:
    """Make sure that the link in a mail sent again still claims its order. Raises ResendRefused for instructions to
    pay an order that no longer waits for money, or a payer's part that is paid."""
    assert mail.order_id is not None
    order = Order.objects.select_related("account").get(pk=mail.order_id)
    if mail.kind in TO_PAY and order.status != Order.Status.PLACED:
        raise ResendRefused(_("The order no longer waits for money: this mail would ask for it again."))
    if mail.kind == "payer_instructions" and _is_paid(order, mail.context.get("request")):
        raise ResendRefused(_("This part of the order is paid: the mail would ask for it again."))
    if not order.is_claimed and order.contact_email:
        living_claim_link(order, now=now)
    return Renewed(mail.context)


def _is_paid(order: Order, request_id: int | None) -> bool:
    return any(each.request.pk == request_id and each.rest <= 0 for each in asked_of(order))


def is_due_to_operator(mail: Mail, now: datetime) -> bool:
    """Tell whether a mail to an operator still concerns them; else queue it for the owner who joined first.

    A mail to a buyer who is no operator, and one to a visitor's address, is always due.
    """
    if mail.person_id is None or mail.order_id is None or not mail.context.get("is_operator", True):
        return True
    order = Order.objects.select_related("account").get(pk=mail.order_id)
    if operators_of(order.account).filter(pk=mail.person_id).exists():
        return True
    owner = first_owner(order.account)
    if owner is not None:
        queue_for_owner(order, mail, owner)
    return False


def shop_frame() -> dict[str, Any]:
    """Return head and foot of every mail; a mail about an order names the seller as sold, with today's logo and support
    address."""
    shop = ShopIdentity.current()
    logo_url = urljoin(settings.SITE_URL, shop.logo.url) if shop.logo else ""
    return _names_of(shop) | {"support_email": shop.support_email, "logo_url": logo_url}


def _names_of(seller: ShopIdentity | FrozenSeller) -> dict[str, Any]:
    return {
        "shop_name": seller.name or urlsplit(settings.SITE_URL).hostname,
        "sender_name": seller.name,
        "shop_address": "\n".join(seller.address.lines_below_name),
    }


KINDS = {
    "order_placed": (order_context, pgettext_lazy("kind of mail", "Order placed")),
    "order_placed_sales": (order_context, pgettext_lazy("kind of mail", "Order placed, to the sales team")),
    "payment_instructions": (_instructions, pgettext_lazy("kind of mail", "How to pay")),
    "payer_instructions": (_payer, pgettext_lazy("kind of mail", "How to pay, to the payer")),
    "payment_received": (_settled, pgettext_lazy("kind of mail", "Payment received")),
    "payment_received_sales": (_settled, pgettext_lazy("kind of mail", "Payment received, to the sales team")),
    "order_again": (order_context, pgettext_lazy("kind of mail", "Order, its page once more")),
    "payer_nothing_due": (order_context, pgettext_lazy("kind of mail", "Nothing due any more, to the payer")),
    "payer_order_ended": (order_context, pgettext_lazy("kind of mail", "Order ended, to the payer")),
    "order_ended": (_ended, pgettext_lazy("kind of mail", "Order ended")),
    "delivered": (_line, pgettext_lazy("kind of mail", "Delivery, to the operator")),
    "delivered_public": (_line, pgettext_lazy("kind of mail", "Delivery, to the buyer")),
    "delivered_sales": (_line, pgettext_lazy("kind of mail", "Delivery, to the sales team")),
    "given_back": (_given_back, pgettext_lazy("kind of mail", "Units given back")),
    "refund_sent": (_refund, pgettext_lazy("kind of mail", "Refund sent")),
    "refund_failed": (_refund, pgettext_lazy("kind of mail", "Refund failed")),
    "refund_failed_sales": (_refund, pgettext_lazy("kind of mail", "Refund failed, to the sales team")),
    "card_not_charged": (_card, pgettext_lazy("kind of mail", "Saved card not charged")),
    "charged_back": (_charged_back, pgettext_lazy("kind of mail", "Payment taken back by the bank")),
    "line_failed_sales": (_line, pgettext_lazy("kind of mail", "Delivery failed, to the sales team")),
    "money_needs_attention": (_money, pgettext_lazy("kind of mail", "Payment that needs attention")),
}

TO_PAY = ("payment_instructions", "payer_instructions")
TO_OPERATORS = ("delivered", "given_back")


def _receiver(kind: str) -> Receiver:
    if kind.endswith("_sales") or kind == "money_needs_attention":
        return Receiver.SHOP
    return Receiver.PAYER if kind.startswith("payer_") else Receiver.CUSTOMER


for name, (build, label) in KINDS.items():
    register_mail_kind(
        name,
        template=f"orders/mails/{name}",
        build=build,
        label=label,
        renew=None if build is _money else renew,
        is_due=is_due_to_operator if name in TO_OPERATORS else None,
        receiver=_receiver(name),
    )
FRAMES.add(shop_frame)
