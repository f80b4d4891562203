"""Cards saved by a customer, and the days on which they are charged."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from outbox.jobs.models import Job
from shop.orders.models import Order
from shop.payments.models import Payment
from shop.payments.requests.services import parts_of
from shop.payments.saved_cards.charging import charge_due, follow
from shop.payments.saved_cards.models import CardCharge, SavedCard
from shop.payments.saved_cards.saving import hear_of_card, start_saving
from shop.payments.services import methods_for
from tests.shop.payments.providers.desks import AtStripe

DAYS = 10


def begin(order: Order, *, now: datetime | None = None) -> str:
    """Begin to save a card; return the address of the page."""
    asked = parts_of(order)
    return start_saving(order=order, asked=asked, methods=methods_for(order, asked), now=now or timezone.now())


def saved(order: Order, desk: AtStripe, choice: str = "save") -> SavedCard:
    """Save a card that behaves as chosen at the stand-in."""
    begin(order)
    row = SavedCard.objects.get(order=order, state="started")
    desk.service.save_card(row.reference, choice)
    desk.service.waiting.clear()
    assert hear_of_card(desk.provider, row.reference, now=timezone.now())
    row.refresh_from_db()
    return row


def on(days: int) -> datetime:
    """Return the moment so many days from now."""
    return timezone.now() + timedelta(days=days)


def charge(now: datetime) -> None:
    """Do what is done on a day: begin what is due, and run the jobs."""
    charge_due(now=now)
    for job in Job.objects.filter(kind="charge_stripe", state="pending").order_by("pk"):
        follow(charge_id=job.payload["charge"], now=now)
        Job.objects.filter(pk=job.pk).delete()


def paid(order: Order) -> list[str]:
    """Return the amounts that an order has received, oldest first."""
    found = Payment.objects.filter(order=order, status="succeeded").order_by("pk")
    return [str(payment.amount) for payment in found]


def only_charge() -> CardCharge:
    return CardCharge.objects.get()
