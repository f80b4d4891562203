"""Carrying an erasure out: the person is closed at once, then all that is held about them is blanked, in small steps.

    open → running      the person's own row loses name and address: nobody copies them any more
    running → done      nothing is left that any holding would blank

Each step is a job of its own that blanks the rows of one holding (`common.personal_data`) and records the next step. A
step that is killed leaves nothing behind and runs again. An assignment that typed the address before the first step
holds the person's row until it is written, and what it copied is found; one that comes later makes a new person.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import F

from accounts.browser_sessions.services import end_sessions
from accounts.people.changes import PersonChange, tell_changed
from accounts.people.closing import end_what_closing_ends, lock_what_closing_ends, refuse_to_close_an_only_owner
from accounts.people.models import User
from accounts.privacy.errors import ErasedAlready, ErasureDecided, StaffNotErased
from accounts.privacy.known import as_json, known_person
from accounts.privacy.mails import tell_person
from accounts.privacy.models import ErasureRequest
from accounts.privacy.requests import decide
from accounts.security_log.kinds import Kind
from accounts.security_log.services import record
from common.again import again_after_deadlock
from common.emails import erased_address
from common.personal_data import blank_next, is_waiting
from outbox.jobs.models import Job
from outbox.jobs.steps import record_first_step, record_next_step
from outbox.mails.recalling import recall_mails

JOB_KIND = "erase_person"
# Mails that are on their way leave meanwhile.
LOOK_AGAIN = timedelta(minutes=5)

State = ErasureRequest.State


@again_after_deadlock
def begin_erasure(*, request_id: int, actor: User, now: datetime, asked_by: User | None = None) -> ErasureRequest:
    """Close the person of an open request, take name, address and ways to sign in from their row, and have the rest
    blanked by jobs. Mails the person, at the address that goes. `asked_by` is the first of two people.

    Locks the jobs of their waiting mails, what closing ends, their accounts, then the person FOR UPDATE. Raises
    ErasureDecided, ErasedAlready, StaffNotErased, OnlyOwner, and ErasureRequest.DoesNotExist.
    """
    with transaction.atomic():
        asked = ErasureRequest.objects.select_related("person").get(pk=request_id)
        if asked.state != State.OPEN:
            raise ErasureDecided
        recall_mails(recipient=asked.person.email)
        lock_what_closing_ends(asked.person)
        refuse_to_close_an_only_owner(asked.person)
        person = User.objects.select_for_update().get(pk=asked.person_id)
        if person.is_erased:
            raise ErasedAlready
        if person.is_staff or person.is_superuser:
            raise StaffNotErased
        known = as_json(known_person(person))
        decide(asked, State.RUNNING, decided_by=actor, decided_at=now, known=known)
        tell_person(asked, person, event="begun", now=now)
        end_what_closing_ends(person, now)
        _take_from(person)
        tell_changed(PersonChange.REPLACED, [person.pk], actor_id=actor.pk)
        details = {"row": asked.pk, "asked_by": asked_by.pk if asked_by else None}
        record(Kind.PERSON_ERASED, now=now, user_id=person.pk, actor_id=actor.pk, details=details)
        record_first_step(kind=JOB_KIND, subject="request", subject_id=asked.pk)
    asked.refresh_from_db()
    return asked


def run_step(job: Job, now: datetime) -> None:
    """Blank rows of the next holding that has any, in the job's transaction. Locks the request."""
    running = ErasureRequest.objects.select_for_update(no_key=True, of=("self",)).filter(state=State.RUNNING)
    asked = running.filter(pk=job.payload["request"]).first()
    if asked is None:
        return
    at = job.payload.get("at", 0)
    blanked = blank_next(asked.sought, now, at=at)
    if blanked is not None:
        ErasureRequest.objects.filter(pk=asked.pk).update(rows=F("rows") + blanked[1])
        record_next_step(job, subject="request", at=blanked[0])
    elif at:
        record_next_step(job, subject="request")
    elif is_waiting(asked.sought):
        record_next_step(job, subject="request", due_at=now + LOOK_AGAIN)
    else:
        _finish(asked, now)


def _take_from(person: User) -> None:
    """Take name, address, language, rights and ways to sign in from a person's locked row."""
    end_sessions(user_id=person.pk)
    Authenticator.objects.filter(user=person).delete()
    EmailAddress.objects.filter(user=person).delete()
    person.groups.clear()
    person.user_permissions.clear()
    person.set_unusable_password()
    gone = {"email": erased_address(person.pk), "first_name": "", "last_name": "", "language": "", "is_active": False}
    User.objects.filter(pk=person.pk).update(password=person.password, **gone)


def _finish(asked: ErasureRequest, now: datetime) -> None:
    ErasureRequest.objects.filter(pk=asked.pk).update(state=State.DONE, ended_at=now, known={})
    asked.refresh_from_db(fields=["rows"])
    record(
        Kind.ERASURE_DONE,
        now=now,
        user_id=asked.person_id,
        actor_id=asked.decided_by_id,
        details={"row": asked.pk, "count": asked.rows},
    )
