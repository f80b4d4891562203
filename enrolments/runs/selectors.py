"""Reads about an account's acts on many seats."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from django.db.models import Count, QuerySet

from accounts.members.models import CustomerAccount, Membership
from accounts.members.parts import Part
from enrolments.people.selectors import PersonRow, people_of, typed_names
from enrolments.runs.models import Run, RunRow
from enrolments.runs.why import WhyNot
from enrolments.scope import people_within


@dataclass(slots=True)
class Counts:
    """Numbers of rows of a run, and reasons why some were left, each with their number, the most frequent first."""

    waiting: int = 0
    done: int = 0
    left: int = 0
    whys: list[tuple[str, int]] = field(default_factory=list)


def runs_of(account: CustomerAccount, member: Membership | None = None) -> QuerySet[Run]:
    """Return the acts of an account on many seats: for a member who is limited to a part of it their own within that
    part."""
    runs = Run.objects.filter(account=account).select_related("account", "operator", "course", "group__course")
    part = Part.of(member) if member is not None else None
    if member is None or part is None:
        return runs
    return runs.filter(operator=member.user_id, limits__contained_by=part.limits)


def names_in(run: Run, rows: Collection[RunRow], part: Part | None = None) -> dict[int, PersonRow]:
    """Return the people of rows as their account typed them, by key; of a part, those who belong to it now."""
    people = {row.person_id for row in rows if row.person_id is not None}
    if part is not None:
        within = people_within(people_of(run.account), run.account, part)
        people &= set(within.filter(person__in=people).values_list("person", flat=True))
    return typed_names(run.account, people)


def counts_of(run: Run) -> Counts:
    """Count the rows of a run. One statement."""
    counts = Counts()
    grouped = run.rows.order_by().values_list("step", "why").annotate(Count("pk"))
    for step, why, number in grouped:
        setattr(counts, step, getattr(counts, step) + number)
        if why:
            counts.whys.append((str(WhyNot(why).label), number))
    counts.whys.sort(key=lambda each: (-each[1], each[0]))
    return counts


def rows_of(run: Run, *, only_left: bool = False, after: int = 0) -> QuerySet[RunRow]:
    """Return rows of a run by position, those after one; only those left as they were, if asked."""
    rows = run.rows.filter(position__gt=after).select_related("course", "to_seat__course").order_by("position")
    return rows.filter(step=RunRow.Step.LEFT) if only_left else rows
