"""Mails that tell people that a course is open to them for longer."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from django.utils import translation

from accounts.members.models import CustomerAccount
from accounts.people.models import User
from common.words import end_in_words
from enrolments.extension.periods import Extension
from enrolments.grounds.models import Enrolment
from enrolments.grounds.told import EXTENDED_KIND, heard_of, last_day_told
from enrolments.values import LineRef
from outbox.mails.services import NewMail, queue_mails


def tell_extended(*, line: LineRef, extensions: Iterable[Extension], now: datetime.datetime) -> None:
    """Mail each person whose time an order line has lengthened, once for all their courses, in their language.

    Those whose course lasts longer anyway, by what others bought for them, have nothing new to hear. A mail about a
    loss that has not left yet is recalled. A constant number of statements; recorded in the caller's transaction, which
    has the locks of the courses.
    """
    ends: dict[int, datetime.datetime | None] = {}
    for each in extensions:
        if each.target.ground is not None and each.period is not None:
            ends[each.target.ground.enrolment_id] = each.period.ends_at
    found = Enrolment.objects.filter(pk__in=ends, user__is_active=True).select_related("user", "course").order_by("pk")
    longer: dict[User, list[Enrolment]] = {}
    for enrolment in found:
        if enrolment.ends_at == ends[enrolment.pk]:
            longer.setdefault(enrolment.user, []).append(enrolment)
    if not longer:
        return
    account = CustomerAccount.objects.get(pk=line.account_id)
    heard = heard_of(account=account, users=list(longer))
    mails = []
    for user, enrolments in longer.items():
        for enrolment in enrolments:
            heard.recall(user, enrolment.course, is_loss=True)
        due = [heard.due_at(user, enrolment.course, now=now) for enrolment in enrolments]
        language = heard.language(user, enrolments[0].course)
        mails.append(
            NewMail(
                kind=EXTENDED_KIND,
                key=f"{EXTENDED_KIND}:{line.line_id}:{user.pk}",
                recipient=user.email,
                language=language,
                context={
                    "account_name": account.name,
                    "courses": [_in_words(enrolment, language) for enrolment in enrolments],
                    "told": {str(enrolment.course_id): last_day_told(enrolment.ends_at) for enrolment in enrolments},
                },
                account_id=line.account_id,
                order_id=line.order_id,
                person_id=user.pk,
                due_at=max((at for at in due if at is not None), default=None),
            )
        )
    heard.save()
    queue_mails(mails)


def _in_words(enrolment: Enrolment, language: str) -> dict[str, object]:
    with translation.override(language):
        until = end_in_words(enrolment.ends_at) if enrolment.ends_at is not None else ""
        return {"id": enrolment.course_id, "name": enrolment.course.name, "until": until}
