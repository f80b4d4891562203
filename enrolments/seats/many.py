"""Acts on many seats at once: looked at first, then done for all that was shown, or not at all."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.members.models import CustomerAccount
from accounts.members.parts import Part
from accounts.people.models import User
from common.again import again_after_deadlock
from common.refusals import Refused
from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.models import Course
from enrolments.people.errors import PersonNotFound
from enrolments.people.mail_again import MailedJustNow, MailedOften, mail_people_again, refused_mails
from enrolments.seats.models import Seat, SeatState
from enrolments.seats.move import move_seats
from enrolments.seats.moves import state_shown
from enrolments.seats.moving import judge_moves
from enrolments.seats.release import release_seats
from enrolments.seats.targets import value_of

# Seats of one act: it holds the locks of their courses, so it must be over within a moment.
MOST = 1_000

Target = Course | CourseGroup


class Act(models.TextChoices):
    RELEASE = "release", pgettext_lazy("on many seats", "Take the people off")
    MOVE = "move", pgettext_lazy("on many seats", "Move the people")
    INVITE = "invite", pgettext_lazy("on many seats", "Invite the people again")


class PreviewChanged(Refused):
    """Refusal when an act would not do any more, for all seats, just what was shown. Nothing was done."""

    message = gettext_lazy("Something changed meanwhile, so nothing was done. Look at it as it is now, then go on.")


@dataclass(frozen=True, slots=True)
class Outcome:
    """Outcome of an act for one seat; `why_not` is "" if the act would be done."""

    seat: Seat
    why_not: str = ""


def look_at(
    *,
    account: CustomerAccount,
    act: Act,
    seats: Sequence[Seat],
    to: Target | None,
    part: Part | None = None,
    now: datetime.datetime,
) -> list[Outcome]:
    """Return what an act would do to seats of an account, in their order. A constant number of statements.

    `to` is where a move leads, `part` that of the account which the operator is limited to. Expects the seats
    with batch, role and enrolment with its role.
    """
    why_not = {seat.pk: _not_assigned(seat, act, now) for seat in seats}
    assigned = [seat for seat in seats if not why_not[seat.pk]]
    if act == Act.MOVE and to is not None:
        course = to.course if isinstance(to, CourseGroup) else to
        judged = judge_moves(seats=assigned, to=to, course=course, part=part, now=now)
        why_not |= {pk: str(refused.message) for pk, refused in judged.refused.items()}
    elif act == Act.INVITE:
        people = {seat.person_id for seat in assigned if seat.person_id is not None}
        refused = refused_mails(account=account, person_ids=people, now=now)
        why_not |= {seat.pk: _why_no_mail(refused[seat.person_id]) for seat in assigned if seat.person_id in refused}
    return [Outcome(seat, why_not[seat.pk]) for seat in seats]


def fingerprint_of(act: Act, to: Target | None, outcomes: Sequence[Outcome]) -> str:
    """Return a value that changes with all that the page about an act shows: the seats and what becomes of them."""
    possible = {each.seat.pk for each in outcomes if not each.why_not}
    return _fingerprint(act, to, [each.seat for each in outcomes], possible)


def _fingerprint(act: Act, to: Target | None, seats: Sequence[Seat], possible: Collection[int]) -> str:
    shown = [[seat.pk, state_shown(seat), seat.pk in possible] for seat in seats]
    made_from = [act.value, value_of(to) if to is not None else "", shown]
    return hashlib.sha256(json.dumps(made_from).encode()).hexdigest()


@again_after_deadlock
def do_to_many(
    *,
    account: CustomerAccount,
    act: Act,
    seats: Sequence[Seat],
    to: Target | None,
    seen: str,
    actor: User,
    language: str,
    now: datetime.datetime,
    reason: str = "",
) -> int:
    """Do an act to all the seats for which it was shown to be possible, or to none; return the number of seats.

    `seen` is the `fingerprint_of` what was shown. Locks as `release_seats`, `move_seats` or `mail_people_again` does.
    Raises PreviewChanged.
    """
    assigned = {seat.pk: state_shown(seat) for seat in seats if not _not_assigned(seat, act, now)}
    refused: Collection[int]
    with transaction.atomic():
        # Judged once, under the locks; a judgement that is not the one shown undoes it all.
        if act == Act.INVITE:
            people = {seat.person_id: None for seat in seats if seat.pk in assigned and seat.person_id is not None}
            no_mail = mail_people_again(account=account, people=people, language=language, now=now)
            refused = {seat.pk for seat in seats if seat.person_id in no_mail}
        elif act == Act.MOVE and to is not None:
            moved = move_seats(
                account=account, seats=assigned, to=to, actor=actor, language=language, now=now, reason=reason
            )
            refused = moved.refused.keys()
        else:
            released = release_seats(account=account, seats=assigned, actor=actor, now=now, reason=reason)
            refused = released.refused.keys()
        done = assigned.keys() - set(refused)
        if _fingerprint(act, to, seats, done) != seen:
            raise PreviewChanged
    return len(done)


def _not_assigned(seat: Seat, act: Act, now: datetime.datetime) -> str:
    # Whoever did not enter in time can only be taken off any more.
    if seat.state == SeatState.ASSIGNED and (act == Act.RELEASE or not seat.is_lapsed_at(now)):
        return ""
    if seat.state == SeatState.CONSUMED:
        return _("The person has entered the course: the seat is used for good.")
    return _("Nobody has this seat.")


def _why_no_mail(refused: Refused) -> str:
    """Say why a person gets no mail; the same words for everybody, whatever the time of their last mail."""
    if isinstance(refused, MailedJustNow):
        return _("A mail of your account went to this person moments ago.")
    if isinstance(refused, MailedOften):
        return _("This person got as many mails of your account within a day as are allowed.")
    if isinstance(refused, PersonNotFound):
        return _("Somebody your account did not name")
    return str(refused.message)
