"""Acts with an order's money that can ask for a second person: confirming it, giving back, sending it back, noting it
as paid back."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.people.models import User
from accounts.second_person.acts import ACTS, Act, Doing, Measure, Values
from accounts.second_person.models import Approval
from accounts.second_person.money_back import measure_of_money_back
from accounts.second_person.services import do_or_ask
from common.admin.display import amount
from handlers.contract import RevokeReason, runs_of
from shop.orders.giving_back.paying_back import mark_paid_back
from shop.orders.giving_back.ranges import in_ranges
from shop.orders.giving_back.services import GivenBack, give_units_back
from shop.orders.history.models import OrderEvent
from shop.orders.lines.models import OrderLine
from shop.orders.models import Order
from shop.orders.transitions import record
from shop.payments.refunds.sending import How, send_back, shares_of
from shop.payments.services import confirm_received
from shop.payments.transfers_back.models import PayeeAccount

CONFIRM, GIVE_BACK, NOTE_PAID_BACK = "confirm_money", "give_back_units", "note_paid_back"
SEND_BACK = "send_refund"


def confirm_or_ask(
    *, order_id: int, amount: Decimal, reference: str, is_what_arrived: bool, actor: User, now: datetime
) -> tuple[str, Approval | None]:
    """Confirm money received (`confirm_received`), or keep that for a second person."""
    values = {"amount": str(amount), "reference": reference, "is_what_arrived": is_what_arrived}
    return _do_or_ask(CONFIRM, order_id, values, actor=actor, now=now)


def give_back_or_ask(
    *,
    order_id: int,
    units: Mapping[int, Collection[int]],
    reason: str,
    include_consumed: bool,
    without_script: bool,
    why: RevokeReason,
    amount: Decimal | None,
    actor: User,
    now: datetime,
) -> tuple[GivenBack, Approval | None]:
    """Give units back (`give_units_back`), or keep that for a second person."""
    values = {
        "units": {
            str(line_id): [[run.start, run.stop - 1] for run in runs_of(indexes)] for line_id, indexes in units.items()
        },
        "reason": reason,
        "include_consumed": include_consumed,
        "without_script": without_script,
        "why": str(why.value),
        "amount": None if amount is None else str(amount),
    }
    return _do_or_ask(GIVE_BACK, order_id, values, actor=actor, now=now)


def note_paid_back_or_ask(
    *, order_id: int, amount: Decimal, paid_on: date, reference: str, actor: User, now: datetime
) -> tuple[Decimal, Approval | None]:
    """Note money as paid back (`mark_paid_back`), or keep that for a second person."""
    values = {"amount": str(amount), "paid_on": paid_on.isoformat(), "reference": reference}
    return _do_or_ask(NOTE_PAID_BACK, order_id, values, actor=actor, now=now)


def send_back_or_ask(
    *, order_id: int, owed: Decimal, how: How, payee: PayeeAccount | None, actor: User, now: datetime
) -> tuple[Decimal, Approval | None]:
    """Send back what is owed (`send_back`), or keep that for a second person. `payee` is stored already."""
    values = {"owed": str(owed), "how": how.value, "payee": payee.pk if payee else None}
    return _do_or_ask(SEND_BACK, order_id, values, actor=actor, now=now)


def _do_or_ask(kind: str, order_id: int, values: Values, *, actor: User, now: datetime) -> tuple[Any, Approval | None]:
    asked = {"order": order_id, **values}
    return do_or_ask(kind=kind, about=f"order:{order_id}", values=asked, actor=actor, now=now)


def waits(order: Order) -> bool:
    """Tell whether an act with the order waits for a second person; no query in a shop that never asks for one."""
    if settings.SECOND_PERSON_CONFIRM_ABOVE is None and settings.SECOND_PERSON_GIVE_BACK_ABOVE is None:
        return False
    return Approval.objects.filter(about=f"order:{order.pk}", state=Approval.State.OPEN).exists()


# --- Doing it ---


def _confirm(values: Values, doing: Doing) -> str:
    outcome = confirm_received(
        order_id=values["order"],
        amount=Decimal(values["amount"]),
        reference=values["reference"],
        is_what_arrived=values["is_what_arrived"],
        actor=doing.actor,
        now=doing.now,
    )
    _name_both(CONFIRM, values, doing)
    return outcome


def _give_back(values: Values, doing: Doing) -> GivenBack:
    given = give_units_back(
        order_id=values["order"],
        units=_units(values),
        actor=doing.actor,
        reason=values["reason"],
        include_consumed=values["include_consumed"],
        without_script=values["without_script"],
        why=RevokeReason(values["why"]),
        amount=_typed(values),
        now=doing.now,
    )
    _name_both(GIVE_BACK, values, doing)
    return given


def _note_paid_back(values: Values, doing: Doing) -> Decimal:
    paid = mark_paid_back(
        order_id=values["order"],
        amount=Decimal(values["amount"]),
        paid_on=date.fromisoformat(values["paid_on"]),
        reference=values["reference"],
        actor=doing.actor,
        now=doing.now,
    )
    _name_both(NOTE_PAID_BACK, values, doing)
    return paid


def _send_back(values: Values, doing: Doing) -> Decimal:
    sent = send_back(
        order_id=values["order"],
        owed=Decimal(values["owed"]),
        how=_how(values),
        payee=_payee(values),
        actor=doing.actor,
        now=doing.now,
    )
    _name_both(SEND_BACK, values, doing)
    return sent


def _how(values: Values) -> How:
    # A request of the previous release names no way.
    return How(values.get("how", How.AS_IT_CAME))


def _payee(values: Values) -> PayeeAccount | None:
    key = values.get("payee")
    return PayeeAccount.objects.get(pk=key) if key else None


def _typed(values: Values) -> Decimal | None:
    # A request of the previous release names no amount.
    return Decimal(values["amount"]) if values.get("amount") else None


def _units(values: Values) -> dict[int, list[int]]:
    return {
        int(line_id): [index for first, last in runs for index in range(first, last + 1)]
        for line_id, runs in values["units"].items()
    }


def _name_both(kind: str, values: Values, doing: Doing) -> None:
    """Add to the order's history that two people did it: the event's actor, and the one who asked."""
    if doing.asked_by is None:
        return
    detail = {"act": kind, "asked_by": doing.asked_by.pk}
    record(_order(values), OrderEvent.What.SECOND_PERSON, actor=doing.actor, now=doing.now, detail=detail)


# --- What it is about ---

Facts = list[tuple[str | Promise, str]]


def _order(values: Values) -> Order:
    return Order.objects.get(pk=values["order"])


def _told_confirm(values: Values) -> Facts:
    order = _order(values)
    return [
        (_("Order"), order.number),
        (_("Total"), amount(order.gross, order.currency)),
        (_("Amount received"), amount(Decimal(values["amount"]), order.currency)),
        (_("Reference of the payment"), values["reference"]),
    ]


def _told_give_back(values: Values) -> Facts:
    order = _order(values)
    names = {line.pk: line.name for line in OrderLine.objects.filter(order=order)}
    units = [
        (_("Units"), f"{names.get(int(line_id), '')}: {in_ranges((first + 1, last + 1) for first, last in runs)}")
        for line_id, runs in values["units"].items()
    ]
    owed = _("yes") if values["why"] == RevokeReason.REFUNDED.value else _("no")
    if owed == _("yes") and (typed := _typed(values)) is not None:
        owed = amount(typed, order.currency)
    return [(_("Order"), order.number), *units, (_("To be paid back"), owed), (_("Why"), values["reason"])]


def _told_paid_back(values: Values) -> Facts:
    order = _order(values)
    return [
        (_("Order"), order.number),
        (_("To be paid back"), amount(Decimal(values["amount"]), order.currency)),
        (_("Paid back on"), date_format(date.fromisoformat(values["paid_on"]), "DATE_FORMAT")),
        (_("Reference"), values["reference"]),
    ]


def _told_send_back(values: Values) -> Facts:
    order = _order(values)
    owed = Decimal(values["owed"])
    return [
        (_("Order"), order.number),
        (_("To be paid back"), amount(owed, order.currency)),
        *((share.method, amount(share.amount, order.currency)) for share in shares_of(order, owed, _how(values))),
        *([(_("Bank account"), payee.in_words)] if (payee := _payee(values)) else []),
    ]


def _url(values: Values) -> str:
    return reverse("admin:shop_order_change", args=[values["order"]])


def register() -> None:
    acts = (
        Act(
            kind=CONFIRM,
            label=gettext_lazy("Confirm a received payment"),
            permission="shop.confirm_money",
            perform=_confirm,
            told=_told_confirm,
            url=_url,
            measure=Measure(
                worth=lambda _outcome, values: Decimal(values["amount"]),
                limit=lambda: settings.SECOND_PERSON_CONFIRM_ABOVE,
            ),
        ),
        Act(
            kind=GIVE_BACK,
            label=gettext_lazy("Give units back"),
            permission="shop.give_back_units",
            perform=_give_back,
            told=_told_give_back,
            url=_url,
            measure=measure_of_money_back(lambda given, _values: given.worth),
        ),
        Act(
            kind=SEND_BACK,
            label=gettext_lazy("Send money back"),
            permission="shop.send_refund",
            perform=_send_back,
            told=_told_send_back,
            url=_url,
            measure=measure_of_money_back(lambda sent, _values: sent),
        ),
        Act(
            kind=NOTE_PAID_BACK,
            label=gettext_lazy("Note a payment back"),
            permission="shop.note_paid_back",
            perform=_note_paid_back,
            told=_told_paid_back,
            url=_url,
            measure=measure_of_money_back(lambda paid, _values: paid),
        ),
    )
    for act in acts:
        ACTS.register(act.kind, act)
