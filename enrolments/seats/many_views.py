"""Acts on many seats of an account: those ticked in a list, or all that its filter finds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from http import HTTPStatus

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.members.current import AccountRequest, account_page
from accounts.members.parts import Part
from accounts.members.rights import Right
from accounts.members.trust import count_mails_before_payment
from accounts.teams.models import Team
from common.numbers import whole_number
from common.refusals import Refused
from enrolments.people.selectors import PersonRow, typed_addresses, typed_names
from enrolments.runs.models import Run
from enrolments.runs.running import start_run
from enrolments.scope import seats_within, teams_within
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.forms import ManyForm, WhereForm
from enrolments.seats.list_forms import SeatFilterForm
from enrolments.seats.many import (
    AT_ONCE,
    MOST,
    Act,
    Outcome,
    PreviewChanged,
    Target,
    do_to_many,
    fingerprint_of,
    look_at,
)
from enrolments.seats.many_rows import ManyRow
from enrolments.seats.models import Seat
from enrolments.seats.selectors import seat_choices, seats_of
from enrolments.seats.targets import Targets, find_target, targets_of, value_of

ROWS_A_PAGE = 100
FILTERS = ("state", "entry", "course", "team", "session")


class Of(StrEnum):
    """Lists in which seats and people are chosen, with the names of their pages."""

    SEATS = "account-seats"
    PEOPLE = "account-people"


@dataclass(frozen=True, slots=True)
class Asked:
    """Act on seats, and people without one, as a page's address or form names it, with its `fields` for the next page.

    `of` is the list that they were chosen in.
    """

    act: Act
    seats: Sequence[Seat]
    is_too_many: bool
    to: Target | None
    fields: list[tuple[str, str]]
    people: Sequence[int] = ()
    of: Of = Of.SEATS

    def __len__(self) -> int:
        return len(self.seats) + len(self.people)


Find = Callable[[AccountRequest, QueryDict], Asked | None]


@account_page(Right.MANAGE_SEATS, Right.WORK_IN_PART)
@require_http_methods(["GET", "HEAD", "POST"])
def many(request: AccountRequest) -> HttpResponse:
    """Show what an act on many seats would do; posting the page does it."""
    return act_on(request, _asked, nothing=_("Tick the seats first, or choose all that the list finds."))


def act_on(request: AccountRequest, find: Find, *, nothing: str, of: Of = Of.SEATS) -> HttpResponse:
    """Answer the page about an act on what `find` finds; with `nothing` if that is nothing."""
    asked = find(request, request.POST if request.method == "POST" else request.GET)
    if asked is None or not len(asked):
        messages.error(request, nothing)
        return redirect(of, request.account.pk)
    if asked.is_too_many:
        return _page(request, asked, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    if request.method != "POST":
        return _page(request, asked)
    form = ManyForm(request.POST)
    if not form.is_valid() or (asked.act == Act.MOVE and asked.to is None):
        return _page(request, asked, form=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        return _do(request, asked, seen=form.cleaned_data["seen"], reason=form.cleaned_data["reason"])
    except Refused as refused:
        form.add_error(None, str(refused.message))
        is_changed = isinstance(refused, PreviewChanged)
        status = HTTPStatus.CONFLICT if is_changed else HTTPStatus.TOO_MANY_REQUESTS
        return _page(request, find(request, request.POST) or asked, form=form, status=status)


def _do(request: AccountRequest, asked: Asked, *, seen: str, reason: str) -> HttpResponse:
    """Do an act at once, or have it done by jobs where one request should not bear it."""
    now = timezone.now()
    _count_mails(request, asked)
    part = Part.of(request.membership)
    do = partial(start_run, part=part) if len(asked) > AT_ONCE else do_to_many
    done = do(
        account=request.account,
        act=asked.act,
        seats=asked.seats,
        people=asked.people,
        to=asked.to,
        seen=seen,
        actor=request.user,
        language=get_language() or "",
        now=now,
        reason=reason,
    )
    if isinstance(done, Run):
        return redirect("account-run", request.account.pk, done.pk)
    messages.success(request, _done(asked, done))
    return redirect(asked.of, request.account.pk)


def _asked(request: AccountRequest, data: QueryDict) -> Asked | None:
    """Return the act that an address or a form names; None where it names none."""
    account, part = request.account, Part.of(request.membership)
    act = data.get("act", "")
    if act not in Act.values:
        return None
    fields = [("act", act)]
    to = find_target(account, data.get("to", ""), part)
    if data.get("which") == "all":
        form = SeatFilterForm(
            data, among=seat_choices(account, part), teams=teams_within(Team.objects.filter(account=account), part)
        )
        chosen = form.cleaned_data if form.is_valid() else {}
        session_id = (whole_number(data.get("session", "")) or 0) if data.get("session") else None
        seats = seats_of(
            account,
            state=chosen.get("state", ""),
            entry_code=chosen.get("entry", ""),
            course=chosen.get("course"),
            session_id=session_id,
            team=chosen.get("team"),
        )
        fields += [("which", "all"), *((name, value) for name in FILTERS if (value := data.get(name, "")))]
    else:
        ids = [pk for pk in (whole_number(each) for each in data.getlist("seat")[: MOST + 1]) if pk is not None]
        seats = seats_of(account).filter(pk__in=ids)
        fields += [("seat", str(pk)) for pk in ids]
    found = list(seats_within(seats, account, part).order_by("pk")[: MOST + 1])
    return Asked(Act(act), found[:MOST], len(found) > MOST, to, fields)


def _count_mails(request: AccountRequest, asked: Asked) -> None:
    """Count the mails of an account that has paid for nothing yet; after a few of them the next one is refused."""
    if asked.act != Act.RELEASE:
        people = {*asked.people, *(seat.person_id for seat in asked.seats if seat.person_id is not None)}
        count_mails_before_payment(request, typed_addresses(request.account, people), now=timezone.now())


def _done(asked: Asked, number: int) -> str:
    if asked.act == Act.RELEASE:
        sentence = ngettext("%(number)d seat is free again.", "%(number)d seats are free again.", number)
    elif asked.act == Act.MOVE:
        sentence = ngettext(
            "%(number)d person was moved. A mail is on its way.",
            "%(number)d people were moved. A mail to each is on its way.",
            number,
        )
    elif asked.people:
        sentence = ngettext(
            "%(number)d person is invited again.",
            "%(number)d people are invited again.",
            number,
        )
    else:
        sentence = ngettext(
            "The person on %(number)d seat is invited again.",
            "The people on %(number)d seats are invited again.",
            number,
        )
    return sentence % {"number": number}


def _targets(request: AccountRequest, seats: Sequence[Seat]) -> Targets:
    taken = [seat for seat in seats if seat.person_id is not None]
    packs = {seat.batch.course_list for seat in taken if seat.batch.source == SeatBatch.Source.PACK}
    courses = {seat.course_id for seat in taken if seat.course_id is not None}
    part = Part.of(request.membership)
    return targets_of(request.account, course_lists=packs, course_ids=courses, part=part, now=timezone.now())


def _page(
    request: AccountRequest, asked: Asked, *, form: ManyForm | None = None, status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    context: dict[str, object] = {
        "account": request.account,
        "act": asked.act,
        "fields": asked.fields,
        "is_too_many": asked.is_too_many,
        "most": MOST,
        "is_of_people": asked.of == Of.PEOPLE,
        "is_by_jobs": len(asked) > AT_ONCE,
        "address": reverse(f"{asked.of}-many", args=[request.account.pk]),
        "back": reverse(asked.of, args=[request.account.pk]),
    }
    if asked.act == Act.MOVE:
        targets = _targets(request, asked.seats)
        where = WhereForm(request.GET if "to" in request.GET else None, account=request.account, targets=targets)
        where.is_valid()
        to_value = value_of(asked.to) if asked.to is not None else ""
        context |= {"where": where, "to_value": to_value, "has_targets": bool(targets)}
    if not asked.is_too_many and (asked.act != Act.MOVE or asked.to is not None):
        outcomes = look_at(
            account=request.account,
            act=asked.act,
            seats=asked.seats,
            people=asked.people,
            to=asked.to,
            part=Part.of(request.membership),
            now=timezone.now(),
        )
        context |= _preview(request, asked, outcomes, form)
    return render(request, "seats/many.html", context, status=status)


def _preview(
    request: AccountRequest, asked: Asked, outcomes: Sequence[Outcome], form: ManyForm | None
) -> dict[str, object]:
    seen = fingerprint_of(asked.act, asked.to, outcomes)
    typed = {"seen": seen, "reason": form.data.get("reason", "") if form is not None else ""}
    shown = ManyForm(typed if form is not None else None, initial=typed)
    if form is not None:
        shown.full_clean()
        for error in form.non_field_errors():
            shown.add_error(None, error)
    start = (whole_number(request.GET.get("from", "")) or 0) if request.method != "POST" else 0
    # Those left out come first: they are what one looks for.
    ordered = sorted(outcomes, key=lambda each: not each.why_not)
    rows = ordered[start : start + ROWS_A_PAGE]
    names = typed_names(request.account, {each.person_id for each in rows if each.person_id is not None})
    left_out = Counter(each.why_not for each in outcomes if each.why_not)
    address = QueryDict(mutable=True)
    for name, value in [*asked.fields, *([("to", value_of(asked.to))] if asked.to is not None else [])]:
        address.appendlist(name, value)
    return {
        "form": shown,
        "possible": len(outcomes) - left_out.total(),
        "left_out": sorted(left_out.items()),
        "rows": [_shown(each, asked.act, names) for each in rows],
        "same_address": address.urlencode(),
        "start": start,
        "next": start + ROWS_A_PAGE if start + ROWS_A_PAGE < len(ordered) else None,
    }


def _shown(outcome: Outcome, act: Act, names: Mapping[int, PersonRow]) -> ManyRow:
    return ManyRow(
        person_id=outcome.person_id,
        person=names.get(outcome.person_id or 0),
        seat_id=outcome.seat.pk if outcome.seat is not None else None,
        course=outcome.seat.course if outcome.seat is not None else None,
        step="left" if outcome.why_not else "done",
        said=pgettext("would happen", "Nothing") if outcome.why_not else act.done,
        why=outcome.why_not,
    )
