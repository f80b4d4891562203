"""Reads about join links: by token, their state, the seats and courses they lead to."""

from __future__ import annotations

import datetime
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.members.models import CustomerAccount
from accounts.members.parts import Part
from common.languages import in_reader_language
from common.refusals import Refused
from common.tokens import hash_token
from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.models import Course
from enrolments.joining.errors import (
    JoinCodeUsed,
    JoinCourseClosed,
    JoinLinkEnded,
    JoinLinkUnknown,
    JoinLinkUsedUp,
    JoinLinkWithdrawn,
)
from enrolments.joining.models import JoinCode, JoinLink, JoinUse
from enrolments.joining.tokens import hash_code, read_code
from enrolments.scope import may_use, seats_within, teams_within
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.desk import choosable_courses
from enrolments.seats.models import Seat, SeatQuerySet


@dataclass(frozen=True, slots=True)
class Entrance:
    """Link that a token or a printed code opens; `number` is the code's, None for the link itself."""

    link: JoinLink
    number: int | None


def find_entrance(token: str) -> Entrance:
    """Return the entrance that a token or a code opens, in whatever state. One statement. Raises JoinLinkUnknown."""
    if read_code(token):
        codes = JoinCode.objects.select_related("link__account", "link__batch", "link__group", "link__course")
        code = codes.filter(code_hash=hash_code(token)).first()
        if code is not None:
            return Entrance(code.link, code.number)
    else:
        links = JoinLink.objects.select_related("account", "batch", "group", "course")
        link = links.filter(token_hash=hash_token(token), has_codes=False).first()
        if link is not None:
            return Entrance(link, None)
    raise JoinLinkUnknown


def refuse_closed(entrance: Entrance, *, now: datetime.datetime) -> None:
    """Raise JoinLinkWithdrawn, JoinLinkEnded, JoinCodeUsed or JoinLinkUsedUp for an entrance that takes nobody."""
    link, number = entrance.link, entrance.number
    if number is not None and JoinUse.objects.filter(link=link, number=number).exists():
        raise JoinCodeUsed
    if link.revoked_at is not None or link.is_team_gone:
        raise JoinLinkWithdrawn
    if number is not None and withdrawn_codes(link).filter(number=number).exists():
        raise JoinLinkWithdrawn
    if link.ends_at <= now:
        raise JoinLinkEnded(link)
    if number is None and JoinUse.objects.filter(link=link).count() >= link.places:
        raise JoinLinkUsedUp


def withdrawn_codes(link: JoinLink) -> QuerySet[JoinCode]:
    """Return the printed codes of a link that were withdrawn one by one, by number."""
    return JoinCode.objects.filter(link=link, revoked_at__isnull=False)


def joinable_seats(account_id: int, now: datetime.datetime, *, teams: Collection[int] = ()) -> SeatQuerySet:
    """Return the free seats of an account that links may give away: those of no team, and those of `teams`, by keys.

    A link places learners: tutors are few, and named by an operator.
    """
    seats = Seat.objects.assignable_at(now).for_learners().filter(account=account_id)
    return seats.filter(Q(team__isnull=True) | Q(team__in=teams)) if teams else seats.filter(team__isnull=True)


def free_seats(link: JoinLink, now: datetime.datetime) -> QuerySet[Seat]:
    """Return the free seats that a link leads to, those of its team and those sold first at the front."""
    return seats_to_join(link.account_id, batch=link.batch, group=link.group, team_id=link.team_id, now=now)


def seats_to_join(
    account_id: int, *, batch: SeatBatch | None, group: CourseGroup | None, team_id: int | None, now: datetime.datetime
) -> QuerySet[Seat]:
    """Return the free seats of an order line or a session that learners may take: of no team, or of one."""
    seats = joinable_seats(account_id, now, teams=[] if team_id is None else [team_id])
    of_source = seats.filter(batch=batch) if batch is not None else seats.filter(batch__group=group)
    return of_source.select_related("batch", "course").order_by(F("team").asc(nulls_last=True), "pk")


def offered_courses(link: JoinLink, now: datetime.datetime) -> list[Course]:
    """Return the courses that people may join by a link now, by name: one, unless they choose.

    Raises JoinLinkUsedUp without a free seat, JoinCourseClosed where no course takes anybody. Three statements at most.
    """
    seat = free_seats(link, now).first()
    if seat is None:
        raise JoinLinkUsedUp
    if link.group_id is not None:
        # A blank seat of a session keeps its place, and is filled until the course is over.
        courses = [link.course] if link.course is not None and link.course.is_lasting_at(now) else []
    else:
        choosable = choosable_courses(seat, now)
        courses = list(choosable.filter(pk=link.course_id) if link.course_id is not None else choosable)
    if not courses:
        raise JoinCourseClosed
    return courses


def links_of(account: CustomerAccount, part: Part | None = None) -> QuerySet[JoinLink]:
    """Return the links of an account, the newest first: of a part, those to seats of its orders or into its courses,
    and those for its teams."""
    links = JoinLink.objects.filter(account=account)
    if part is not None:
        of_orders = Q(batch__order_id__in=part.orders) | Q(group__order_id__in=part.orders)
        of_no_team = Q(of_orders | Q(course__in=part.courses), team__isnull=True)
        links = links.filter(of_no_team | Q(team__in=part.teams))
    return links.select_related("maker", "batch", "group__course", "course", "team")


def uses_of(links: Collection[JoinLink]) -> dict[int, int]:
    """Return the number of uses of each link. One statement."""
    counted = JoinUse.objects.filter(link__in=[link.pk for link in links]).order_by().values_list("link")
    used = dict(counted.annotate(Count("pk")))
    return {link.pk: used.get(link.pk, 0) for link in links}


@dataclass(frozen=True, slots=True)
class Source:
    """Seats that a link may lead to, of an order line or of a session."""

    key: str
    label: str
    batch: SeatBatch | None = None
    group: CourseGroup | None = None


def is_within(part: Part | None, link: JoinLink, *, course_id: int | None = None) -> bool:
    """Tell whether an operator limited to a part may place whoever comes by a link, in its course or in another one.
    Expects its batch or group."""
    if part is None or link.team_id is not None:
        return part is None or link.team_id in part.teams
    of_order = link.batch if link.batch is not None else link.group
    order_id = of_order.order_id if of_order else None
    return may_use(part, team_id=None, order_id=order_id, course_id=link.course_id or course_id)


def sources_of(account: CustomerAccount, now: datetime.datetime, part: Part | None = None) -> list[Source]:
    """Return the order lines and sessions with seats that learners may take, the newest first; of a part, if one is
    given. Three statements, a few more for a part."""
    teams = list(teams_within(account.teams.all(), part).values_list("pk", flat=True))
    seats = seats_within(joinable_seats(account.pk, now, teams=teams), account, part)
    counted = seats.order_by().values_list("batch").annotate(Count("pk"), Count("team"))
    free = {batch_id: (number, of_teams) for batch_id, number, of_teams in counted}
    batches = SeatBatch.objects.filter(pk__in=free).select_related("group__course").order_by("-pk")
    of_sessions: dict[int, tuple[int, int]] = {}
    for batch in batches:
        if batch.group_id is not None:
            number, of_teams = of_sessions.get(batch.group_id, (0, 0))
            of_sessions[batch.group_id] = number + free[batch.pk][0], of_teams + free[batch.pk][1]
    sources: dict[str, Source] = {}
    for batch in batches:
        key = f"session:{batch.group_id}" if batch.group_id is not None else f"batch:{batch.pk}"
        numbers = of_sessions[batch.group_id] if batch.group_id is not None else free[batch.pk]
        if key not in sources:
            label = f"{source_name(batch, batch.group)} ({_free_in_words(*numbers)})"
            pack = batch if batch.group_id is None else None
            sources[key] = Source(key, label, batch=pack, group=batch.group)
    return list(sources.values())


def source_name(batch: SeatBatch | None, group: CourseGroup | None) -> str:
    """Return the order line or session in the reader's language."""
    if group is not None:
        return _("Session of order %(order)s: %(course)s") % {"order": group.name, "course": group.course.name}
    assert batch is not None
    name = in_reader_language(batch.entry_name) or batch.entry_code
    return _("%(entry)s, order %(order)s") % {"entry": name, "order": batch.order_number}


def _free_in_words(number: int, of_teams: int) -> str:
    free = ngettext("%(number)d free seat", "%(number)d free seats", number) % {"number": number}
    if not of_teams:
        return free
    kept = ngettext("%(number)d for a team", "%(number)d for teams", of_teams) % {"number": of_teams}
    return _("%(free)s, of them %(kept)s") % {"free": free, "kept": kept}


def state_of(link: JoinLink, *, used: int, now: datetime.datetime) -> Refused | None:
    """Return the reason why a link takes nobody any more, as far as that depends on itself; None while it does."""
    if link.revoked_at is not None:
        return JoinLinkWithdrawn()
    if link.ends_at <= now:
        return JoinLinkEnded(link)
    return JoinLinkUsedUp() if used >= link.places else None
