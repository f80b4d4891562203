"""Notifications of the imaginary bank: signed messages, read by the port like any other."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from outbox.jobs.models import Job
from outbox.jobs.registry import Urgency, job_kind
from shop.payments import services as payments
from shop.payments.port import Message
from shop.payments.providers.sandbox import bank
from shop.payments.providers.sandbox.provider import SIGNATURE_HEADER, event_of, provider


def notify(charge: bank.Charge, event_id: str, *, now: datetime, kind: str = "") -> None:
    """Send a notification about a charge: of its outcome, unless another kind is named."""
    body, signed = bank.notification(event_of(charge, event_id=f"{event_id}:{charge.reference}", kind=kind))
    payments.receive_notification(provider=provider, message=Message(body, {SIGNATURE_HEADER: signed}), now=now)


@job_kind("sandbox_notification", label=_("Tell of a payment at the sandbox"), urgency=Urgency.DELIVERIES)
def notify_late(job: Job, now: datetime) -> None:
    """Send the late notification, some time after the customer has left the bank's page."""
    notify(bank.read_charge(job.payload["reference"]), "late", now=now)
