"""Moves of seats by members of an account, as its history tells them."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.members.history.sources import Asked, Deed
from accounts.members.models import CustomerAccount
from enrolments.courses.models import Course
from enrolments.people.selectors import typed_names
from enrolments.seats.models import SeatState
from enrolments.seats.reasons import SeatReason, reason_in_words

# Moves made together are one act: a list of people is one line, not a thousand. The index holds an account's moves by
# their moment, those that nobody made left out, so that a page reads little more than it shows. Free seats made by a
# purchase are no act of the desk.
MOVES = """
SELECT at, max(id), actor_id, from_state, to_state, reason, course_id, count(*), max(seat_id), max(person_id)
FROM enrolments_seatevent
WHERE account_id = %(account)s AND actor_id IS NOT NULL AND to_state <> 'consumed'
    AND NOT (from_state = '' AND to_state = 'available')
    AND {at_most} AND (%(actor)s::bigint IS NULL OR actor_id = %(actor)s)
GROUP BY at, actor_id, from_state, to_state, reason, course_id
HAVING {behind}
ORDER BY at DESC, max(id) DESC
LIMIT %(limit)s
"""
# Told by the sentence itself.
PLAIN_REASONS = frozenset({SeatReason.ASSIGNED.value, SeatReason.RELEASED.value, SeatReason.DECLARED.value, ""})


def moves_of_seats(account: CustomerAccount, asked: Asked) -> Sequence[Deed]:
    """Return moves that people made, but for entries, which are the learners' own. Four statements at most."""
    moves = MOVES.format(
        at_most="true" if asked.at is None else "at <= %(at)s",
        behind="true" if asked.at is None else "(at, max(id)) < (%(at)s, %(key)s)",
    )
    values = {
        "account": account.pk, "actor": asked.actor_id, "at": asked.at, "key": asked.key, "limit": asked.limit,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(moves, values)
        rows = cursor.fetchall()
    names = typed_names(account, {row[9] for row in rows if row[7] == 1 and row[9] is not None})
    courses = Course.objects.in_bulk({row[6] for row in rows if row[6] is not None})
    found = []
    for at, key, actor_id, _from_state, to_state, reason, course_id, number, seat_id, person_id in rows:
        person = names.get(person_id) if number == 1 else None
        text = _in_words(
            to_state,
            number,
            person=(person.name or person.email) if person is not None else "",
            course=courses[course_id].name if course_id is not None else "",
        )
        if reason not in PLAIN_REASONS:
            text = _("%(what)s (%(why)s)") % {"what": text, "why": reason_in_words(reason)}
        url = reverse("account-seat", args=[account.pk, seat_id]) if number == 1 else ""
        found.append(Deed(at, key, actor_id, text, url))
    return found


def _in_words(to_state: str, number: int, *, person: str, course: str) -> str:
    values = {"number": number, "person": person, "course": course}
    match to_state:
        case SeatState.ASSIGNED if person:
            return _("Placed %(person)s in “%(course)s”") % values
        case SeatState.ASSIGNED:
            return (
                ngettext("Placed %(number)d person in “%(course)s”", "Placed %(number)d people in “%(course)s”", number)
                % values
            )
        case SeatState.AVAILABLE if person:
            return _("Freed the seat of %(person)s") % values
        case SeatState.AVAILABLE:
            return ngettext("Freed %(number)d seat", "Freed %(number)d seats", number) % values
        case SeatState.REVOKED:
            return ngettext("Took back %(number)d seat", "Took back %(number)d seats", number) % values
    return ngettext("%(number)d seat expired", "%(number)d seats expired", number) % values
