"""Writing events, and beside them the jobs that must follow.

No process may follow events by their key: a transaction that commits late adds rows with keys the follower has passed
already. Work that must follow is a job, recorded by the statement after the events in their transaction. The events of
a person and course are written under the course's lock, so their jobs are recorded in the order of the events.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from accounts.people.changes import PersonChange
from common.registry import Registry
from enrolments.events.models import Event
from enrolments.grounds.models import EnrolmentEvent
from outbox.jobs.services import NewJob, enqueue_many

AnyEvent = Event | EnrolmentEvent
# Rule that returns the jobs to follow some events, all of one model, which have their keys; no query for each event.
Follow = Callable[[Sequence[AnyEvent]], Iterable[NewJob]]

FOLLOWS: Registry[Follow] = Registry("rule of what follows events")

KIND_OF_CHANGE = {
    PersonChange.MADE: Event.Kind.PERSON_MADE,
    PersonChange.RENAMED: Event.Kind.PERSON_RENAMED,
    PersonChange.REPLACED: Event.Kind.PERSON_REPLACED,
}


def write_events(events: Iterable[Event]) -> None:
    """Write events of courses, groups or people and record the jobs that must follow, in the caller's transaction.

    Expects the course's lock for events of a course and its groups. One statement, another where jobs follow.
    """
    written = Event.objects.bulk_create(events)
    _record_jobs(written)


def write_enrolment_events(events: Iterable[EnrolmentEvent]) -> None:
    """Like `write_events`, for events of enrolments. Expects the lock of their courses."""
    written = EnrolmentEvent.objects.bulk_create(events)
    _record_jobs(written)


def person_changed(change: PersonChange, user_ids: Collection[int], actor_id: int | None) -> None:
    """Write an event for each person; called by `accounts` in the transaction of the change."""
    kind = KIND_OF_CHANGE[change]
    write_events(Event(kind=kind, person_id=user_id, actor_id=actor_id) for user_id in sorted(user_ids))


def _record_jobs(events: Sequence[AnyEvent]) -> None:
    if events:
        enqueue_many(job for follow in FOLLOWS for job in follow(events))
