"""Acts on many seats at once: looked at first, then done for all that was shown, or not at all."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import models, transaction
from django.utils.functional import Promise
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
from enrolments.seats.moves import person_key, state_shown
from enrolments.seats.moving import judge_moves
from enrolments.seats.release import release_seats
from enrolments.seats.targets import value_of

# Seats or people of one act.
MOST = 5_000
# Of those that a request does itself: it holds the locks of their courses, so it must be over within a moment.
AT_ONCE = 200

Target = Course | CourseGroup


class Act(models.TextChoices):
    RELEASE = "release", pgettext_lazy("on many seats", "Take the people off")
    MOVE = "move", pgettext_lazy("on many seats", "Move the people")
    INVITE = "invite", pgettext_lazy("on many seats", "Invite the people again")

    @property
    def done(self) -> str | Promise:
        """The outcome for one seat or person."""
        return _DONE[self]


_DONE = {
    Act.RELEASE: pgettext_lazy("seats", "Free again"),
    Act.MOVE: pgettext_lazy("people", "Moved"),
    Act.INVITE: pgettext_lazy("people", "Invited again"),
}


class NobodyThere(Refused):
    """Refusal of an act on a seat that nobody has."""

    code = "nobody"
    message = gettext_lazy("Nobody has this seat.")


class HasEntered(Refused):
    """Refusal of an act on a seat whose person has entered the course."""

    code = "has_entered"
    message = gettext_lazy("The person has entered the course: the seat is used for good.")


class HasNoSeat(Refused):
    """Refusal of an act on the seats of a person who has none of the account."""

    code = "no_seat_of_account"
    message = gettext_lazy("This person has no seat among those you look after.")


class PreviewChanged(Refused):
    """Refusal when an act would not do any more, for all seats, just what was shown. Nothing was done."""

    message = gettext_lazy("Something changed meanwhile, so nothing was done. Look at it as it is now, then go on.")


@dataclass(frozen=True, slots=True)
class Outcome:
    """Outcome of an act for one seat, or for a person without one; `why_not` is "" if the act would be done.

    `code` is that of the refusal, which `why_not` puts into words.
    """

    seat: Seat | None
    why_not: str = ""
    code: str = ""
    alone_id: int | None = None

    @property
    def person_id(self) -> int | None:
        return self.seat.person_id if self.seat is not None else self.alone_id


def look_at(
    *,
    account: CustomerAccount,
    act: Act,
    seats: Sequence[Seat],
    people: Sequence[int] = (),
    to: Target | None,
    part: Part | None = None,
    now: datetime.datetime,
) -> list[Outcome]:
    """Return what an act would do to seats of an account, and to people without one, in their order. A constant number
    of statements.

    `to` is where a move leads, `part` that of the account which the operator is limited to. Expects the seats
    with batch, course, role and enrolment with its role.
    """
    why_not = {seat.pk: _not_assigned(seat, act, now) for seat in seats}
    assigned = [seat for seat in seats if why_not[seat.pk] is None]
    alone: dict[int, Refused] = {}
    if act == Act.MOVE and to is not None:
        course = to.course if isinstance(to, CourseGroup) else to
        judged = judge_moves(seats=assigned, to=to, course=course, part=part, now=now)
        why_not |= judged.refused
    elif act == Act.INVITE:
        wanted = {*people, *(seat.person_id for seat in assigned if seat.person_id is not None)}
        alone = refused_mails(account=account, person_ids=wanted, now=now)
        why_not |= {seat.pk: alone[seat.person_id] for seat in assigned if seat.person_id in alone}
    if act != Act.INVITE:
        alone = dict.fromkeys(people, HasNoSeat())
    outcomes = [_outcome(why_not[seat.pk], seat=seat) for seat in seats]
    return outcomes + [_outcome(alone.get(person_id), alone_id=person_id) for person_id in people]


def _outcome(refused: Refused | None, *, seat: Seat | None = None, alone_id: int | None = None) -> Outcome:
    if refused is None:
        return Outcome(seat, alone_id=alone_id)
    return Outcome(seat, why_not=_why_not(refused), code=refused.code, alone_id=alone_id)


def fingerprint_of(act: Act, to: Target | None, outcomes: Sequence[Outcome]) -> str:
    """Return a value that changes with all that the page about an act shows: the seats and what becomes of them."""
    seats = [each.seat for each in outcomes if each.seat is not None]
    alone = [each.alone_id for each in outcomes if each.alone_id is not None]
    possible = {each.seat.pk for each in outcomes if each.seat is not None and not each.why_not}
    possible_alone = {each.alone_id for each in outcomes if each.alone_id is not None and not each.why_not}
    return _fingerprint(act, to, seats, possible, alone, possible_alone)


def _fingerprint(
    act: Act,
    to: Target | None,
    seats: Sequence[Seat],
    possible: Collection[int],
    people: Sequence[int],
    possible_people: Collection[int],
) -> str:
    shown = [[seat.pk, state_shown(seat), seat.pk in possible] for seat in seats]
    alone = [[person_key(person_id), person_id in possible_people] for person_id in people]
    made_from = [act.value, value_of(to) if to is not None else "", shown, alone]
    return hashlib.sha256(json.dumps(made_from).encode()).hexdigest()


@again_after_deadlock
def do_to_many(
    *,
    account: CustomerAccount,
    act: Act,
    seats: Sequence[Seat],
    people: Sequence[int] = (),
    to: Target | None,
    seen: str,
    actor: User,
    language: str,
    now: datetime.datetime,
    reason: str = "",
) -> int:
    """Do an act to all the seats and people for which it was shown to be possible, or to none; return their number.

    `seen` is the `fingerprint_of` what was shown. Locks as `release_seats`, `move_seats` or `mail_people_again` does.
    Raises PreviewChanged.
    """
    assigned = {seat.pk: state_shown(seat) for seat in seats if _not_assigned(seat, act, now) is None}
    done_alone: set[int] = set()
    with transaction.atomic():
        # Judged once, under the locks; a judgement that is not the one shown undoes it all.
        on_seats = [seat.person_id for seat in seats if seat.pk in assigned and seat.person_id is not None]
        result = do_act(
            account=account,
            act=act,
            seats=assigned,
            people=[*on_seats, *people],
            to=to,
            actor=actor,
            language=language,
            now=now,
            reason=reason,
        )
        if act == Act.INVITE:
            done_alone = set(people) - result.no_mail.keys()
        unmailed = {seat.pk for seat in seats if seat.person_id in result.no_mail}
        done = assigned.keys() - unmailed - result.refused.keys()
        if _fingerprint(act, to, seats, done, people, done_alone) != seen:
            raise PreviewChanged
    return len(done) + len(done_alone)


@dataclass(frozen=True, slots=True)
class Done:
    """Result of an act: refusals by seat, those of mails by person, and the seats that people moved have now by the key
    of the one they had."""

    refused: Mapping[int, Refused] = field(default_factory=dict)
    no_mail: Mapping[int, Refused] = field(default_factory=dict)
    seats: Mapping[int, Seat] = field(default_factory=dict)


def do_act(
    *,
    account: CustomerAccount,
    act: Act,
    seats: Mapping[int, str],
    people: Collection[int],
    to: Target | None,
    actor: User,
    language: str,
    now: datetime.datetime,
    reason: str,
) -> Done:
    """Do an act to what it can be done to: to seats, each with its `state_shown`, or to people, who are mailed.

    Locks as `release_seats`, `move_seats` or `mail_people_again` does.
    """
    if act == Act.INVITE:
        wanted = dict.fromkeys(people)
        return Done(no_mail=mail_people_again(account=account, people=wanted, language=language, now=now))
    if act == Act.MOVE and to is not None:
        moved = move_seats(account=account, seats=seats, to=to, actor=actor, language=language, now=now, reason=reason)
        return Done(refused=moved.refused, seats=moved.seats)
    return Done(refused=release_seats(account=account, seats=seats, actor=actor, now=now, reason=reason).refused)


def _not_assigned(seat: Seat, act: Act, now: datetime.datetime) -> Refused | None:
    # Whoever did not enter in time can only be taken off any more.
    if seat.state == SeatState.ASSIGNED and (act == Act.RELEASE or not seat.is_lapsed_at(now)):
        return None
    return HasEntered() if seat.state == SeatState.CONSUMED else NobodyThere()


def _why_not(refused: Refused) -> str:
    """Say why nothing would be done; of mails the same words for everybody, whatever the time of their last mail."""
    if isinstance(refused, MailedJustNow):
        return _("A mail of your account went to this person moments ago.")
    if isinstance(refused, MailedOften):
        return _("This person got as many mails of your account within a day as are allowed.")
    if isinstance(refused, PersonNotFound):
        return _("Somebody your account did not name")
    return str(refused.message)
