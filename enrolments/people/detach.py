"""Detaching a person from an account, which no longer looks after them."""

from __future__ import annotations

import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.members.models import CustomerAccount
from accounts.members.operators import keep_account
from accounts.people.delegation.models import Delegation, Detachment
from accounts.people.models import User
from common.again import again_after_deadlock
from common.refusals import Refused
from common.words import end_in_words, in_words
from enrolments.courses.models import Course
from enrolments.grounds.models import Ground
from enrolments.people.errors import PersonNotFound
from enrolments.seats.models import Seat, SeatState


class SeatNotUsed(Refused):
    """Refusal while the person has a seat of the account that they have not used yet."""

    def __init__(self, course: Course) -> None:
        sentence = _(
            "This person has a seat of your account in “{course}”, not used yet. Take them off the seat first: "
            "somebody else can have it then."
        )
        super().__init__(format_lazy(sentence, course=in_words(lambda: course.name)))
        self.course = course


class CourseRuns(Refused):
    """Refusal while the account has the person in a course that is not over; `until` is None for one without end."""

    def __init__(self, course: Course, until: datetime.datetime | None) -> None:
        name = in_words(lambda: course.name)
        if until is None:
            sentence = _("Your account has this person in “{course}”, which has no end. They stay attached.")
            super().__init__(format_lazy(sentence, course=name))
        else:
            sentence = _(
                "Your account has this person in “{course}” until {end}. They can be detached once that is over."
            )
            super().__init__(format_lazy(sentence, course=name, end=in_words(lambda: end_in_words(until))))
        self.course, self.until = course, until


@again_after_deadlock
def detach_person(*, account: CustomerAccount, person_id: int, actor: User, now: datetime.datetime) -> None:
    """Delete the account's delegations of a person, with the names it typed; seats and grounds stay as they are.

    Writes a `Detachment`. A person placed again is attached anew. Locks the account (FOR KEY SHARE), then the person
    FOR UPDATE, which waits for and keeps out whoever places them. Raises PersonNotFound, SeatNotUsed, CourseRuns.
    """
    with transaction.atomic():
        if not keep_account(account.pk):
            raise PersonNotFound
        person = User.objects.select_for_update().filter(pk=person_id).first()
        delegations = Delegation.objects.filter(account=account, person_id=person_id)
        if person is None or not delegations.exists():
            raise PersonNotFound
        _refuse_placed(account, person, now)
        delegations.delete()
        Detachment.objects.create(account=account, person=person, actor=actor, at=now)


def _refuse_placed(account: CustomerAccount, person: User, now: datetime.datetime) -> None:
    seats = Seat.objects.filter(account=account, person=person, state=SeatState.ASSIGNED)
    seat = seats.select_related("course").order_by("pk").first()
    if seat is not None and seat.course is not None:
        raise SeatNotUsed(seat.course)
    running = Ground.objects.live().filter(account=account, enrolment__user=person, kind__in=Ground.PLACING)
    running = running.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=now)).select_related("enrolment__course")
    last = running.order_by("-ends_at").first()
    if last is not None:
        raise CourseRuns(last.enrolment.course, last.ends_at)
