"""Sending an account's credit back, which can ask for a second person."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.members.models import CustomerAccount
from accounts.people.models import User
from accounts.second_person.acts import ACTS, Act, Doing, Values
from accounts.second_person.models import Approval
from accounts.second_person.money_back import measure_of_money_back
from accounts.second_person.services import do_or_ask
from common.admin.display import amount
from shop.payments.credit.sending import send_credit_back
from shop.payments.refunds.models import Refund
from shop.payments.transfers_back.models import PayeeAccount

SEND_CREDIT = "send_credit"


def send_credit_or_ask(
    *, account_id: int, amount: Decimal, currency: str, payee: PayeeAccount, actor: User, now: datetime
) -> tuple[Refund, Approval | None]:
    """Send credit back (`send_credit_back`), or keep that for a second person. `payee` is stored already."""
    values = {"account": account_id, "amount": str(amount), "currency": currency, "payee": payee.pk}
    return do_or_ask(kind=SEND_CREDIT, about=f"account:{account_id}", values=values, actor=actor, now=now)


def _send(values: Values, doing: Doing) -> Refund:
    return send_credit_back(
        account_id=values["account"],
        amount=Decimal(values["amount"]),
        currency=values["currency"],
        payee=PayeeAccount.objects.get(pk=values["payee"]),
        actor=doing.actor,
        now=doing.now,
    )


def _told(values: Values) -> list[tuple[str | Promise, str]]:
    payee = PayeeAccount.objects.get(pk=values["payee"])
    return [
        (_("Customer account"), str(CustomerAccount.objects.get(pk=values["account"]))),
        (_("To be sent back"), amount(Decimal(values["amount"]), values["currency"])),
        (_("Bank account"), payee.in_words),
    ]


def register() -> None:
    ACTS.register(
        SEND_CREDIT,
        Act(
            kind=SEND_CREDIT,
            label=gettext_lazy("Send credit of an account back"),
            permission="shop.send_refund",
            perform=_send,
            told=_told,
            url=lambda values: reverse("admin:accounts_customeraccount_change", args=[values["account"]]),
            measure=measure_of_money_back(lambda refund, _values: refund.amount),
        ),
    )
