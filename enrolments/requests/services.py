"""Requests for courses: asked by a person, answered by an operator of the account, once."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from accounts.members.models import CustomerAccount
from accounts.members.operators import keep_account, keep_at_desk
from accounts.members.parts import Part
from accounts.people.delegation.models import Delegation
from accounts.people.delegation.services import delegate
from accounts.people.models import User
from accounts.people.services import PersonTyped
from accounts.rate_limits.services import TooOften, count_attempt
from common.again import ATTEMPTS, again_after_deadlock
from common.refusals import Refused
from enrolments.courses.models import Course
from enrolments.courses.places.services import lock_courses
from enrolments.grounds.already import already_enrolled
from enrolments.requests.errors import NoSeatLeft, RequestAnswered, RequestNotFound
from enrolments.requests.mails import tell_of_answer, tell_operators
from enrolments.requests.models import CourseRequest
from enrolments.requests.selectors import free_seat, requests_to
from enrolments.seats.assign import AlreadyInSession, Assignment, assign_seat
from enrolments.seats.models import Seat
from enrolments.seats.moves import SeatNotFound, SeatNotFree

State = CourseRequest.State


def ask_for_course(
    *, account: CustomerAccount, person: User, course: Course, words: str, language: str, now: datetime.datetime
) -> CourseRequest | None:
    """Record a person's request to an account that looks after them, and mail its operators, so many a day at most.

    None where the person asks this account for the course already. Whether a seat of the account allows the course is
    for the caller to check, and asked again when the request is accepted. Locks the account (FOR KEY SHARE). Raises
    RequestNotFound when the account does not look after the person (any more). Call outside of a transaction.
    """
    is_told = _may_mail(account, now)
    with transaction.atomic():
        if not keep_account(account.pk) or not Delegation.objects.filter(account=account, person=person).exists():
            raise RequestNotFound
        asked, is_new = CourseRequest.objects.get_or_create(
            account=account, person=person, course=course, state=State.OPEN, defaults={"words": words, "asked_at": now}
        )
        if not is_new:
            return None
        if is_told:
            tell_operators(asked, language=language)
    return asked


def _may_mail(account: CustomerAccount, now: datetime.datetime) -> bool:
    """Tell whether the account's operators get a mail of one more request; beyond that the overview tells them."""
    try:
        count_attempt(what="mail of a request", who=str(account.pk), now=now)
    except TooOften:
        return False
    return True


def open_request(account: CustomerAccount, request_id: int, part: Part | None = None) -> CourseRequest:
    """Return an open request to an account, within a part if one is given. Raises RequestNotFound, RequestAnswered."""
    asked = requests_to(account, part).filter(pk=request_id).first()
    if asked is None:
        raise RequestNotFound
    if not asked.is_open:
        raise _answered(asked)
    return asked


def withdraw_request(*, person: User, request_id: int, now: datetime.datetime) -> None:
    """Withdraw a person's own request. Raises RequestNotFound, RequestAnswered."""
    own = CourseRequest.objects.filter(pk=request_id, person=person).select_related("answered_by").first()
    if own is None:
        raise RequestNotFound
    _answer(own, State.WITHDRAWN, now=now)


@again_after_deadlock
def decline_request(
    *, account: CustomerAccount, request_id: int, operator: User, words: str, language: str, now: datetime.datetime
) -> None:
    """Decline a request and mail the person, with the operator's words.

    Locks the account (FOR KEY SHARE) and the operator's membership (FOR SHARE), then the request. Raises
    RequestNotFound, also when the operator answers nothing for the account (any more) or the request is beyond their
    part of it, and RequestAnswered.
    """
    with transaction.atomic():
        member = keep_at_desk(account_id=account.pk, user=operator)
        if member is None:
            raise RequestNotFound
        asked = open_request(account, request_id, Part.of(member))
        _answer(asked, State.DECLINED, by=operator, answer=words, now=now)
        tell_of_answer(asked, language=language, words=words)


@dataclass(frozen=True, slots=True)
class Accepted:
    """Request accepted, with the seat assigned. Without one the person was in the course already on a ground of this
    account, until `until` (None: without end)."""

    request: CourseRequest
    seat: Seat | None = None
    until: datetime.datetime | None = None


@again_after_deadlock
def place_request(
    *,
    account: CustomerAccount,
    request_id: int,
    batch_id: int,
    operator: User,
    language: str,
    now: datetime.datetime,
) -> Accepted:
    """Accept a request: place the person as a learner on a free seat of an order line, and close the request.

    The operator becomes the operator of what is placed. A person in the course already on a ground of this account gets
    no second seat of a pack, nor of the session they sit in; they are told until when, and the request is closed. All
    of it or none of it.

    Locks the course, the account and the operator's membership, the person, then as `assign_seats` does, the request
    last. Raises RequestNotFound, also when the operator places nobody for the account (any more) or the request is
    beyond their part of it, RequestAnswered, NoSeatLeft, and the refusals of `assign_seat`.
    """
    try:
        with transaction.atomic():
            asked = open_request(account, request_id)
            lock_courses([asked.course_id])
            member = keep_at_desk(account_id=account.pk, user=operator)
            part = Part.of(member) if member is not None else None
            if member is None or not requests_to(account, part).filter(pk=asked.pk).exists():
                raise RequestNotFound
            # Locked, so that the address by which the person is found stays theirs.
            person = User.objects.select_for_update(no_key=True).get(pk=asked.person_id)
            typed = _attach(account, person, operator, now)
            try:
                assignment = _assign(account, asked.course, batch_id, typed, operator, part, language, now)
                seat, until = (assignment.seat if assignment.is_used else None), assignment.until
            except AlreadyInSession:
                seat, until = None, _until(account, asked, now)
            _answer(asked, State.PLACED, by=operator, seat=seat, now=now)
            if seat is None:
                tell_of_answer(asked, language=language, until=until)
    except RequestAnswered:
        raise
    except SeatNotFound:
        raise RequestNotFound from None
    except Refused:
        # A colleague who was first may be the reason of any refusal: the one to tell is that they answered.
        open_request(account, request_id)
        raise
    return Accepted(asked, seat, until)


def _attach(account: CustomerAccount, person: User, operator: User, now: datetime.datetime) -> PersonTyped:
    """Attach the person to the operator under the name and address that the account typed first, and return the person
    under the present address. Raises RequestNotFound if the account does not look after them any more."""
    first = Delegation.objects.filter(account=account, person=person).order_by("pk").first()
    if first is None:
        raise RequestNotFound
    typed = PersonTyped(email=first.email, first_name=first.first_name, last_name=first.last_name)
    if person != operator:
        delegate(account=account, operator=operator, people=[typed], users={first.email: person}, now=now)
    return PersonTyped(email=person.email, first_name=first.first_name, last_name=first.last_name)


def _assign(
    account: CustomerAccount,
    course: Course,
    batch_id: int,
    person: PersonTyped,
    operator: User,
    part: Part | None,
    language: str,
    now: datetime.datetime,
) -> Assignment:
    """Assign the next free seat of an order line; another one where somebody took it in this moment."""
    for _attempt in range(ATTEMPTS):
        seat = free_seat(account, batch_id, course, part=part, now=now)
        if seat is None:
            break
        try:
            return assign_seat(
                account=account,
                seat_id=seat.pk,
                course=course,
                person=person,
                operator=operator,
                language=language,
                now=now,
            )
        except SeatNotFree:
            continue
    raise NoSeatLeft


def _until(account: CustomerAccount, asked: CourseRequest, now: datetime.datetime) -> datetime.datetime | None:
    """Return the end of what the account has given the person in the course; None without end."""
    there = already_enrolled(course=asked.course, account_id=account.pk, user_ids=[asked.person_id], now=now)
    return there[asked.person_id].until if there else None


def _answer(asked: CourseRequest, state: str, *, now: datetime.datetime, by: User | None = None, **values: Any) -> None:
    """Close an open request, by a conditional update. Raises RequestAnswered if it is closed by now."""
    changes = {"state": state, "answered_at": now, "answered_by": by, **values}
    if CourseRequest.objects.filter(pk=asked.pk, state=State.OPEN).update(**changes) != 1:
        raise _answered(CourseRequest.objects.select_related("answered_by").get(pk=asked.pk))
    for name, value in changes.items():
        setattr(asked, name, value)


def _answered(asked: CourseRequest) -> RequestAnswered:
    name = asked.answered_by.get_full_name() if asked.answered_by else ""
    return RequestAnswered(asked.state, name, asked.answered_at)
