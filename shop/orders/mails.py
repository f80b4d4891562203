"""Mails about an order, queued in the transaction of the event.

While an order is unclaimed, its typed address gets only mails about the order that name no person. The content of a
mail is built by its kind (`shop.orders.mail_kinds`) when it is sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Max

from accounts.links.models import AddressLink
from accounts.links.services import VALID_FOR, NewLink, create_links
from accounts.people.models import User
from common.plain_rows import plain_row
from documents.issued.mailed import telling_of
from outbox.mails.models import Mail
from outbox.mails.services import NewMail, queue_mails
from shop.orders.lines.models import OrderLine
from shop.orders.locks import lock_order
from shop.orders.models import Order
from shop.payments.models import PaymentEvent
from shop.payments.port import Provider
from shop.payments.requests.links import make_link
from shop.seller.models import ShopIdentity

# A mailed link works for at least this long.
LINK_LIVES_FOR = timedelta(days=7)


def queue_placed(order: Order, *, now: datetime) -> None:
    """Queue the mails to the customer and the sales team; a visitor's mail carries the link that claims the order."""
    queue_mails([*to_customer(order, "order_placed", now=now), *_to_sales(order, "order_placed_sales")])


def queue_again(order: Order, *, now: datetime) -> None:
    """Queue a mail with the order's page, and the link that claims it, to the address of an unclaimed order."""
    queue_mails(to_customer(order, "order_again", occasion=f"order_again:{int(now.timestamp())}", now=now))


def renew_claim(link: AddressLink, now: datetime) -> AddressLink | None:
    """Return a link that claims the order of a dead one; None once it is claimed, or its customer was erased. Locks the
    order."""
    assert link.order_id is not None
    order = lock_order(link.order_id)
    return None if order.is_claimed or not order.contact_email else living_claim_link(order, now=now)


def queue_payment_instructions(order: Order, provider: Provider, *, now: datetime) -> None:
    """Queue the instructions for payment to the customer and to an outside payer."""
    occasion = f"payment_instructions:{provider.name}"
    mails = to_customer(order, "payment_instructions", occasion=occasion, now=now)
    if has_outside_payer(order) and provider.name == "transfer":
        # One for each order, whatever is chosen how often: nobody asked the payer.
        linked = make_link(order, now=now)
        context = {"request": linked.pk} if linked is not None else None
        mails.append(_mail(order, "payer_instructions", order.payer_email, context=context))
    queue_mails(mails)


def queue_payment_received(order: Order, *, seller: ShopIdentity, now: datetime) -> None:
    """Queue the news to the customer, to an outside payer who was asked for the money and did not pay it, and to the
    sales team."""
    if not order.is_free:
        queue_mails(
            [
                *to_customer(order, "payment_received", context=telling_of(order.pk, now), now=now),
                *_to_asked_payer(order, "payer_nothing_due", unless_told="payer_received"),
                *_to_sales(order, "payment_received_sales", seller=seller),
            ]
        )


def queue_delivered(order: Order, line: OrderLine, *, now: datetime, is_operator_new: bool = False) -> None:
    """Queue the mails about a delivered line: to the operator with everything, to a different buyer without persons, to
    the sales team.

    `is_operator_new` tells an owner that the part of a former operator has passed to them.
    """
    occasion = f"delivered:{line.pk}"
    context: dict[str, Any] = {"line": line.pk}
    mails = [*_to_sales(order, "delivered_sales", occasion=f"{occasion}:sales", context=context)]
    if order.operator is None:
        mails += to_customer(order, "delivered_public", occasion=occasion, context=context, now=now)
    else:
        operator = order.operator
        told = context | {"is_operator_new": is_operator_new}
        mails.append(_to_operator(order, operator, "delivered", occasion=occasion, context=told))
        if order.buyer is not None and order.buyer != operator and order.contact_email:
            mails.append(
                _mail(
                    order,
                    "delivered_public",
                    order.buyer.email,
                    occasion=f"{occasion}:buyer",
                    context=context,
                    person_id=order.buyer.pk,
                )
            )
    queue_mails(mails)


def queue_given_back(order: Order, *, givings: Sequence[int], operator: User | None, now: datetime) -> None:
    """Queue the mails about one act of giving back, whose rows of `GivingBack` are given by key.

    The customer reads the amount, the order's operator the reason; somebody who is both gets one mail with both. While
    the order is unclaimed, its address reads no word that may name a person. Without a row nothing is told.
    """
    if not givings:
        return
    occasion = f"given_back:{givings[0]}"
    context = {"givings": list(givings)}
    is_both = operator is not None and operator == order.buyer
    mails = to_customer(
        order,
        "given_back",
        occasion=occasion,
        context=context | {"is_customer": True, "is_operator": is_both} | telling_of(order.pk, now),
        now=now,
    )
    if operator is not None and not is_both:
        told = context | {"is_customer": False, "is_operator": True}
        mails.append(_to_operator(order, operator, "given_back", occasion=f"{occasion}:operator", context=told))
    queue_mails(mails)


def queue_for_owner(order: Order, mail: Mail, owner: User) -> None:
    """Queue a mail for a former operator anew, for the owner who takes the operator's part."""
    occasion = f"{mail.key.removeprefix(f'order:{order.pk}:')}:owner:{owner.pk}"
    queue_mails(
        [_to_operator(order, owner, mail.kind, occasion=occasion, context=mail.context | {"is_operator_new": True})]
    )


def queue_line_failed(order: Order, line: OrderLine) -> None:
    """Queue a mail to the sales team, each time a line fails."""
    last = order.events.aggregate(last=Max("pk"))["last"]
    queue_mails(
        _to_sales(order, "line_failed_sales", occasion=f"line_failed:{line.pk}:{last}", context={"line": line.pk})
    )


def queue_money_needs_attention(event: PaymentEvent, order: Order | None, outcome: str) -> None:
    """Queue a mail to the sales team about an unallocated payment, a refund or a dispute."""
    queue_mails(
        [
            NewMail(
                kind="money_needs_attention",
                key=f"money_needs_attention:{event.pk}",
                recipient=recipient,
                language=settings.LANGUAGE_CODE,
                context={"event": event.pk, "outcome": outcome},
                account_id=order.account_id if order else None,
                order_id=order.pk if order else None,
            )
            for recipient in _sales_recipients(ShopIdentity.current())
        ]
    )


def queue_refund_sent(order: Order, *, refund_id: int, now: datetime) -> None:
    """Queue the news to the customer that money was sent back: by which way, and when it arrives."""
    context = {"refund": refund_id}
    queue_mails(to_customer(order, "refund_sent", occasion=f"refund_sent:{refund_id}", context=context, now=now))


def queue_refund_failed(order: Order, *, refund_id: int, was_told: bool, now: datetime) -> None:
    """Queue the news that a refund failed: to the sales team, and to a customer who was told that it was sent."""
    context = {"refund": refund_id}
    occasion = f"refund_failed:{refund_id}"
    queue_mails(
        [
            *(to_customer(order, "refund_failed", occasion=occasion, context=context, now=now) if was_told else []),
            *_to_sales(order, "refund_failed_sales", occasion=f"{occasion}:sales", context=context),
        ]
    )


def queue_card_not_charged(order: Order, *, charge_id: int, number: int, now: datetime) -> None:
    """Queue the news to the customer that a saved card was not charged at the try of this number, with a pay link."""
    context, occasion = {"charge": charge_id, "number": number}, f"card_not_charged:{charge_id}:{number}"
    queue_mails(to_customer(order, "card_not_charged", occasion=occasion, context=context, now=now))


def queue_charged_back(order: Order, *, charge_back_id: int, now: datetime) -> None:
    """Queue the news for the customer that their bank has taken money back, which is owed again."""
    occasion, context = f"charged_back:{charge_back_id}", {"charge_back": charge_back_id}
    queue_mails(to_customer(order, "charged_back", occasion=occasion, context=context, now=now))


def queue_ended_unpaid(order: Order, *, received: Decimal, now: datetime) -> None:
    """Queue a mail to the customer, and to an outside payer who was asked for the money: the order was cancelled, or
    expired unpaid. `received` is what was paid for it all the same, and is the customer's again."""
    occasion = f"order_ended:{order.status}"
    context = {"received": str(received)} | telling_of(order.pk, now)
    queue_mails(
        [
            *to_customer(order, "order_ended", occasion=occasion, context=context, now=now),
            *_to_asked_payer(order, "payer_order_ended", occasion=f"{occasion}:payer"),
        ]
    )


def has_outside_payer(order: Order) -> bool:
    """Tell whether somebody else than the customer was named as the payer."""
    return order.payer_email not in ("", order.contact_email)


def to_customer(
    order: Order, kind: str, *, now: datetime, occasion: str = "", context: dict[str, Any] | None = None
) -> list[NewMail]:
    """Make a mail to the buyer, or to the typed address of an unclaimed order, which gets a living link to claim it;
    none to a customer who was erased."""
    buyer = order.buyer
    if not order.contact_email:
        return []
    if buyer is None:
        living_claim_link(order, now=now)
    return [
        _mail(
            order,
            kind,
            buyer.email if buyer else order.contact_email,
            occasion=occasion,
            context=context,
            person_id=buyer.pk if buyer else None,
        )
    ]


def _to_operator(order: Order, operator: User, kind: str, *, occasion: str, context: dict[str, Any]) -> NewMail:
    return _mail(
        order,
        kind,
        operator.email,
        occasion=occasion,
        context=context,
        language=operator.language,
        person_id=operator.pk,
    )


def living_claim_link(order: Order, *, now: datetime) -> AddressLink:
    """Return the newest link that claims an order and lives for some days yet; make one if there is none."""
    living = "WHERE purpose = %s AND order_id = %s AND used_at IS NULL AND expires_at > %s ORDER BY id DESC LIMIT 1"
    found = plain_row(AddressLink, living, [AddressLink.Purpose.CLAIM, order.pk, now + LINK_LIVES_FOR])
    if found is not None:
        return found
    [made] = create_links(
        links=[
            NewLink(
                purpose=AddressLink.Purpose.CLAIM,
                email=order.contact_email,
                account=order.account,
                order_id=order.pk,
                language=order.language,
            )
        ],
        now=now,
        # The link must work if the money comes at the last moment, and then as long as any other link.
        valid_for=timedelta(days=ShopIdentity.current().deferred_days) + VALID_FOR,
    )
    return made


def to_payer(order: Order, email: str, kind: str, *, occasion: str, context: dict[str, Any]) -> NewMail:
    """Make a mail that asks an outside payer for a part of an order, which `context` names."""
    return _mail(order, kind, email, occasion=occasion, context=context)


def _to_asked_payer(order: Order, kind: str, *, occasion: str = "", unless_told: str = "") -> list[NewMail]:
    """Make a mail to the outside payer, if this one was mailed how to pay: nobody else hears of facts of an order. None
    to one who got a mail of the kind `unless_told`."""
    if not has_outside_payer(order):
        return []
    mails = Mail.objects.filter(order_id=order.pk, recipient=order.payer_email)
    told = set(mails.filter(kind__in=("payer_instructions", unless_told)).values_list("kind", flat=True))
    if told != {"payer_instructions"}:
        return []
    return [_mail(order, kind, order.payer_email, occasion=occasion)]


def _to_sales(
    order: Order,
    kind: str,
    *,
    occasion: str = "",
    context: dict[str, Any] | None = None,
    seller: ShopIdentity | None = None,
) -> list[NewMail]:
    return [
        _mail(order, kind, recipient, occasion=occasion, context=context, language=settings.LANGUAGE_CODE)
        for recipient in _sales_recipients(seller or ShopIdentity.current())
    ]


def _sales_recipients(seller: ShopIdentity) -> list[str]:
    return [seller.sales_address] if seller.sales_address else []


def _mail(
    order: Order,
    kind: str,
    recipient: str,
    *,
    occasion: str = "",
    context: dict[str, Any] | None = None,
    language: str = "",
    person_id: int | None = None,
) -> NewMail:
    return NewMail(
        kind=kind,
        key=f"order:{order.pk}:{occasion or kind}",
        recipient=recipient,
        language=language or order.language,
        context=context or {},
        account_id=order.account_id,
        order_id=order.pk,
        person_id=person_id,
    )
