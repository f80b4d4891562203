"""Promises that cover payment requests without money: accepted by the merchant, or taken on account."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from catalog.pricing import ZERO
from common.again import again_after_deadlock
from common.plain_inserts import insert_rows
from common.refusals import Refused
from shop.orders.history.models import OrderEvent
from shop.orders.locks import lock_order
from shop.orders.models import Order
from shop.orders.standing import CONFIRMED
from shop.orders.transitions import record
from shop.payments.models import Settlement
from shop.payments.requests.asked import Asked, asked_of, releases
from shop.payments.requests.givers import Giver
from shop.payments.requests.models import PaymentRequest
from shop.payments.requests.release import has_its_places, release_order
from shop.payments.requests.services import reopen, requests_of

if TYPE_CHECKING:
    from accounts.people.models import User

Promise = PaymentRequest.Promise
State = PaymentRequest.State


class NothingToPromise(Refused):
    """Refusal because nothing of the order is asked for any more, or the chosen part is not."""

    message = _("Nothing of this order is open any more that a promise could cover.")


class ReferenceNeeded(Refused):
    """Refusal of a promise without the reference under which its giver knows it."""

    field = "reference"
    message = _("Type the reference of the promise: the commitment number, or the number of the file.")


class PlacesGone(Refused):
    """Refusal because the order has ended, or lost its places, and they cannot all be had again."""

    message = _("The places of this order are taken by others, so it cannot be confirmed any more.")


class PromiseTooSmall(Refused):
    """Refusal because an order that has ended comes back only by what releases it."""

    message = _("The order has ended, and this part alone does not bring it back.")


@again_after_deadlock
@transaction.atomic
def accept_promise(
    *,
    order_id: int,
    kind: str,
    reference: str,
    due_on: date | None,
    actor: User,
    now: datetime,
    positions: Collection[int] | None = None,
    giver: Giver | None = None,
) -> bool:
    """Accept a promise for an order's open requests, or for those at `positions` alone; tell whether it settled the
    order. An order that has ended comes back by it if its places can be had again.

    `reference` is the commitment number of a public body, or the number of a file. `due_on` is when the money is
    expected, `giver` whom an OPCO's share is invoiced to. Locks the order, and the courses of its lines if places
    have to be held again. Raises NothingToPromise, ReferenceNeeded, PlacesGone and PromiseTooSmall; then nothing has
    changed.
    """
    order = lock_order(order_id)
    reference = " ".join(reference.split())[: PaymentRequest.REFERENCE_LENGTH]
    if kind != Promise.ON_ACCOUNT and not reference:
        raise ReferenceNeeded
    return cover(
        order,
        kind=kind,
        reference=reference,
        due_on=due_on,
        positions=positions,
        giver=giver,
        actor=actor,
        now=now,
    )


def cover(
    order: Order,
    *,
    kind: str,
    reference: str,
    due_on: date | None,
    actor: User | None,
    now: datetime,
    positions: Collection[int] | None = None,
    giver: Giver | None = None,
) -> bool:
    """Cover open requests of a locked order by a promise, and settle the order if that releases it; tell whether it
    did. An OPCO covers the rest alone of a part that the buyer has begun to pay. Raises NothingToPromise, PlacesGone
    and PromiseTooSmall."""
    if order.blanked_at is not None or order.is_free:
        raise NothingToPromise
    is_settled = order.status != Order.Status.PLACED and Settlement.objects.filter(order=order).exists()
    asked = [] if is_settled and not order.requests.exists() else requests_of(order, now=now)
    covered = [each for each in asked if _is_open(each) and (positions is None or each.request.position in positions)]
    if not covered:
        raise NothingToPromise
    released = not is_settled and releases(order, asked, more=[each.request.pk for each in covered])
    if not is_settled and not released and order.status != Order.Status.PLACED:
        raise PromiseTooSmall
    if released and not has_its_places(order, now=now):
        raise PlacesGone
    reopen(asked)
    if kind == Promise.OPCO and any(each.received for each in covered):
        keys = _part_off(order, covered, now=now)
        asked = asked_of(order)
        covered = [each for each in asked if each.request.pk in keys]
    promise: dict[str, Any] = {
        "promise": kind,
        "promise_reference": reference,
        "giver": giver.as_kept() if giver else {},
        "promised_at": now,
        "promised_by": actor,
        "state": State.COVERED,
    }
    rows = PaymentRequest.objects.filter(pk__in=[each.request.pk for each in covered])
    promise |= {"due_on": due_on} if due_on else {}
    rows.update(**promise)
    for each in covered:
        for name, value in promise.items():
            setattr(each.request, name, value)
    detail = {"promise": str(kind), "reason": reference, "worth": str(sum((each.rest for each in covered), ZERO))}
    record(order, OrderEvent.What.PROMISED, actor=actor, now=now, detail=detail)
    if released:
        deposits = sum((each.received for each in asked), ZERO)
        release_order(
            order,
            method=str(kind),
            payment=None,
            deposits=deposits,
            allocated=None,
            asked=asked,
            actor=actor,
            now=now,
        )
    return released


def _part_off(order: Order, covered: Collection[Asked], *, now: datetime) -> set[int]:
    """Part the rests of requests that the buyer has begun to pay off, each into a request of its own: what was paid
    stays theirs, with its invoice. Return the keys of all that is left to cover."""
    begun = [each for each in covered if each.received > 0]
    last = PaymentRequest.objects.filter(order=order).aggregate(last=Max("position"))["last"]
    rests = [
        PaymentRequest(
            order=order, position=last + number, created_at=now, amount=each.rest, due_on=each.request.due_on
        )
        for number, each in enumerate(begun, 1)
    ]
    for each in begun:
        each.request.amount, each.request.state = each.request.lowered + each.received, State.PAID
    PaymentRequest.objects.bulk_update([each.request for each in begun], ["amount", "state"])
    insert_rows(rests)
    return {each.request.pk for each in covered if not each.received} | {rest.pk for rest in rests}


def may_be_promised(order: Order) -> bool:
    """Tell whether something of an order is open that a promise could cover. One query."""
    if order.is_free or order.is_closed or order.status == Order.Status.REFUNDED:
        return False
    asked = asked_of(order)
    return any(_is_open(each) for each in asked) or (not asked and order.status not in CONFIRMED)


def _is_open(asked: Asked) -> bool:
    return asked.request.state in (State.OPEN, State.WITHDRAWN) and asked.rest > 0
