"""Mails about requests for courses: to those who answer them, and to whoever asked."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from itertools import islice

from django.conf import settings
from django.utils import translation

from accounts.members.models import CustomerAccount, Membership
from accounts.members.parts import Part
from accounts.people.models import User
from enrolments.courses.models import Course
from enrolments.requests.models import CourseRequest
from enrolments.requests.selectors import requests_to
from outbox.mails.services import NewMail, queue_mail, queue_mails

TOLD_AT_MOST = 20


def tell_operators(asked: CourseRequest, *, language: str) -> None:
    """Mail the operators of the account, its owners where there are none. Recorded in the caller's transaction."""
    queue_mails(
        [
            NewMail(
                kind="course_requested",
                key=f"course_requested:{asked.pk}:{user.pk}",
                recipient=user.email,
                language=user.language or language,
                # Name and words are read when the mail goes out: no copy of them outlives the request.
                context={
                    "request_id": asked.pk,
                    "course_name": _name_of(asked.course, user.language or language),
                    "account_name": asked.account.name,
                },
                account_id=asked.account_id,
            )
            for user in who_answers(asked.account, lambda member: _sees(member, asked))
        ]
    )


def tell_of_answer(
    asked: CourseRequest, *, language: str, words: str = "", until: datetime.datetime | None = None
) -> None:
    """Mail the person that their request was declined, or, accepted without a seat, that they are in the course
    already. A seat assigned is told by its own mail. Recorded in the caller's transaction."""
    person = asked.person
    if not person.is_active:
        return
    queue_mail(
        kind="course_request_answered",
        key=f"course_request_answered:{asked.pk}",
        recipient=person.email,
        language=person.language or language,
        context={
            "course_name": _name_of(asked.course, person.language or language),
            "is_declined": asked.state == CourseRequest.State.DECLINED,
            "words": words,
            "until": until,
            "account_name": asked.account.name,
        },
        account_id=asked.account_id,
        person_id=asked.person_id,
    )


def who_answers(
    account: CustomerAccount, may: Callable[[Membership], bool] = lambda member: not member.is_limited
) -> list[User]:
    """Return the active operators of an account who may answer, the first to join first; its owners where none may.

    By itself operators limited to a part of the account may not. One statement, and those of `may`.
    """
    members = Membership.objects.filter(account=account, user__is_active=True).select_related("user")
    in_order = members.order_by("created_at", "pk")
    operators = (member for member in in_order.filter(is_operator=True).iterator() if may(member))
    found = list(islice(operators, TOLD_AT_MOST)) or list(in_order.filter(is_owner=True)[:TOLD_AT_MOST])
    return [member.user for member in found]


def _sees(member: Membership, asked: CourseRequest) -> bool:
    """Tell whether an operator sees a request. One statement for one who is limited to a part of the account."""
    part = Part.of(member)
    return part is None or requests_to(asked.account, part).filter(pk=asked.pk).exists()


def _name_of(course: Course, language: str) -> str:
    with translation.override(language or settings.LANGUAGE_CODE):
        return course.name
