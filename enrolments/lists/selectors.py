"""Reads about an account's lists of people, and about the seats that a list may use."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from accounts.members.models import CustomerAccount, Membership
from accounts.members.parts import Part
from common.languages import in_reader_language
from common.search import in_name_order
from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.models import Course
from enrolments.lists.models import ListRow, PeopleList
from enrolments.lists.reading import language_named
from enrolments.lists.running import mail_key, occasion
from enrolments.lists.verdicts import FINE, THERE, TO_PLACE, Verdict
from enrolments.scope import courses_within, seats_within
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.history.models import SeatEvent
from enrolments.seats.models import Seat, SeatState
from outbox.mails.models import Mail

_LONGEST_TOLD = 60


@dataclass(frozen=True, slots=True)
class Source:
    """Seats that a list may use: free ones of an entry, or of a session."""

    key: str
    label: str
    entry_code: str = ""
    group: CourseGroup | None = None


def sources_of(account: CustomerAccount, now: datetime.datetime, part: Part | None = None) -> list[Source]:
    """Return the entries and sessions with seats that can be assigned, those of a part if one is given. One statement,
    a few more for a part."""
    free = seats_within(Seat.objects.assignable_at(now).filter(batch=OuterRef("pk")), account, part)
    batches = SeatBatch.objects.filter(Exists(free), account=account).select_related("group__course")
    sources: dict[str, Source] = {}
    for batch in batches.order_by("-pk"):
        if batch.group is not None:
            key = f"session:{batch.group_id}"
            label = _("Session of order %(order)s: %(course)s") % {
                "order": batch.order_number,
                "course": batch.group.course.name,
            }
            sources.setdefault(key, Source(key, label, group=batch.group))
        else:
            key = f"entry:{batch.entry_code}"
            name = in_reader_language(batch.entry_name) or batch.entry_code
            sources.setdefault(key, Source(key, name, entry_code=batch.entry_code))
    return sorted(sources.values(), key=lambda source: (source.group is not None, source.label.casefold()))


def courses_of(account: CustomerAccount, now: datetime.datetime, part: Part | None = None) -> QuerySet[Course]:
    """Return the open courses that the free seats of packs of an account, or of a part of it, may be used for, by name.
    Two statements, a few more for a part."""
    free = seats_within(Seat.objects.assignable_at(now).filter(batch=OuterRef("pk")), account, part)
    packs = SeatBatch.objects.filter(Exists(free), account=account, source=SeatBatch.Source.PACK)
    courses = Course.objects.none()
    for course_list in packs.order_by().values_list("course_list", flat=True).distinct():
        courses = courses | Course.objects.matching(course_list).open_at(now)
    if part is not None and not part.teams and not part.orders:
        courses = courses_within(courses, part)
    return courses.order_by(in_name_order("name"), "pk")


def lists_of(membership: Membership) -> QuerySet[PeopleList]:
    """Return the lists of an account that a member sees: of an operator limited to a part, their own, as far as nobody
    was placed by it beyond that part."""
    lists = PeopleList.objects.filter(account=membership.account_id)
    part = Part.of(membership)
    if part is not None:
        within = seats_within(Seat.objects.filter(account=membership.account_id), membership.account_id, part)
        beyond = ListRow.objects.filter(people_list=OuterRef("pk"), seat__isnull=False).exclude(seat__in=within)
        lists = lists.filter(~Exists(beyond), operator=membership.user_id)
    return lists.select_related("account", "operator", "course", "group__course")


def source_name(people_list: PeopleList) -> str:
    """Return the entry or session whose seats a list uses, in the reader's language. One statement for an entry."""
    if people_list.group is not None:
        return _("Session of order %(order)s") % {"order": people_list.group.name}
    of_entry = SeatBatch.objects.filter(account=people_list.account_id, entry_code=people_list.entry_code)
    name = of_entry.order_by("-pk").values_list("entry_name", flat=True).first()
    return (in_reader_language(name) if name else "") or people_list.entry_code


@dataclass(slots=True)
class Counts:
    """Number of rows of a list by what becomes, or became, of them."""

    by_verdict: dict[str, int] = field(default_factory=dict)
    by_step: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.by_step.values())

    @property
    def to_place(self) -> int:
        return sum(self.by_verdict.get(verdict, 0) for verdict in TO_PLACE)

    @property
    def there(self) -> int:
        return sum(self.by_verdict.get(verdict, 0) for verdict in THERE)

    @property
    def wrong(self) -> int:
        return self.total - sum(self.by_verdict.get(verdict, 0) for verdict in FINE)

    @property
    def placed(self) -> int:
        return self.by_step.get(ListRow.Step.PLACED, 0)

    @property
    def kept(self) -> int:
        return self.by_step.get(ListRow.Step.KEPT, 0)

    @property
    def verdicts(self) -> list[tuple[str, int]]:
        """The verdicts in words that rows have, with their number, in the order of the verdicts."""
        return [(str(verdict.label), self.by_verdict[verdict]) for verdict in Verdict if verdict in self.by_verdict]


def counts_of(people_list: PeopleList) -> Counts:
    """Count the rows of a list. One statement."""
    counts = Counts()
    grouped = people_list.rows.order_by().values_list("verdict", "step").annotate(Count("pk"))
    for verdict, step, number in grouped:
        counts.by_verdict[verdict] = counts.by_verdict.get(verdict, 0) + number
        counts.by_step[step] = counts.by_step.get(step, 0) + number
    return counts


def rows_of(people_list: PeopleList, *, only_wrong: bool = False, after: int = 0) -> QuerySet[ListRow]:
    """Return rows of a list by line, those after a line; only those that cannot be placed, if asked."""
    rows = people_list.rows.filter(line__gt=after).select_related("course", "role").order_by("line")
    return rows.exclude(verdict__in=FINE) if only_wrong else rows


def verdict_in_words(row: ListRow) -> str:
    """Return the verdict on a row with its detail, in the reader's language."""
    if row.verdict == Verdict.ALREADY and row.detail.get("until"):
        until = date_format(datetime.date.fromisoformat(row.detail["until"]), "DATE_FORMAT")
        return _("Already enrolled by your account, until %(date)s; no seat is used") % {"date": until}
    if row.verdict == Verdict.TWICE:
        return _("Twice in the list: see line %(line)d") % {"line": row.detail["line"]}
    if row.verdict == Verdict.BAD_ROLE and "roles" in row.detail:
        learner, tutor = map(in_reader_language, row.detail["roles"])
        return _("Role unknown: write %(learner)s or %(tutor)s") % {"learner": learner, "tutor": tutor}
    if row.verdict == Verdict.BAD_TEAM:
        return _("Your account has no team “%(team)s”: choose another one, or make it first") % {"team": row.team_typed}
    if row.verdict == Verdict.OTHER_TEAM and "team" in row.detail:
        return _("The person is in the team “%(team)s” of your account") % row.detail
    if row.verdict == Verdict.TEAM_FULL and "team" in row.detail:
        return _("The team “%(team)s” has no seats left") % row.detail
    if row.verdict == Verdict.NO_SEAT and "of_teams" in row.detail:
        return _("No seat left but those of other teams")
    return str(Verdict(row.verdict).label)


def language_in_words(row: ListRow) -> str:
    """Return the name of the language that a row gives, as typed where it is none of the shop's."""
    code = language_named(row.language_typed)
    return str(dict(settings.LANGUAGES)[code]) if code else row.language_typed[:_LONGEST_TOLD]


def mails_in_words(people_list: PeopleList, rows: Sequence[ListRow]) -> dict[int, str]:
    """Return the state of the mail to the person of each row that was told, by line. One statement.

    Of the kind of mail nothing is told: it shows who has signed in for others.
    """
    by_key: dict[str, list[int]] = {}
    for row in rows:
        if row.told_at is not None:
            by_key.setdefault(f"invitation:{occasion(people_list)}:{row.person_id}", []).append(row.line)
            by_key.setdefault(f"seat_assigned:{mail_key(row)}:{row.person_id}", []).append(row.line)
    words = {row.line: pgettext("mail to a person", "No further mail") for row in rows if row.told_at is not None}
    for key, state in Mail.objects.filter(key__in=list(by_key)).values_list("key", "state"):
        for line in by_key.get(key, []):
            words[line] = str(Mail.State(state).label)
    return words


def taken_meanwhile(people_list: PeopleList, part: Part | None = None) -> list[str]:
    """Tell in a sentence each who else took seats of the list's entry or session since it was looked at, as far as a
    part goes. Two statements."""
    batches = SeatBatch.objects.filter(account=people_list.account_id)
    if people_list.group_id is not None:
        batches = batches.filter(group=people_list.group_id)
    else:
        batches = batches.filter(entry_code=people_list.entry_code)
    moves = SeatEvent.objects.filter(
        seat__batch__in=batches, to_state=SeatState.ASSIGNED, at__gte=people_list.made_at, actor__isnull=False
    )
    if part is not None:
        moves = moves.filter(seat__in=seats_within(Seat.objects.all(), people_list.account_id, part))
    taken: dict[str, int] = {}
    for first, last, email, number in (
        moves.order_by().values_list("actor__first_name", "actor__last_name", "actor__email").annotate(Count("pk"))
    ):
        taken[f"{first} {last}".strip() or email] = number
    others = PeopleList.objects.filter(~Q(pk=people_list.pk), kept_seats__batch__in=batches)
    if part is not None:
        others = others.filter(kept_seats__in=seats_within(Seat.objects.all(), people_list.account_id, part))
    for first, last, email, number in (
        others.order_by()
        .values_list("operator__first_name", "operator__last_name", "operator__email")
        .annotate(Count("kept_seats"))
    ):
        name = f"{first} {last}".strip() or email
        taken[name] = taken.get(name, 0) + number
    return [
        ngettext(
            "%(name)s has taken %(number)d seat since this list was made.",
            "%(name)s has taken %(number)d seats since this list was made.",
            number,
        )
        % {"name": name, "number": number}
        for name, number in sorted(taken.items())
    ]
