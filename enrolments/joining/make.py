"""Making and withdrawing join links, by operators."""

from __future__ import annotations

import datetime

from django.db import transaction

from accounts.members.models import CustomerAccount
from accounts.members.operators import keep_at_desk
from accounts.members.parts import Part
from accounts.people.models import User
from accounts.teams.models import Team
from accounts.teams.services import TeamNotFound
from common.tokens import hash_token
from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.models import Course
from enrolments.joining.errors import JoinCodeTaken, JoinCodeUnknown, LinkBeyondPart, TooManyPlaces
from enrolments.joining.models import JoinCode, JoinLink, JoinUse
from enrolments.joining.selectors import is_within, seats_to_join
from enrolments.joining.tokens import code_of, hash_code, new_nonce, token_of
from enrolments.scope import usable_within
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.moves import SeatNotFound


def make_link(
    *,
    account: CustomerAccount,
    maker: User,
    batch: SeatBatch | None,
    group: CourseGroup | None,
    course: Course | None,
    has_codes: bool,
    places: int,
    domains: list[str],
    ends_at: datetime.datetime,
    now: datetime.datetime,
    team: Team | None = None,
) -> JoinLink:
    """Make a link to free seats of an order line or of a session, or as many printed codes as places.

    Seats are not kept: whoever comes first takes them, through a link or by an operator's hand. A session's link goes
    into its course. People who join by a link of a team are put into it, get its seats first, then those of no team,
    and count in its quota. Locks the account (FOR KEY SHARE) and the membership (FOR SHARE). Raises SeatNotFound when
    `maker` places nobody for the account (any more), TooManyPlaces when fewer seats are free, TeamNotFound,
    LinkBeyondPart for a link beyond the part of the account that `maker` is limited to.
    """
    with transaction.atomic():
        member = keep_at_desk(account_id=account.pk, user=maker)
        if member is None:
            raise SeatNotFound
        into = group.course if group is not None else course
        if team is not None and not Team.objects.filter(pk=team.pk, account=account).exists():
            raise TeamNotFound
        team_id = team.pk if team is not None else None
        seats = seats_to_join(account.pk, batch=batch, group=group, team_id=team_id, now=now)
        if team is not None:
            seats = usable_within(seats, Part.of(member), into.pk if into is not None else None)
        free = seats.count()
        if places > free:
            raise TooManyPlaces(free)
        nonce = new_nonce()
        link = JoinLink(
            account=account,
            maker=maker,
            batch=batch,
            group=group,
            course=into,
            team=team,
            has_codes=has_codes,
            places=places,
            domains=" ".join(domains),
            nonce=nonce,
            token_hash="" if has_codes else hash_token(token_of(nonce)),
            created_at=now,
            ends_at=ends_at,
        )
        if not is_within(Part.of(member), link):
            raise LinkBeyondPart
        link.save()
        if has_codes:
            numbers = range(1, places + 1)
            JoinCode.objects.bulk_create(
                JoinCode(link=link, number=number, code_hash=hash_code(code_of(nonce, number))) for number in numbers
            )
    return link


def revoke_link(*, link: JoinLink, actor: User, now: datetime.datetime) -> bool:
    """Withdraw a link with all its codes; tell whether it was not withdrawn before. One conditional update.

    Seats taken stay taken. A person about to take one comes first, or not at all: both lock the link.
    """
    standing = JoinLink.objects.filter(pk=link.pk, revoked_at__isnull=True)
    return bool(standing.update(revoked_at=now, revoked_by=actor))


def revoke_code(*, link: JoinLink, number: int, actor: User, now: datetime.datetime) -> bool:
    """Withdraw one printed code of a link; tell whether it was not withdrawn before.

    Locks the link, so that a person about to use the code comes first, or not at all. Raises JoinCodeUnknown for a
    number that no code of the link has, JoinCodeTaken when somebody has taken a seat with it.
    """
    with transaction.atomic():
        JoinLink.objects.select_for_update(no_key=True).get(pk=link.pk)
        code = JoinCode.objects.filter(link=link, number=number).first()
        if code is None:
            raise JoinCodeUnknown
        _refuse_taken(code)
        standing = JoinCode.objects.filter(pk=code.pk, revoked_at__isnull=True)
        return bool(standing.update(revoked_at=now, revoked_by=actor))


def _refuse_taken(code: JoinCode) -> None:
    if JoinUse.objects.filter(link=code.link_id, number=code.number).exists():
        raise JoinCodeTaken
