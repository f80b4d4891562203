"""Questions to VIES: asked by jobs, so that no checkout waits for an answer."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from accounts.people.models import User
from common.moments import local_day
from outbox.jobs.services import NewJob, enqueue_many
from shop.checkout.parties import OrderDetails
from shop.orders.models import Order
from shop.seller.models import ShopIdentity
from shop.vat_ids import vies
from shop.vat_ids.models import VatCheck
from shop.vat_ids.selectors import TO_TELL, digest_of, is_asked_of_vies

JOB_KIND = "check_vat_id"


def decides_on_tax(details: OrderDetails, *, seller: ShopIdentity) -> bool:
    """Tell whether the answer about a buyer's number decides on the tax: an organisation's of another member state, in
    a shop that charges VAT until there is an answer. No query."""
    is_asked = is_asked_of_vies(details.vat_id, seller_country=str(seller.country))
    return details.is_organisation and is_asked and vies.is_on() and seller.vat_id_rule == ShopIdentity.VatIdRule.CHARGE


@transaction.atomic
def ask_before_order(details: OrderDetails, *, now: datetime) -> None:
    """Ask about the number of a buyer who has not ordered yet, once a day for each number."""
    digest = digest_of(details.vat_id)
    VatCheck.objects.bulk_create([VatCheck(digest=digest, asked_at=now)], ignore_conflicts=True)
    check = VatCheck.objects.get(digest=digest, order__isnull=True)
    _enqueue(check, details.vat_id, key=f"{JOB_KIND}:{digest}:{local_day(now).isoformat()}")


def ask_about_order(order: Order, *, seller: ShopIdentity, now: datetime) -> None:
    """Ask about the number of an order that is being placed, in its transaction. Nothing for a number that decides
    nothing."""
    if order.is_organisation and vies.is_on() and is_asked_of_vies(order.vat_id, seller_country=str(seller.country)):
        check = VatCheck.objects.create(order=order, digest=digest_of(order.vat_id), asked_at=now)
        _enqueue(check, order.vat_id, key=f"{JOB_KIND}:order:{order.pk}:{check.pk}", order=order)


def ask_anew_about_order(order: Order, *, seller: ShopIdentity, now: datetime) -> None:
    """Ask about the number that an order has from now on, in the transaction that corrects it. The answer about the
    number before goes."""
    VatCheck.objects.filter(order=order).delete()
    ask_about_order(order, seller=seller, now=now)


def answer(*, check_id: int, vat_id: str, now: datetime) -> None:
    """Ask VIES and keep its answer. Frozen lines stay as they are, whatever it says. Raises what `vies.ask` raises."""
    requester = "".join(ShopIdentity.current().vat_number.split())
    told = vies.ask(vat_id, requester=requester)
    VatCheck.objects.filter(pk=check_id).update(
        state=VatCheck.State.VALID if told.is_valid else VatCheck.State.INVALID,
        answered_at=now,
        consultation_number=told.consultation_number,
    )


def note_unanswered(*, check_id: int) -> None:
    """Note that VIES never answered; an answer that is there already stays."""
    VatCheck.objects.filter(pk=check_id, state=VatCheck.State.ASKED).update(state=VatCheck.State.UNANSWERED)


def note_asked_again(*, check_id: int) -> None:
    VatCheck.objects.filter(pk=check_id, state=VatCheck.State.UNANSWERED).update(state=VatCheck.State.ASKED)


def note_looked_at(*, orders: Collection[int], actor: User, now: datetime) -> int:
    """Note that somebody looked at the answers about the numbers of orders, which are told no more. Return how many."""
    open_ones = VatCheck.objects.filter(order__in=orders, state__in=TO_TELL, looked_at__isnull=True)
    return open_ones.update(looked_at=now, looked_by=actor)


def _enqueue(check: VatCheck, vat_id: str, *, key: str, order: Order | None = None) -> None:
    payload = {"check": check.pk, "vat_id": vat_id}
    enqueue_many([NewJob(kind=JOB_KIND, key=key, payload=payload, order_id=order.pk if order else None)])
