"""The account area's list of people, as a page and as a file."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.members.current import AccountRequest, account_page
from accounts.members.history.services import note_download
from accounts.members.parts import Part
from accounts.members.rights import Right
from common.sheets.tables import SheetKind
from enrolments.pages import query_string
from enrolments.people.export import people_file
from enrolments.people.list_forms import PeopleForm
from enrolments.people.listed import chosen_people, full_rows, page_of_people
from enrolments.scope import courses_within, people_within, teams_within
from enrolments.seats.selectors import courses_used

FILTERS = ("q", "state", "mail", "course", "team")


@require_safe
@account_page(Right.MANAGE_PEOPLE, Right.WORK_IN_PART)
def people(request: AccountRequest) -> HttpResponse:
    """List the people this account looks after."""
    now = timezone.now()
    part = Part.of(request.membership)
    teams = list(teams_within(request.account.teams.all(), part))
    courses = courses_within(courses_used(request.account), part)
    form = PeopleForm(request.GET or None, courses=courses, teams=teams)
    asked = form.cleaned_data if form.is_valid() else {}
    chosen = people_within(chosen_people(request.account, asked, now), request.account, part)
    page = page_of_people(request, request.account, chosen, asked.get("sort", ""))
    context = {
        "account": request.account,
        "form": form,
        "filters": query_string(request, *FILTERS),
        "page": page,
        "rows": full_rows(request.account, page.rows, now, part=part),
        "query_string": query_string(request, *FILTERS, "sort"),
        "is_by_mail": asked.get("sort") == "mail",
        "teams": teams if part is None else [],
        "is_whole": part is None,
        "ticked_on": request.get_full_path(),
    }
    return render(request, "people/people.html", context)


@require_safe
@account_page(Right.MANAGE_PEOPLE, Right.WORK_IN_PART)
def export(request: AccountRequest, kind: str) -> HttpResponseBase:
    """Download the people whom the filters of the list choose."""
    now, part = timezone.now(), Part.of(request.membership)
    form = PeopleForm(
        request.GET or None,
        courses=courses_within(courses_used(request.account), part),
        teams=list(teams_within(request.account.teams.all(), part)),
    )
    chosen = chosen_people(request.account, form.cleaned_data if form.is_valid() else {}, now)
    chosen = people_within(chosen, request.account, part)
    note_download(account_id=request.account.pk, actor=request.user, file="people", now=now)
    return people_file(request.account, chosen, SheetKind(kind), now, part=part)
