"""Acts on many people of an account: those ticked in the list, or all that it finds."""

from __future__ import annotations

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.members.current import AccountRequest, account_page
from accounts.members.parts import Part
from accounts.members.rights import Right
from common.numbers import whole_number
from enrolments.people.list_forms import PeopleForm
from enrolments.people.list_views import FILTERS
from enrolments.people.listed import chosen_people
from enrolments.people.selectors import people_of
from enrolments.scope import courses_within, people_within, seats_within, teams_within
from enrolments.seats.many import MOST, Act
from enrolments.seats.many_views import Asked, Of, act_on
from enrolments.seats.models import SeatState
from enrolments.seats.selectors import courses_used, seats_of
from enrolments.seats.targets import find_target


@account_page(Right.MANAGE_SEATS, Right.WORK_IN_PART)
@require_POST
def chosen(request: AccountRequest) -> HttpResponse:
    """Lead on from the boxes of the list, which are posted, to the page about an act. Changes nothing."""
    address = reverse("account-people-many", args=[request.account.pk])
    return redirect(f"{address}?{_chosen_in_list(request.POST).urlencode()}")


@account_page(Right.MANAGE_SEATS, Right.WORK_IN_PART)
@require_http_methods(["GET", "HEAD", "POST"])
def many(request: AccountRequest) -> HttpResponse:
    """Show what an act on many people would do; posting the page does it."""
    nothing = _("Tick the people first, or choose all that the list finds.")
    return act_on(request, _asked, nothing=nothing, of=Of.PEOPLE)


def _chosen_in_list(posted: QueryDict) -> QueryDict:
    """Return what was chosen in the list as an address of its own."""
    chosen = QueryDict(mutable=True)
    chosen["act"] = posted.get("act", "")
    if posted.get("which") != "all":
        chosen.setlist("people", posted.getlist("people"))
        return chosen
    chosen["which"] = "all"
    filters = QueryDict(posted.get("filters", ""))
    for name in FILTERS:
        if filters.get(name):
            chosen[name] = filters[name]
    return chosen


def _asked(request: AccountRequest, data: QueryDict) -> Asked | None:
    """Return the act that an address or a form names: on people, or on their seats. None where it names none."""
    account, part, now = request.account, Part.of(request.membership), timezone.now()
    act = data.get("act", "")
    if act not in Act.values:
        return None
    fields = [("act", act)]
    if data.get("which") == "all":
        form = PeopleForm(
            data,
            courses=courses_within(courses_used(account), part),
            teams=list(teams_within(account.teams.all(), part)),
        )
        people = chosen_people(account, form.cleaned_data if form.is_valid() else {}, now)
        fields += [("which", "all"), *((name, value) for name in FILTERS if (value := data.get(name, "")))]
    else:
        ids = [pk for pk in (whole_number(each) for each in data.getlist("people")[: MOST + 1]) if pk is not None]
        people = people_of(account).filter(pk__in=ids)
        fields += [("people", str(pk)) for pk in ids]
    within = people_within(people, account, part)
    found = list(within.order_by("pk").values_list("person", flat=True)[: MOST + 1])
    to = find_target(account, data.get("to", ""), part)
    if act == Act.INVITE:
        return Asked(Act(act), [], len(found) > MOST, to, fields, people=found[:MOST], of=Of.PEOPLE)
    in_use = seats_of(account).filter(person__in=found, state__in=(SeatState.ASSIGNED, SeatState.CONSUMED))
    seats = list(seats_within(in_use, account, part).order_by("pk")[: MOST + 1])
    seated = {seat.person_id for seat in seats}
    without = [person_id for person_id in found if person_id not in seated]
    is_too_many = len(found) > MOST or len(seats) + len(without) > MOST
    return Asked(Act(act), seats[:MOST], is_too_many, to, fields, people=without[:MOST], of=Of.PEOPLE)
