"""Places of a course: counting those taken, and holding some for an order line.

Taken are: each person with an open enrolment as a learner or tutor (once, however many purchases carry it), free
session seats that keep their place, places held for lines that are placed and not yet delivered, and those offered from
the waiting list. Every change of this number runs under the row lock of the course, and every increase is followed by a
count after writing: nothing has to be predicted, and a refusal rolls the writes back.

While people wait for a course, what becomes free there is offered to them in turn and is left to nobody else: an
increase is refused then, but for what it takes of the taker's own offer (`enrolments.courses.places.offers`).
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable

from django.db import connection, transaction
from django.db.models import BigIntegerField, F, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from common.refusals import Refused
from common.words import in_words
from enrolments.courses.models import Course
from enrolments.courses.places.models import PlaceHold
from enrolments.courses.places.offers import OPEN_IN_THIS, WAITED_FOR_THIS, Claim, Waited, use_offers
from enrolments.values import LineRef


class CourseFull(Refused):
    """Refusal when there are not enough places left."""

    def __init__(self, course: Course) -> None:
        super().__init__(
            format_lazy(
                _("There are not enough places left in the course “{course}”."), course=in_words(lambda: course.name)
            )
        )
        self.course = course


class CourseClosed(Refused):
    """Refusal when the course is hidden, or its enrolment period does not run."""

    def __init__(self, course: Course) -> None:
        super().__init__(
            format_lazy(_("The course “{course}” is not open for enrolment."), course=in_words(lambda: course.name))
        )
        self.course = course


class CourseOver(Refused):
    """Refusal when the last day of the course has passed."""

    def __init__(self, course: Course) -> None:
        super().__init__(format_lazy(_("The course “{course}” is over."), course=in_words(lambda: course.name)))
        self.course = course


def lock_courses(course_ids: Iterable[int]) -> dict[int, Course]:
    """Lock courses by primary key and return them as they are now. Unknown keys are left out.

    Locks: course rows, FOR NO KEY UPDATE. Locking a course again in the same transaction costs one statement and waits
    for nobody. A caller that needs several courses locks them all in one call.
    """
    wanted = sorted(set(course_ids))
    if not wanted:
        return {}
    rows = Course.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk")
    return {course.pk: course for course in rows}


def lock_course(course: Course) -> Course:
    """Lock one course and return it as it is now. See `lock_courses`."""
    return lock_courses([course.pk])[course.pk]


# Counted for the course of the surrounding query, named `this` there.
TAKEN_IN_THIS = """
    (
        SELECT count(DISTINCT enrolment.user_id)
        FROM enrolments_enrolment enrolment JOIN enrolments_role role ON role.id = enrolment.role_id
        WHERE enrolment.course_id = this.id
            AND enrolment.closed_at IS NULL AND role.kind IN ('learner', 'tutor')
    ) + (
        SELECT count(*) FROM enrolments_seat seat WHERE seat.course_id = this.id AND seat.keeps_place
    ) + (
        SELECT coalesce(sum(hold.places), 0)
        FROM enrolments_placehold hold WHERE hold.course_id = this.id AND hold.released_at IS NULL
    ) + (
        SELECT coalesce(sum(offer.places - offer.taken), 0)
        FROM enrolments_waitingplace offer WHERE offer.course_id = this.id AND offer.state = 'offered'
    )
"""
# The same for a query of the ORM.
PLACES_TAKEN = TAKEN_IN_THIS.replace("this.id", "enrolments_course.id")
TAKEN = f"SELECT id, {TAKEN_IN_THIS} FROM enrolments_course this WHERE id = ANY(%s)"  # noqa: S608  nothing typed is in it


def with_taken(courses: QuerySet[Course]) -> QuerySet[Course]:
    """Add the number of places taken to courses, as `taken`, for lists that sort by it."""
    return courses.annotate(taken=RawSQL(PLACES_TAKEN, (), output_field=BigIntegerField()))  # noqa: S611


def taken(course_ids: Collection[int]) -> dict[int, int]:
    """Return the number of places taken in each course. One statement. Exact only under the courses' locks."""
    if not course_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(TAKEN, [list(course_ids)])
        return {course_id: int(places) for course_id, places in cursor.fetchall()}


def places_left_sql(course: str = "this", *, account_id: int | None = None, user_id: int | None = None) -> str:
    """Return the number of places left in the course of the surrounding query, named `course` there, as SQL: NULL where
    there is no limit, none while people wait. Places offered to an account or a person count as left for them."""
    own = f"""
        SELECT coalesce(sum(offer.places - offer.taken), 0) FROM enrolments_waitingplace offer
        WHERE offer.course_id = this.id AND offer.state = 'offered'
            AND (offer.account_id = {int(account_id or 0)} OR offer.person_id = {int(user_id or 0)})
    """  # noqa: S608  two keys are in it
    sql = f"""
        CASE WHEN this.capacity IS NOT NULL THEN CASE WHEN {WAITED_FOR_THIS} THEN 0
            ELSE greatest(this.capacity - ({TAKEN_IN_THIS}), 0) END {f"+ ({own})" if account_id or user_id else ""} END
    """
    return sql.replace("this.", f"{course}.")


def free(
    course_ids: Collection[int], *, account_id: int | None = None, user_id: int | None = None
) -> dict[int, int | None]:
    """Return the number of places left in each course, to an account or a person if given; None where there is no
    limit. One statement. Exact only under the courses' locks."""
    if not course_ids:
        return {}
    left = places_left_sql(account_id=account_id, user_id=user_id)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id, {left} FROM enrolments_course this WHERE id = ANY(%s)", [list(course_ids)])  # noqa: S608
        return {course_id: None if places is None else int(places) for course_id, places in cursor.fetchall()}


_BEFORE = f"""
SELECT id, {TAKEN_IN_THIS}, {WAITED_FOR_THIS} FROM enrolments_course this WHERE id = ANY(%s) AND {OPEN_IN_THIS}
"""  # noqa: S608  nothing typed is in it


def claim_in(
    course_ids: Collection[int],
    *,
    now: datetime.datetime,
    account_id: int | None = None,
    user_ids: Collection[int] = (),
) -> Claim:
    """Return the claim to places of courses that are locked, before anything is written: see `refuse_overfull`.

    `account_id` and `user_ids` are those whose offers the writes may use up. One statement, none without courses.
    """
    if not course_ids:
        return Claim({})
    with connection.cursor() as cursor:
        cursor.execute(_BEFORE, [list(course_ids)])
        before = {pk: Waited(int(count), has_queue) for pk, count, has_queue in cursor.fetchall()}
    return Claim(before, now, account_id, user_ids)


def refuse_overfull(courses: Iterable[Course], claim: Claim | None = None) -> None:
    """Raise CourseFull if a course has more people and holds than places, or a place went past those who wait.

    Called after the writes, inside their transaction, with courses as `lock_courses` returned them, and with the claim
    made before the writes.
    """
    for course in overfull(courses, claim):
        raise CourseFull(course)


def overfull(courses: Iterable[Course], claim: Claim | None = None) -> list[Course]:
    """Return the courses with more people and holds than places, or with a place taken past those who wait, once the
    offers of the claim are used up. See `refuse_overfull`."""
    claim = claim or Claim({})
    counted = [course for course in set(courses) if course.capacity is not None or course.pk in claim.before]
    counts = taken([course.pk for course in counted])
    full = []
    for course in counted:
        count, limit = counts[course.pk], course.capacity
        waited = claim.before.get(course.pk)
        if waited is not None and count > waited.taken:
            count -= use_offers(course.pk, claim, count - waited.taken)
            if waited.has_queue and limit is not None:
                limit = min(limit, waited.taken)
        if limit is not None and count > limit:
            full.append(course)
    return full


def hold_places(
    *, course: Course, line: LineRef, places: int, now: datetime.datetime, user_id: int | None = None
) -> None:
    """Keep places of an open course for a line from checkout on. A second call for the line replaces the number.

    Offers from the waiting list to the line's account, or to the buyer `user_id`, are used up first.

    Locks the course. Raises CourseOver, CourseClosed, CourseFull; then nothing is held.
    """
    with transaction.atomic():
        locked = lock_course(course)
        if not locked.is_lasting_at(now):
            raise CourseOver(locked)
        if not locked.is_open_at(now):
            raise CourseClosed(locked)
        claim = claim_in([locked.pk], now=now, account_id=line.account_id, user_ids=[user_id] if user_id else [])
        hold = PlaceHold(
            course=locked,
            account_id=line.account_id,
            order_id=line.order_id,
            line_id=line.line_id,
            places=places,
            held_at=now,
        )
        PlaceHold.objects.bulk_create(
            [hold],
            update_conflicts=True,
            unique_fields=["course", "line_id"],
            update_fields=["account", "order_id", "places", "held_at", "released_at"],
        )
        refuse_overfull([locked], claim)


_HELD_BY_LINES = """
SELECT line_id, sum(places) FROM enrolments_placehold WHERE order_id = %s AND released_at IS NULL GROUP BY line_id
"""


def places_held(*, order_id: int) -> dict[int, int]:
    """Return the number of places that each line of an order holds, by line; other lines are missing. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_HELD_BY_LINES, [order_id])
        return dict(cursor.fetchall())


def release_hold(*, line_id: int, now: datetime.datetime, places: int | None = None) -> None:
    """Give back the places held for a line, all of them or `places` of each course; do nothing where none is held.

    Locks the courses concerned. A delivery calls this in the transaction that enrols the people, so that the places are
    never free to others in between.
    """
    holds = PlaceHold.objects.live().filter(line_id=line_id)
    course_ids = list(holds.values_list("course_id", flat=True))
    if not course_ids:
        return
    with transaction.atomic():
        lock_courses(course_ids)
        if places is not None:
            # Smaller holds first: a hold reduced below must not be small enough to be released here.
            holds.filter(places__lte=places).update(released_at=now)
            holds.update(places=F("places") - places)
            return
        holds.update(released_at=now)


def release_hold_in(*, course: Course, line_id: int, now: datetime.datetime) -> None:
    """Give back the places a line holds in one course whose lock the caller has, as a delivery does. One statement."""
    PlaceHold.objects.live().filter(course=course, line_id=line_id).update(released_at=now)


def retake_holds(*, order_id: int, now: datetime.datetime) -> None:
    """Hold again the places an order held before it ended unpaid: its money came late.

    Courses that have closed since are accepted: that was checked at checkout. Locks the courses. Raises CourseOver, or
    CourseFull when not all places are available; then none is held.
    """
    released = PlaceHold.objects.filter(order_id=order_id, released_at__isnull=False)
    course_ids = list(released.values_list("course_id", flat=True))
    with transaction.atomic():
        courses = lock_courses(course_ids).values()
        for course in courses:
            if not course.is_lasting_at(now):
                raise CourseOver(course)
        claim = claim_in(course_ids, now=now, account_id=released.values_list("account_id", flat=True).first())
        released.update(released_at=None, held_at=now)
        refuse_overfull(courses, claim)
