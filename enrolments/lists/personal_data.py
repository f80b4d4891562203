"""Rows of lists of people, as operators typed them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from common.emails import erased_address
from common.personal_data import Person, Record, hold, records
from common.scrubbing import scrub_rows
from enrolments.lists.models import ListRow, PeopleList

OTHERS = ("course_typed", "role_typed", "language_typed", "team_typed")
TYPED = ("email", "first_name", "last_name", *OTHERS, "address", "detail")
# States of a list that nobody works at; the others last for minutes.
AT_REST = (PeopleList.State.DRAFT, *PeopleList.OVER)


def _rows(person: Person) -> QuerySet[ListRow]:
    """Return rows about the person, not those that placed somebody else who has one of their old addresses by now."""
    typed = Q(address__in=person.emails, person__isnull=True)
    return ListRow.objects.filter(Q(person_id=person.key) | typed)


def rows(person: Person) -> Iterator[Record]:
    names = ("people_list__account__name", "email", "first_name", "last_name")
    yield from records(_rows(person).order_by("pk"), *names, *OTHERS, "step", "placed_at")


def blank_rows(person: Person, now: datetime, limit: int) -> int:
    """Delete the rows about the person from drafts, and empty those of lists that are over: their results count on."""
    drafts = _rows(person).filter(people_list__state=PeopleList.State.DRAFT).order_by("pk")[:limit]
    if count := ListRow.objects.filter(pk__in=list(drafts.values_list("pk", flat=True))).delete()[0]:
        return count
    address = erased_address(person.key)
    filled = (
        _rows(person).filter(people_list__state__in=PeopleList.OVER).exclude(email=address, first_name="", last_name="")
    )
    keys = list(filled.order_by("people_list_id", "pk").values_list("pk", flat=True)[:limit])
    if keys:
        return ListRow.objects.filter(pk__in=keys).update(
            email=address, address=address, first_name="", last_name="", detail={}, **dict.fromkeys(OTHERS, "")
        )
    resting = ListRow.objects.filter(people_list__state__in=AT_REST)
    texts = ("email", "first_name", "last_name", *OTHERS, "detail")
    theirs = Q(person__in=person.namesakes) | Q(address__in=person.their_emails)
    return scrub_rows(resting, *texts, person=person, limit=limit, theirs=theirs)


def is_being_placed(person: Person) -> bool:
    return _rows(person).exclude(people_list__state__in=AT_REST).exclude(address=erased_address(person.key)).exists()


hold(
    "lists",
    _("Lists of people with you in them"),
    columns={"enrolments.listrow": TYPED},
    describe=rows,
    blank=blank_rows,
    waits=is_being_placed,
)
