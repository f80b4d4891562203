"""Mails about an order, queued in the transaction of the event.

While an order is unclaimed, its typed address gets only mails about the order that name no person. The content of a
mail is built by its kind (`shop.orders.mail_kinds`) when it is sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Max

from accounts.links.models import AddressLink
from accounts.links.services import VALID_FOR, NewLink, create_links
from accounts.people.models import User
from outbox.mails.models import Mail
from outbox.mails.services import NewMail, queue_mails
from shop.orders.models import Order, OrderLine
from shop.payments.models import PaymentEvent
from shop.payments.port import Provider
from shop.seller.models import ShopIdentity


def queue_placed(order: Order, *, now: datetime) -> None:
    """Queue the mails to the customer and the sales team; a visitor's mail carries the link that claims the order."""
    if not order.is_claimed:
        create_claim_link(order, now=now)
    queue_mails([_to_customer(order, "order_placed"), *_to_sales(order, "order_placed_sales")])


def create_claim_link(order: Order, *, now: datetime) -> None:
    """Record a link that claims an order. The mails of the order carry its newest link."""
    create_links(
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


def queue_payment_instructions(order: Order, provider: Provider) -> None:
    """Queue the instructions for payment to the customer and to an outside payer."""
    occasion = f"payment_instructions:{provider.name}"
    mails = [_to_customer(order, "payment_instructions", occasion=occasion)]
    if order.payer_email and order.payer_email != order.contact_email:
        mails.append(_mail(order, "payer_instructions", order.payer_email, occasion=f"{occasion}:payer"))
    queue_mails(mails)


def queue_payment_received(order: Order) -> None:
    if not order.is_free:
        queue_mails([_to_customer(order, "payment_received"), *_to_sales(order, "payment_received_sales")])


def queue_delivered(order: Order, line: OrderLine, *, is_operator_new: bool = False) -> None:
    """Queue the mails about a delivered line: to the operator with everything, to a different buyer without persons, to
    the sales team.

    `is_operator_new` tells an owner that the part of a former operator has passed to them.
    """
    occasion = f"delivered:{line.pk}"
    context: dict[str, Any] = {"line": line.pk}
    mails = [*_to_sales(order, "delivered_sales", occasion=f"{occasion}:sales", context=context)]
    if order.operator is None:
        mails.append(_mail(order, "delivered_public", order.contact_email, occasion=occasion, context=context))
    else:
        operator = order.operator
        told = context | {"is_operator_new": is_operator_new}
        mails.append(_to_operator(order, operator, "delivered", occasion=occasion, context=told))
        if order.buyer is not None and order.buyer != operator:
            mails.append(
                _mail(order, "delivered_public", order.buyer.email, occasion=f"{occasion}:buyer", context=context)
            )
    queue_mails(mails)


def queue_given_back(order: Order, *, givings: Sequence[int], operator: User | None) -> None:
    """Queue the mails about one act of giving back, whose rows of `GivingBack` are given by key.

    The customer reads the amount, the order's operator the reason; somebody who is both gets one mail with both. While
    the order is unclaimed, its address reads no word that may name a person. Without a row nothing is told.
    """
    if not givings:
        return
    occasion = f"given_back:{givings[0]}"
    context = {"givings": list(givings)}
    is_both = operator is not None and operator == order.buyer
    mails = [
        _to_customer(
            order, "given_back", occasion=occasion, context=context | {"is_customer": True, "is_operator": is_both}
        )
    ]
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
            for recipient in _sales_recipients()
        ]
    )


def queue_ended_unpaid(order: Order) -> None:
    """Queue a mail to the customer: the order was cancelled, or expired unpaid."""
    queue_mails([_to_customer(order, "order_ended", occasion=f"order_ended:{order.status}")])


def _to_customer(order: Order, kind: str, *, occasion: str = "", context: dict[str, Any] | None = None) -> NewMail:
    buyer = order.buyer
    return _mail(
        order,
        kind,
        buyer.email if buyer else order.contact_email,
        occasion=occasion,
        context=context,
        person_id=buyer.pk if buyer else None,
    )


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


def _to_sales(
    order: Order,
    kind: str,
    *,
    occasion: str = "",
    context: dict[str, Any] | None = None,
) -> list[NewMail]:
    return [
        _mail(order, kind, recipient, occasion=occasion, context=context, language=settings.LANGUAGE_CODE)
        for recipient in _sales_recipients()
    ]


def _sales_recipients() -> list[str]:
    address = ShopIdentity.current().sales_address
    return [address] if address else []


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
