"""Given join links for tests."""

from __future__ import annotations

import datetime
import re

from django.test import Client
from django.urls import reverse

from accounts.members.models import CustomerAccount, Membership
from accounts.people.models import User
from accounts.people.services import PersonTyped
from accounts.teams.models import Team
from enrolments.courses.models import Course
from enrolments.joining.join import Joined, join
from enrolments.joining.make import make_link
from enrolments.joining.models import JoinLink
from enrolments.joining.selectors import find_entrance
from enrolments.joining.tokens import code_of, token_of
from enrolments.seats.batches.models import SeatBatch
from outbox.mails.models import Mail
from outbox.mails.rendering import render_mail
from tests.enrolments.given import NOW, days


def operator_of(account: CustomerAccount, user: User) -> User:
    Membership.objects.get_or_create(account=account, user=user, defaults={"is_operator": True, "created_at": NOW})
    return user


def given_link(
    batch: SeatBatch,
    maker: User,
    *,
    course: Course | None = None,
    places: int = 1,
    has_codes: bool = False,
    domains: tuple[str, ...] = (),
    ends_at: datetime.datetime | None = None,
    now: datetime.datetime = NOW,
    team: Team | None = None,
) -> JoinLink:
    """Return a link to the seats of an order line, or of its session, made by `maker`, who becomes an operator."""
    return make_link(
        account=batch.account,
        maker=operator_of(batch.account, maker),
        batch=batch if batch.group_id is None else None,
        group=batch.group,
        course=course,
        has_codes=has_codes,
        places=places,
        domains=list(domains),
        ends_at=ends_at or now + days(30),
        now=now,
        team=team,
    )


def token(link: JoinLink) -> str:
    return token_of(link.nonce)


def code(link: JoinLink, number: int = 1) -> str:
    return code_of(link.nonce, number)


def joins(token: str, email: str, course: Course | None = None, *, now: datetime.datetime = NOW) -> Joined:
    """Take a seat as somebody who has typed the code mailed to the address."""
    person = PersonTyped(email=email, first_name="Ada", last_name="Byron")
    entrance = find_entrance(token)
    return join(entrance=entrance, course_id=course.pk if course else None, person=person, language="en", now=now)


def typed(email: str = "ada@example.org", **more: object) -> dict[str, object]:
    return {"email": email, "first_name": "Ada", "last_name": "Byron"} | more


def ask(browser: Client, token: str, email: str = "ada@example.org", **more: object):
    """Post the form of a link."""
    return browser.post(reverse("join-link", args=[token]), typed(email, **more))


def mailed_code() -> str:
    """Return the code mailed last."""
    mail = Mail.objects.filter(kind="address_code").latest("pk")
    return next(line.strip() for line in render_mail(mail, blank_secrets=False).text.splitlines() if "    " in line)


def type_code(browser: Client, token: str, code: str):
    return browser.post(reverse("join-code", args=[token]), {"code": code})


def text_of(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))
