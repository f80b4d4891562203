"""The people of an account as a list is asked for: chosen, in order, page by page, with all that a row shows."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest

from accounts.members.models import CustomerAccount
from accounts.members.parts import Part
from accounts.people.delegation.models import Delegation
from common.numbers import whole_number
from common.paging import KeyPage, sorted_page
from enrolments.pages import page_of
from enrolments.people.list_forms import Order
from enrolments.people.onboarding import onboarding_of
from enrolments.people.selectors import PersonRow, people_of, person_rows
from enrolments.people.states import MailState, PersonState, in_course, in_state, last_mails, state_of, with_last_mail

PEOPLE_A_PAGE = 50


def chosen_people(account: CustomerAccount, asked: Mapping[str, Any], now: datetime.datetime) -> QuerySet[Delegation]:
    """Return the people whom the values of a `PeopleForm` choose."""
    people = people_of(account, search=asked.get("q", ""))
    if asked.get("state"):
        people = in_state(people, account, PersonState(asked["state"]), now)
    if asked.get("mail"):
        people = with_last_mail(people, account, MailState(asked["mail"]))
    if asked.get("course") is not None:
        people = in_course(people, account, asked["course"], now)
    if asked.get("team") is not None:
        people = people.filter(team=asked["team"])
    return people.select_related("person", "team")


def page_of_people(
    request: HttpRequest, account: CustomerAccount, people: QuerySet[Delegation], order: str
) -> KeyPage[Delegation]:
    """Return the page of people that an address asks for. One or two statements."""
    if order == Order.NAME:
        return sorted_page(
            people,
            by="sort_name",
            among=Delegation.objects.filter(account=account),
            size=PEOPLE_A_PAGE,
            after=whole_number(request.GET.get("older", "")),
            before=whole_number(request.GET.get("newer", "")),
        )
    if order == Order.LAST_MAIL:
        mails = last_mails(account).filter(Exists(people.filter(person=OuterRef("person_id"))))
        page = page_of(request, mails.only("person_id"), PEOPLE_A_PAGE)
        by_person = {
            each.person_id: each
            for each in people_of(account)
            .filter(person__in=[mail.person_id for mail in page.rows])
            .select_related("person", "team")
        }
        rows = [by_person[mail.person_id] for mail in page.rows if mail.person_id in by_person]
        return KeyPage(rows=rows, older=page.older, newer=page.newer)
    return page_of(request, people, PEOPLE_A_PAGE)


def full_rows(
    account: CustomerAccount, people: Collection[Delegation], now: datetime.datetime, *, part: Part | None = None
) -> list[PersonRow]:
    """Return rows with courses, progress and state, in the order of `people`. Four statements."""
    rows = person_rows(account, people, now=now, part=part)
    onboarding = onboarding_of(account, people, now=now)
    for row in rows:
        row.onboarding = onboarding[row.person_id]
        row.state = state_of(row, now)
    return rows
