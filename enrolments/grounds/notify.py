"""Mails that tell people they are in a course."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.members.models import CustomerAccount
from accounts.people.models import User
from accounts.people.selectors import ids_with_proved_address
from accounts.people.services import CoursesInWords, invite_people
from common.search import in_name_order
from common.words import end_in_words, start_in_words
from enrolments.courses.models import Course
from enrolments.grounds.models import Ground
from enrolments.grounds.periods import together
from enrolments.grounds.told import LOST, PLACED_KINDS, Heard, heard_of, last_day_told
from enrolments.values import LineRef, Period
from outbox.mails.services import NewMail, queue_mails


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Person newly placed into a course; `key` names the occasion.

    One who was moved there comes from another course, `instead_of`, or from one session of the course to another, whose
    names are `sessions`.
    """

    user: User
    course: Course
    period: Period
    key: str
    order_id: int | None = None
    instead_of: Course | None = None
    sessions: tuple[str, str] | None = None

    @property
    def is_moved(self) -> bool:
        return self.instead_of is not None or self.sessions is not None

    @property
    def key_of_place(self) -> tuple[int, int]:
        return self.user.pk, self.course.pk


def tell_enrolled(
    *,
    users: Sequence[User],
    course: Course,
    key: str,
    period: Period,
    language: str,
    now: datetime.datetime,
    account: CustomerAccount | None = None,
    line: LineRef | None = None,
) -> None:
    """Mail each person newly placed: an invitation if their address is not proved yet, else a mail about the course.

    `key` names the occasion: a second call for it mails nobody twice. Mails are in the person's language, else in
    `language`, and name the customer account, if there is one. A constant number of statements; recorded in the
    caller's transaction.
    """
    order_id = line.order_id if line else None
    placed = [Placed(user=user, course=course, period=period, key=key, order_id=order_id) for user in users]
    tell_placed(placed=placed, occasion=key, account=account, language=language, now=now)


def tell_placed(
    *, placed: Sequence[Placed], occasion: str, account: CustomerAccount | None, language: str, now: datetime.datetime
) -> None:
    """Like `tell_enrolled`, for people in different courses: one invitation names all the courses of a person.

    `occasion` is the key of the invitations. A person whose last mail about the course told the same within the hour
    gets no other one (`enrolments.grounds.told`).
    """
    heard = heard_of(account=account, users=[each.user for each in placed])
    placed = [_as_heard(each, heard) for each in placed]
    placed = [each for each in placed if not _is_known(each, heard, now)]
    heard.save()
    due = {each.key_of_place: heard.due_at(each.user, each.course, now=now) for each in placed}
    proved = ids_with_proved_address([each.user for each in placed])
    waiting = {each.user.pk: each.user for each in placed if each.user.pk not in proved}
    if waiting:
        leaves_at: dict[int, datetime.datetime] = {}
        for (user_id, _course), at in due.items():
            if at is not None:
                leaves_at[user_id] = max(at, leaves_at.get(user_id, at))
        courses: dict[int, dict[Course, Period]] = {pk: {} for pk in waiting}
        moved = {each.key_of_place: each for each in placed if each.is_moved}
        for each in placed:
            if each.user.pk in waiting:
                of_person = courses[each.user.pk]
                of_person[each.course] = together(of_person.get(each.course, each.period), each.period)
        invite_people(
            users=list(waiting.values()),
            account=account,
            reason_key=occasion,
            language=language,
            now=now,
            courses=courses_in_words({pk: list(of_person.items()) for pk, of_person in courses.items()}, moved),
            due_at=lambda user: leaves_at.get(user.pk),
        )
    queue_mails(
        [
            NewMail(
                kind="seat_assigned",
                key=f"seat_assigned:{each.key}:{each.user.pk}",
                recipient=each.user.email,
                language=each.user.language or language,
                context=_context(each, account, each.user.language or language),
                account_id=account.pk if account else None,
                order_id=each.order_id,
                person_id=each.user.pk,
                due_at=due[each.key_of_place],
            )
            for each in placed
            if each.user.pk in proved and each.user.is_active
        ]
    )


def _is_known(placed: Placed, heard: Heard, now: datetime.datetime) -> bool:
    """Tell whether the last mail about the place told the same within the hour; recall a waiting one of its loss."""
    heard.recall(placed.user, placed.course, is_loss=True)
    if placed.is_moved:
        return False
    last = heard.last(placed.user, placed.course)
    if last is None or last.kind not in PLACED_KINDS or heard.due_at(placed.user, placed.course, now=now) is None:
        return False
    return last.context["told"][str(placed.course.pk)] == last_day_told(placed.period.ends_at)


def _as_heard(placed: Placed, heard: Heard) -> Placed:
    """Return a person moved as one newly placed, if they never heard of the place they left."""
    if not placed.is_moved:
        return placed
    left = placed.instead_of or placed.course
    was_waiting = heard.recall(placed.user, left, is_loss=False)
    last = heard.last(placed.user, left)
    if was_waiting and (last is None or last.context["told"][str(left.pk)] == LOST):
        return replace(placed, instead_of=None, sessions=None)
    return placed


def courses_in_words(
    courses: Mapping[int, Sequence[tuple[Course, Period]]], moved: Mapping[tuple[int, int], Placed] | None = None
) -> CoursesInWords:
    """Return a function that puts a user's courses into words for an invitation; `courses` are by the key of the user.

    `moved` are the people moved there, by the keys of user and course.
    Each course and period is put into words once for each language.
    """

    @cache
    def say(course: Course, period: Period, language: str) -> dict[str, Any]:
        with translation.override(language or settings.LANGUAGE_CODE):
            return {
                "id": course.pk,
                "name": course.name,
                "period": _period_in_words(period),
                "place": course.place,
                "until": last_day_told(period.ends_at),
            }

    def say_all(user: User, language: str) -> list[dict[str, Any]]:
        return [
            say(course, period, language) | _move_in_words((moved or {}).get((user.pk, course.pk)), language)
            for course, period in courses[user.pk]
        ]

    return say_all


def placed_by(
    *, account: CustomerAccount, users: Collection[User], now: datetime.datetime
) -> dict[int, list[tuple[Course, Period]]]:
    """Return the courses an account put people into that are not over, with the period of the account's own grounds.

    By the key of the user, ordered by name; other accounts' grounds for the people do not show. One statement.
    """
    grounds = (
        placed_grounds(account, now)
        .filter(enrolment__user__in=users)
        .select_related("enrolment__course", "seat")
        .order_by(in_name_order("enrolment__course__name"), "pk")
    )
    periods: dict[int, dict[Course, Period]] = {user.pk: {} for user in users}
    for ground in grounds:
        is_waiting = ground.seat is not None and ground.seat.consumed_at is None
        enter_before = ground.seat.enter_before if ground.seat is not None and is_waiting else None
        period = Period(ground.starts_at, ground.ends_at, enter_before)
        course, of_person = ground.enrolment.course, periods[ground.enrolment.user_id]
        of_person[course] = together(of_person.get(course, period), period)
    return {pk: list(of_person.items()) for pk, of_person in periods.items()}


def placed_grounds(account: CustomerAccount, now: datetime.datetime) -> QuerySet[Ground]:
    """Return the grounds by which an account has people in courses, of those that are not over."""
    return (
        Ground.objects.live()
        .filter(Q(ends_at__isnull=True) | Q(ends_at__gt=now), account=account)
        .filter(kind__in=(Ground.Kind.SEAT, Ground.Kind.LINE))
    )


def _period_in_words(period: Period) -> str:
    words = {"start": start_in_words(period.starts_at)}
    if period.ends_at is not None:
        words["end"] = end_in_words(period.ends_at)
    said = (_("from %(start)s") if period.ends_at is None else _("from %(start)s until %(end)s")) % words
    if period.enter_before is None:
        return said
    return _("%(period)s, to be entered by %(date)s") % {"period": said, "date": end_in_words(period.enter_before)}


def _move_in_words(moved: Placed | None, language: str) -> dict[str, Any]:
    if moved is None:
        return {}
    with translation.override(language or settings.LANGUAGE_CODE):
        if moved.instead_of is not None:
            note = _("instead of “%(course)s”, in which you are no longer enrolled") % {"course": moved.instead_of.name}
        else:
            left, joined = moved.sessions or ("", "")
            note = _("in session %(joined)s, no longer in session %(left)s") % {"joined": joined, "left": left}
        return {"note": note, "lost": _lost(moved)}


def _lost(moved: Placed) -> list[dict[str, Any]]:
    left = moved.instead_of
    return [] if left is None else [{"id": left.pk, "name": left.name, "until": ""}]


def _context(placed: Placed, account: CustomerAccount | None, language: str) -> dict[str, object]:
    course, period = placed.course, placed.period
    with translation.override(language or settings.LANGUAGE_CODE):
        lost = _lost(placed)
        move = {"lost": lost, "sessions": placed.sessions} if placed.is_moved else {}
        return {
            "course_name": course.name,
            "place": course.place,
            "starts_at": period.starts_at,
            "ends_at": period.ends_at,
            "enter_before": period.enter_before,
            "account_name": account.name if account else "",
            "told": {str(each["id"]): LOST for each in lost} | {str(course.pk): last_day_told(period.ends_at)},
            **move,
        }
