"""Mails about a person's place in a course: one rule for those that tell of it and those that tell of its loss.

A mail that has not left yet is recalled once what it tells is no longer so: a place lost before its mail left is told
to nobody, nor is a loss made good in time. Of one course, a person gets at most one mail of an account an hour; the
last of them tells how things stand. Each mail keeps the courses it tells of in its context, as `told`: by the key of
the course, the last day told, "" for no end, LOST for a loss. A mail about a move tells both, of the course that a
person has now and of the one that they left.

Callers hold the locks of the courses, so that no two transactions tell a person of one course at once.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.utils import translation

from accounts.members.models import CustomerAccount
from accounts.people.models import User
from accounts.people.services import LOST
from common.words import end_in_words, last_day_of
from enrolments.courses.models import Course
from outbox.mails.models import Mail
from outbox.mails.sending import mark_recalled
from outbox.mails.services import NewMail, lock_queued, queue_mails, rewrite_mails

EXTENDED_KIND = "access_extended"
PLACED_KINDS = ("seat_assigned", "invitation", EXTENDED_KIND)
LOST_KIND = "place_lost"
# A mistake put right within this time is told to nobody.
LOSS_WAITS = datetime.timedelta(minutes=10)
BETWEEN = datetime.timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """Course that a person has lost, or that now ends earlier: `until`, None where nothing is left of it.

    `key` names the occasion. `is_late` tells that the person did not enter in time.
    """

    user: User
    course: Course
    account: CustomerAccount | None
    until: datetime.datetime | None
    key: str
    is_late: bool = False


@dataclass(slots=True)
class Heard:
    """Mails of one account about places: those that left, by person and course, and those that still can be changed, by
    person."""

    left: dict[tuple[int, str], list[Mail]] = field(default_factory=dict)
    waiting: dict[int, list[Mail]] = field(default_factory=dict)
    changed: dict[int, Mail] = field(default_factory=dict)

    def last(self, user: User, course: Course) -> Mail | None:
        """Return the last mail about a course that left."""
        return next(reversed(self.left.get((user.pk, str(course.pk)), [])), None)

    def due_at(self, user: User, course: Course, *, now: datetime.datetime) -> datetime.datetime | None:
        """Return the time before which no other mail about the course may leave; None for now."""
        last = self.last(user, course)
        again = (last.sent_at or now) + BETWEEN if last is not None else now
        return again if again > now else None

    def language(self, user: User, course: Course) -> str:
        """Return the language of a person: their own, else that of the last mail about the course."""
        last = self.last(user, course)
        return user.language or (last.language if last is not None else settings.LANGUAGE_CODE)

    def recall(self, user: User, course: Course, *, is_loss: bool) -> bool:
        """Take a course, or its loss, out of the waiting mails to a person; return whether one told of it.

        A mail about a move that tells of nothing but the course left is one of its loss then. `save` writes it.
        """
        waiting = self.waiting.get(user.pk, [])
        found = [mail for mail in waiting if _tells_of_loss(mail, str(course.pk)) is is_loss]
        for mail in found:
            _take_out(mail, course)
            self.changed[mail.pk] = mail
        self.waiting[user.pk] = [mail for mail in waiting if mail.context["told"]]
        return bool(found)

    def save(self) -> None:
        """Write the changed mails; recall those that tell of nothing more. Two statements at most."""
        mark_recalled([pk for pk, mail in self.changed.items() if not mail.context["told"]])
        rewrite_mails([mail for mail in self.changed.values() if mail.context["told"]])
        self.changed = {}


def _tells_of_loss(mail: Mail, course_id: str) -> bool | None:
    """Tell whether a mail says that a course is lost, or lost earlier; None for one that does not speak of it."""
    told = mail.context["told"].get(course_id)
    return None if told is None else mail.kind == LOST_KIND or told == LOST


def _take_out(mail: Mail, course: Course) -> None:
    """Let a waiting mail tell nothing of a course; one about a move may be left as a mail about the course left."""
    context, told = mail.context, mail.context["told"]
    del told[str(course.pk)]
    context["courses"] = [each for each in context.get("courses", []) if each["id"] != course.pk]
    lost = [each for each in context.get("lost", []) if each["id"] != course.pk]
    for each in context["courses"]:
        if each.get("lost") and not any(left in lost for left in each["lost"]):
            each["lost"], each["note"] = [], ""
    if "lost" in context:
        context["lost"] = lost
    if lost and mail.kind in PLACED_KINDS and set(told.values()) == {LOST}:
        mail.kind = LOST_KIND
        mail.context = {"account_name": context["account_name"], "courses": lost, "told": told}


def heard_of(*, account: CustomerAccount | None, users: Collection[User]) -> Heard:
    """Return what an account's mails told people of their courses. One statement, and two more if one has not left.

    Locks the jobs of those that have not left (`lock_queued`).
    """
    told = Mail.objects.filter(
        kind__in=(*PLACED_KINDS, LOST_KIND),
        person_id__in={user.pk for user in users},
        account_id=account.pk if account else None,
        state__in=(Mail.State.QUEUED, Mail.State.SENT),
        context__has_key="told",
    )
    mails = list(told.order_by("pk"))
    heard = Heard()
    held = set()
    for mail in lock_queued(mails):
        held.add(mail.pk)
        heard.waiting.setdefault(mail.person_id or 0, []).append(mail)
    for mail in mails:
        if mail.pk not in held:
            for course_id in mail.context["told"]:
                heard.left.setdefault((mail.person_id or 0, course_id), []).append(mail)
    return heard


def last_day_told(ends_at: datetime.datetime | None) -> str:
    """Return the end of a place as `told` keeps it."""
    return last_day_of(ends_at).isoformat() if ends_at else ""


def tell_lost(*, lost: Sequence[Lost], now: datetime.datetime) -> None:
    """Queue a mail to each person who lost a course, in their language: one for all the courses of an account.

    People who never heard of the course, and those who cannot sign in any more, are told nothing. A second call for an
    occasion changes nothing. Recorded in the caller's transaction.
    """
    by_account: dict[CustomerAccount | None, list[Lost]] = {}
    for each in lost:
        if each.user.is_active:
            by_account.setdefault(each.account, []).append(each)
    for account, of_account in by_account.items():
        heard = heard_of(account=account, users=[each.user for each in of_account])
        by_person: dict[User, list[Lost]] = {}
        for each in of_account:
            was_waiting = heard.recall(each.user, each.course, is_loss=False)
            last = heard.last(each.user, each.course)
            if was_waiting and (last is None or last.context["told"][str(each.course.pk)] in (LOST, _told_of(each))):
                continue
            by_person.setdefault(each.user, []).append(each)
        _queue(account, by_person, heard, now)
        heard.save()


def _queue(
    account: CustomerAccount | None, by_person: dict[User, list[Lost]], heard: Heard, now: datetime.datetime
) -> None:
    new = []
    for user, lost in by_person.items():
        waiting = next((mail for mail in heard.waiting.get(user.pk, []) if mail.kind == LOST_KIND), None)
        if waiting is not None:
            _add(waiting, lost)
            heard.changed[waiting.pk] = waiting
            continue
        language = heard.language(user, lost[0].course)
        again = [due for each in lost if (due := heard.due_at(user, each.course, now=now)) is not None]
        mail = NewMail(
            kind=LOST_KIND,
            key=f"{LOST_KIND}:{lost[0].key}:{user.pk}",
            recipient=user.email,
            language=language,
            context={"account_name": account.name if account else "", **_context(lost, language)},
            account_id=account.pk if account else None,
            person_id=user.pk,
            due_at=max([now + LOSS_WAITS, *again]),
        )
        new.append(mail)
    queue_mails(new)


def _add(waiting: Mail, lost: Sequence[Lost]) -> None:
    """Let a waiting mail tell of further losses."""
    more = _context(lost, waiting.language)
    kept = [each for each in waiting.context["courses"] if str(each["id"]) not in more["told"]]
    waiting.context["courses"] = kept + more["courses"]
    waiting.context["told"] |= more["told"]


def _context(lost: Sequence[Lost], language: str) -> dict[str, Any]:
    with translation.override(language):
        return {
            "courses": [
                {
                    "id": each.course.pk,
                    "name": each.course.name,
                    "until": end_in_words(each.until) if each.until else "",
                    "is_late": each.is_late,
                }
                for each in lost
            ],
            "told": {str(each.course.pk): _told_of(each) for each in lost},
        }


def _told_of(lost: Lost) -> str:
    return last_day_told(lost.until) if lost.until else LOST
