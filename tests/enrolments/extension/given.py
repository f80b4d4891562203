"""Given extensions for tests."""

from django.db import transaction

from enrolments.courses.places.services import lock_courses
from enrolments.extension.services import Extended, extend
from enrolments.extension.taking_back import take_back
from enrolments.extension.targets import find_targets
from enrolments.grounds.models import Ground
from enrolments.seats.models import Seat
from enrolments.values import LineRef
from tests.enrolments.given import NOW, new_line


def key_of(target) -> str:
    """Return the key of a seat, or of the ground of a person's enrolment."""
    return f"ground-{target.pk}" if isinstance(target, Ground) else f"seat-{target.pk}"


def extended(account, *targets, days=30, now=NOW, line: LineRef | None = None) -> tuple[LineRef, Extended]:
    """Extend targets, one unit each, as a paid line does."""
    line = line or new_line(account)
    keys = dict(enumerate(key_of(target) for target in targets))
    found = find_targets(keys.values(), account_ids=None)
    with transaction.atomic():
        courses = lock_courses(target.course.pk for target in found.values() if target.course).values()
        return line, extend(line=line, keys=keys, days=days, courses=list(courses), now=now)


def give_back(line: LineRef, *units: int, now=NOW) -> int:
    return take_back(line_id=line.line_id, units=[range(unit, unit + 1) for unit in units], reason="Refund", now=now)


def validity(seat: Seat):
    return Seat.objects.values_list("state", "valid_until").get(pk=seat.pk)
