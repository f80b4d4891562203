"""Calls made by a call centre: recorded at delivery, booked at its service by a job."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django import forms

from handlers.contract import Feedback, Handler, LineContext, Revocation, UnitContext
from outbox.errors import ServiceAway
from outbox.jobs.models import Job
from outbox.jobs.registry import job_kind
from outbox.jobs.services import NewJob, enqueue_many

from .models import Call
from .service import Away, book

KIND = "ext_callcentre_book"


class PhoneForm(forms.Form):
    phone = forms.CharField(label="Telephone number", max_length=30)


class CallCentre(Handler):
    name = "ext_callcentre"
    label = "Calls by the call centre"
    UnitForm = PhoneForm

    def post_payment(self, line: LineContext) -> Feedback:
        calls = [Call(line_id=line.line_id, unit=unit.index, phone=unit.answers["phone"]) for unit in line.units]
        Call.objects.bulk_create(calls, ignore_conflicts=True)
        key = f"{KIND}:{line.line_id}"
        enqueue_many(
            [
                NewJob(
                    kind=KIND,
                    key=key,
                    payload={"line": line.line_id},
                    account_id=line.account.pk,
                    order_id=line.order_id,
                )
            ]
        )
        return Feedback("The calls are being booked.", "The calls are being booked.", "The calls are being booked.")

    def revoke(self, line: LineContext, units: Sequence[UnitContext], reason: Revocation) -> Feedback:
        Call.objects.filter(line_id=line.line_id, unit__in=[unit.index for unit in units]).delete()
        return Feedback()


@job_kind(KIND, io=True, max_attempts=5, longest_silence=timedelta(minutes=2))
def book_calls(job: Job, now: datetime) -> None:
    for call in Call.objects.filter(line_id=job.payload["line"], reference="").order_by("unit"):
        try:
            call.reference = book(call.phone, key=f"{job.key}:{call.unit}")
        except Away as away:
            raise ServiceAway(f"The call centre does not answer: {away}") from away
        call.save(update_fields=["reference"])
