"""The account area's pages of teams."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts.members.current import AccountRequest, account_page
from accounts.members.rights import Right
from accounts.teams.forms import TeamForm
from accounts.teams.services import TeamChanged, TeamNotFound, change_team, make_team, version_of
from common.numbers import whole_number
from common.refusals import Refused
from enrolments.people.listed import PEOPLE_A_PAGE
from enrolments.teams.forms import TeamSeatsForm
from enrolments.teams.selectors import TeamRow, free_seats_for, team_rows
from enrolments.teams.services import move_seats_of_team, put_people, remove_team


@account_page(Right.MANAGE_PEOPLE)
@require_http_methods(["GET", "HEAD", "POST"])
def teams(request: AccountRequest) -> HttpResponse:
    """List the account's teams; posting the form makes one."""
    form = TeamForm(request.POST or None)
    status = HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid():
            try:
                made = make_team(
                    account=request.account,
                    name=form.cleaned_data["name"],
                    quota=form.cleaned_data["quota"],
                    actor=request.user,
                    now=timezone.now(),
                )
            except TeamNotFound:
                raise Http404 from None
            except Refused as refused:
                form.add_error("name", str(refused.message))
            else:
                messages.success(request, _("The team “%(team)s” is there.") % {"team": made.name})
                return redirect("account-teams", request.account.pk)
    context = {"account": request.account, "rows": team_rows(request.account), "form": form}
    return render(request, "teams/teams.html", context, status=status)


@account_page(Right.MANAGE_PEOPLE)
@require_http_methods(["GET", "HEAD", "POST"])
def team(request: AccountRequest, team_id: int) -> HttpResponse:
    """Show a team; posting the form changes its name and quota."""
    row = _find(request, team_id)
    if request.method != "POST":
        return _page(request, row)
    form = TeamForm(request.POST)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if form.is_valid():
        try:
            change_team(
                account=request.account,
                team_id=team_id,
                name=form.cleaned_data["name"],
                quota=form.cleaned_data["quota"],
                expected_version=form.cleaned_data["seen"],
                actor=request.user,
                now=timezone.now(),
            )
        except TeamNotFound:
            raise Http404 from None
        except TeamChanged as refused:
            row = _find(request, team_id)
            posted = request.POST.copy()
            posted["seen"] = version_of(row.team)
            form = TeamForm(posted)
            form.full_clean()
            form.add_error(None, str(refused.message))
            status = HTTPStatus.CONFLICT
        except Refused as refused:
            form.add_error("name", str(refused.message))
        else:
            messages.success(request, _("The team was changed."))
            return redirect("account-team", request.account.pk, team_id)
    return _page(request, row, form=form, status=status)


@account_page(Right.MANAGE_SEATS)
@require_POST
def seats(request: AccountRequest, team_id: int) -> HttpResponse:
    """Give free seats to a team, or take them back."""
    row, now = _find(request, team_id), timezone.now()
    form = TeamSeatsForm(request.POST, free=free_seats_for(row.team, now))
    is_given = request.POST.get("do") != "take"
    if not form.is_valid():
        return _page(request, row, seats_form=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    number = form.cleaned_data["number"]
    try:
        move_seats_of_team(
            account=request.account,
            from_team=None if is_given else team_id,
            to_team=team_id if is_given else None,
            entry_code=form.cleaned_data["entry"],
            number=number,
            now=now,
        )
    except TeamNotFound:
        raise Http404 from None
    except Refused as refused:
        form.add_error("number", str(refused.message))
        return _page(request, row, seats_form=form, status=HTTPStatus.CONFLICT)
    given = ngettext("%(number)d seat is the team’s now.", "%(number)d seats are the team’s now.", number)
    back = ngettext("%(number)d seat is of no team again.", "%(number)d seats are of no team again.", number)
    messages.success(request, (given if is_given else back) % {"number": number})
    return redirect("account-team", request.account.pk, team_id)


@account_page(Right.MANAGE_PEOPLE)
@require_POST
def remove(request: AccountRequest, team_id: int) -> HttpResponse:
    """Delete a team; its people and seats stay, of no team."""
    row = _find(request, team_id)
    try:
        remove_team(account=request.account, team_id=team_id, actor=request.user, now=timezone.now())
    except TeamNotFound:
        raise Http404 from None
    except Refused as refused:
        messages.error(request, str(refused.message))
        return redirect("account-team", request.account.pk, team_id)
    messages.success(request, _("The team “%(team)s” is gone. Its people and seats are of no team now.") % {
        "team": row.team.name
    })  # fmt: skip
    return redirect("account-teams", request.account.pk)


@account_page(Right.MANAGE_PEOPLE)
@require_POST
def people(request: AccountRequest) -> HttpResponse:
    """Put the people ticked into a team, or into none."""
    asked = request.POST.get("into", "")
    team_id = None if asked == "none" else whole_number(asked) or 0
    ticked = [key for each in request.POST.getlist("people")[:PEOPLE_A_PAGE] if (key := whole_number(each))]
    if not ticked or asked == "":
        messages.error(request, _("Tick somebody and choose a team."))
        return _back_to_people(request)
    try:
        number = put_people(
            account=request.account,
            team_id=team_id,
            delegation_ids=ticked,
            actor=request.user,
            now=timezone.now(),
        )
    except TeamNotFound:
        raise Http404 from None
    except Refused as refused:
        messages.error(request, str(refused.message))
    else:
        sentence = ngettext(
            "The team of %(number)d person was changed.", "The team of %(number)d people was changed.", number
        )
        messages.success(request, sentence % {"number": number})
    return _back_to_people(request)


def _back_to_people(request: AccountRequest) -> HttpResponse:
    """Return to the page of the list that the people were ticked on."""
    page = request.POST.get("next", "")
    if page.startswith("/") and url_has_allowed_host_and_scheme(page, allowed_hosts=None):
        return redirect(page)
    return redirect("account-people", request.account.pk)


def _find(request: AccountRequest, team_id: int) -> TeamRow:
    found = team_rows(request.account, only=team_id)
    if not found:
        raise Http404
    return found[0]


def _page(
    request: AccountRequest,
    row: TeamRow,
    *,
    form: TeamForm | None = None,
    seats_form: TeamSeatsForm | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    free = free_seats_for(row.team, timezone.now())
    known = {"name": row.team.name, "quota": row.team.quota, "seen": version_of(row.team)}
    context = {
        "account": request.account,
        "row": row,
        "free": free,
        "form": form or TeamForm(initial=known),
        "seats_form": seats_form or TeamSeatsForm(free=free),
    }
    return render(request, "teams/team.html", context, status=status)
