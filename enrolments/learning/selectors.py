"""Reads for a learner: their courses, their contacts there, and the people they may see.

Learners see people by name alone, never by address. In a course with separate groups a learner sees the people of their
own groups only, and a learner without a group sees nobody else.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias, TypedDict

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, Window
from django.db.models.functions import RowNumber

from accounts.members.models import Membership
from accounts.people.delegation.models import Delegation
from accounts.people.models import User
from common.search import Normalised
from enrolments.courses.models import Course
from enrolments.courses.roles.models import Role
from enrolments.grounds.models import Enrolment, Ground
from enrolments.seats.models import Seat, SeatState

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

# A course names this many of its tutors; the list of participants on its page has them all.
TUTORS_NAMED = 4


class Stage(StrEnum):
    """Stage of a person's enrolment in a course now. In the order of a list: courses that can be entered come first."""

    RUNNING = "running"
    AHEAD = "ahead"
    LAPSED = "lapsed"  # not entered in time
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Contact:
    """Operator who looks after a learner for a customer account; without a name where only the account is known."""

    name: str
    account_name: str


class Entering(TypedDict):
    """Columns that are read with each enrolment: whether its person may enter now, and until when they have to."""

    is_enterable: bool
    enter_before: datetime.datetime | None


OwnEnrolment: TypeAlias = "WithAnnotations[Enrolment, Entering]"


@dataclass(slots=True)
class MyCourse:
    """Course and a person's open enrolments in it, one for each of their roles.

    `enter_before` is the first moment at which a seat that gives the course is lost unless the person enters before.
    """

    course: Course
    enrolments: list[OwnEnrolment]
    stage: Stage
    starts_at: datetime.datetime
    ends_at: datetime.datetime | None
    enter_before: datetime.datetime | None = None
    contacts: list[Contact] = field(default_factory=list)
    tutors: list[str] = field(default_factory=list)
    other_tutors: int = 0

    @property
    def is_running(self) -> bool:
        return self.stage is Stage.RUNNING

    @property
    def is_over(self) -> bool:
        return self.stage in (Stage.OVER, Stage.LAPSED)

    @property
    def roles(self) -> list[Role]:
        return [enrolment.role for enrolment in self.enrolments]

    @property
    def first_entered_at(self) -> datetime.datetime | None:
        return min(filter(None, (enrolment.first_entered_at for enrolment in self.enrolments)), default=None)


@dataclass(slots=True)
class Participant:
    """Person in a course as the other participants see them."""

    user: User
    roles: list[Role] = field(default_factory=list)

    @property
    def name(self) -> str:
        return name_of(self.user)


def name_of(user: User) -> str:
    """Return a person's name, "" if they have none: `get_full_name` would give their address away."""
    return f"{user.first_name} {user.last_name}".strip()


def my_courses(user: User, now: datetime.datetime) -> list[MyCourse]:
    """Return every course a person is in, or was in until its period ended. One statement.

    Running ones first, the one that ends next at the top; then those ahead, the next one at the top; then those that
    are over, the last one at the top.
    """
    return sorted(_by_course(_own_enrolments(user, now), now), key=_place_in_list)


def my_course(user: User, short_name: str, now: datetime.datetime) -> MyCourse | None:
    """Return a person's course by its present or a former short name; None for a person not in it. One statement."""
    courses = Course.objects.named(short_name)
    found = _by_course(_own_enrolments(user, now).filter(course__in=courses), now)
    return found[0] if found else None


def add_people(user: User, courses: Collection[MyCourse], now: datetime.datetime) -> None:
    """Fill in a person's contacts and tutors in some courses. Four statements for any number."""
    of_enrolment = {enrolment.pk: mine for mine in courses for enrolment in mine.enrolments}
    grounds = list(
        Ground.objects.live().filter(enrolment_id__in=list(of_enrolment)).select_related("account").order_by("pk")
    )
    _add_contacts(user, grounds, of_enrolment)
    _add_tutors(user, {mine.course.pk: mine for mine in courses}, _groups(grounds), now)


def participants_of(user: User, course: Course, now: datetime.datetime) -> QuerySet[User]:
    """Return the people of a course whom one of its participants may see, that participant included, by name.

    People whose period is over are left out.
    """
    visible = visible_enrolments(user, course, now)
    return User.objects.filter(pk__in=visible.values("user_id")).order_by(Normalised("last_name", "first_name"), "pk")


def participant_rows(user: User, course: Course, people: Iterable[User], now: datetime.datetime) -> list[Participant]:
    """Return rows for a list of some participants, with their roles in the course. Two statements."""
    rows = {each.pk: Participant(each) for each in people}
    enrolments = visible_enrolments(user, course, now).filter(user_id__in=list(rows)).select_related("role")
    for enrolment in enrolments.order_by("role_id"):
        rows[enrolment.user_id].roles.append(enrolment.role)
    return list(rows.values())


def visible_enrolments(user: User, course: Course, now: datetime.datetime) -> QuerySet[Enrolment]:
    """Return the enrolments of a course that one of its participants may know of."""
    visible = Enrolment.objects.open().filter(_not_over(now), course=course)
    if course.group_mode != Course.GroupMode.SEPARATE:
        return visible
    own = Ground.objects.live().filter(enrolment__user=user, enrolment__course=course, group__isnull=False)
    shared = Ground.objects.live().filter(enrolment=OuterRef("pk"), group_id__in=own.values("group_id"))
    return visible.filter(Q(user=user) | Exists(shared))


def _own_enrolments(user: User, now: datetime.datetime) -> QuerySet[OwnEnrolment]:
    enterable = Enrolment.objects.enterable_at(now).filter(pk=OuterRef("pk"))
    waiting = Seat.objects.filter(enrolment=OuterRef("pk"), state=SeatState.ASSIGNED, enter_before__isnull=False)
    return (
        Enrolment.objects.open()
        .filter(user=user)
        .annotate(
            is_enterable=Exists(enterable),
            enter_before=Subquery(waiting.order_by("enter_before").values("enter_before")[:1]),
        )
        .select_related("course", "role")
        .order_by("role_id", "pk")
    )


def _not_over(now: datetime.datetime) -> Q:
    return Q(ends_at__isnull=True) | Q(ends_at__gt=now)


def _by_course(enrolments: Iterable[OwnEnrolment], now: datetime.datetime) -> list[MyCourse]:
    by_course: dict[int, list[OwnEnrolment]] = defaultdict(list)
    for enrolment in enrolments:
        by_course[enrolment.course_id].append(enrolment)
    return [_my_course(own, now) for own in by_course.values()]


def _my_course(own: list[OwnEnrolment], now: datetime.datetime) -> MyCourse:
    """Make one row of a person's enrolments in a course, with the foremost stage among them.

    The period is that of the enrolments in this stage: a course runs while one of its roles does.
    """
    stage = min((_stage(enrolment, now) for enrolment in own), key=list(Stage).index)
    counting = [enrolment for enrolment in own if _stage(enrolment, now) is stage]
    ends = [enrolment.ends_at for enrolment in counting]
    return MyCourse(
        course=own[0].course,
        enrolments=own,
        stage=stage,
        starts_at=min(enrolment.starts_at for enrolment in counting),
        ends_at=None if None in ends else max(end for end in ends if end is not None),
        enter_before=min((each.enter_before for each in counting if each.enter_before is not None), default=None),
    )


def _stage(enrolment: OwnEnrolment, now: datetime.datetime) -> Stage:
    """Return the stage of an enrolment; RUNNING under the same rule as `Enrolment.objects.enterable_at`."""
    if enrolment.ends_at is not None and enrolment.ends_at <= now:
        return Stage.OVER
    if enrolment.starts_at > now:
        return Stage.AHEAD
    return Stage.RUNNING if enrolment.is_enterable else Stage.LAPSED


def _place_in_list(mine: MyCourse) -> tuple[int, float, str, int]:
    if mine.stage is Stage.AHEAD:
        moment = mine.starts_at.timestamp()
    elif mine.ends_at is None:
        moment = float("inf")
    else:
        moment = mine.ends_at.timestamp() * (-1 if mine.is_over else 1)
    return list(Stage).index(mine.stage), moment, mine.course.name, mine.course.pk


def _groups(grounds: Iterable[Ground]) -> set[int]:
    return {ground.group_id for ground in grounds if ground.group_id is not None}


def _add_contacts(user: User, grounds: Iterable[Ground], of_enrolment: dict[int, MyCourse]) -> None:
    """Add the contacts of a person: the present operators of the account behind their seat, else the account alone.

    A course bought for oneself has no contact, nor has one in which the person supervises.
    """
    placed = [ground for ground in grounds if ground.kind in (Ground.Kind.SEAT, Ground.Kind.LINE)]
    operators: dict[int, list[User]] = defaultdict(list)
    at_work = Membership.objects.filter(Q(is_owner=True) | Q(is_operator=True)).filter(
        account=OuterRef("account"), user=OuterRef("operator")
    )
    delegations = (
        Delegation.objects.filter(
            Exists(at_work),
            person=user,
            account__in={ground.account_id for ground in placed},
            operator__is_active=True,
        )
        .exclude(operator=user)
        .select_related("operator")
        .order_by("pk")
    )
    for delegation in delegations:
        operators[delegation.account_id].append(delegation.operator)
    for ground in placed:
        if ground.account is None:
            continue
        contacts = of_enrolment[ground.enrolment_id].contacts
        names = [name_of(operator) for operator in operators[ground.account.pk]]
        found = [Contact(name, ground.account.name) for name in names if name]
        if not found and ground.kind == Ground.Kind.SEAT:
            found = [Contact("", ground.account.name)]
        contacts.extend(contact for contact in found if contact not in contacts)


def _add_tutors(user: User, courses: dict[int, MyCourse], groups: set[int], now: datetime.datetime) -> None:
    """Name a few tutors of each course, those of the person's own groups first, and count the others."""
    shared = Exists(Ground.objects.live().filter(enrolment=OuterRef("pk"), group_id__in=groups))
    tutors = (
        Enrolment.objects.open()
        .filter(_not_over(now), course_id__in=list(courses), role__kind=Role.Kind.TUTOR)
        .exclude(user=user)
        .annotate(is_near=shared if groups else Value(False))
        .filter(~Q(course__group_mode=Course.GroupMode.SEPARATE) | Q(is_near=True))
    )
    in_order = Window(
        RowNumber(),
        partition_by=F("course_id"),
        order_by=[F("is_near").desc(), F("user__last_name"), F("user__first_name"), F("user_id")],
    )
    named = tutors.annotate(place=in_order).filter(place__lte=TUTORS_NAMED).select_related("user")
    for enrolment in named.order_by("course_id", "place"):
        if name := name_of(enrolment.user):
            courses[enrolment.course_id].tutors.append(name)
    for row in tutors.order_by().values("course_id").annotate(count=Count("pk")):
        mine = courses[row["course_id"]]
        mine.other_tutors = row["count"] - len(mine.tutors)
