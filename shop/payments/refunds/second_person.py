"""Sending unallocated money back, which can ask for a second person."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.people.models import User
from accounts.second_person.acts import ACTS, Act, Doing, Values
from accounts.second_person.models import Approval
from accounts.second_person.money_back import measure_of_money_back
from accounts.second_person.services import do_or_ask
from common.admin.display import NOTHING, amount
from shop.payments.models import PaymentEvent
from shop.payments.refunds.unallocated import send_unallocated_back
from shop.payments.registry import method_label
from shop.payments.transfers_back.models import PayeeAccount

SEND_UNALLOCATED = "send_unallocated"


def send_unallocated_or_ask(
    *, event_id: int, amount: Decimal, reason: str, payee: PayeeAccount | None, actor: User, now: datetime
) -> tuple[Decimal, Approval | None]:
    """Send unallocated money back (`send_unallocated_back`), or keep that for a second person. `payee`
    is stored already."""
    values = {"event": event_id, "amount": str(amount), "reason": reason, "payee": payee.pk if payee else None}
    return do_or_ask(kind=SEND_UNALLOCATED, about=f"event:{event_id}", values=values, actor=actor, now=now)


def _send(values: Values, doing: Doing) -> Decimal:
    return send_unallocated_back(
        event_id=values["event"],
        amount=Decimal(values["amount"]),
        reason=values["reason"],
        payee=_payee(values),
        actor=doing.actor,
        now=doing.now,
    )


def _payee(values: Values) -> PayeeAccount | None:
    return PayeeAccount.objects.get(pk=values["payee"]) if values["payee"] else None


def _told(values: Values) -> list[tuple[str | Promise, str]]:
    event = PaymentEvent.objects.select_related("order").get(pk=values["event"])
    return [
        (_("Unallocated payment"), event.get_outcome_display()),
        (_("Order"), event.order.number if event.order else NOTHING),
        (_("By"), payee.in_words if (payee := _payee(values)) else method_label(event.provider)),
        (_("To be sent back"), amount(Decimal(values["amount"]), event.currency)),
        (_("Why"), values["reason"] or NOTHING),
    ]


def register() -> None:
    ACTS.register(
        SEND_UNALLOCATED,
        Act(
            kind=SEND_UNALLOCATED,
            label=gettext_lazy("Send unallocated money back"),
            permission="shop.send_refund",
            perform=_send,
            told=_told,
            url=lambda values: reverse("admin:shop_paymentevent_change", args=[values["event"]]),
            measure=measure_of_money_back(lambda sent, _values: sent),
        ),
    )
