"""Mails about a withdrawal: the acknowledgement, and the news to the sales team."""

from __future__ import annotations

from django.conf import settings

from outbox.mails.services import NewMail
from shop.orders.models import Order
from shop.seller.models import ShopIdentity
from shop.withdrawal.models import Withdrawal


def acknowledgement(order: Order, withdrawal: Withdrawal) -> NewMail:
    return _mail(order, "withdrawal_received", withdrawal.answer_to, order.language)


def to_sales(order: Order) -> list[NewMail]:
    address = ShopIdentity.current().sales_address
    return [_mail(order, "withdrawal_sales", address, settings.LANGUAGE_CODE)] if address else []


def _mail(order: Order, kind: str, recipient: str, language: str) -> NewMail:
    return NewMail(
        kind=kind,
        key=f"order:{order.pk}:{kind}",
        recipient=recipient,
        language=language,
        context={},
        account_id=order.account_id,
        order_id=order.pk,
    )
