"""Giving back of a whole order, or of all its tutors' seats, in one act: form, preview, confirmation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldBooleanWidget

from accounts.people.models import User
from catalog.pricing import ZERO
from common.admin.display import Label, Table, admin_link, amount, columns
from common.refusals import Refused
from enrolments.courses.models import Course
from enrolments.courses.roles.models import Role
from enrolments.seats.models import Seat, SeatState
from shop.orders.admin.actions import ORDER_PAGE
from shop.orders.admin.giving_back import PEOPLE_SHOWN, GivingBackPages, WhyAndHowMuch
from shop.orders.contexts import line_contexts
from shop.orders.giving_back.ranges import ranges
from shop.orders.giving_back.units import units_given_back
from shop.orders.giving_back.worth import proposed_for
from shop.orders.hooks import ScriptBroken
from shop.orders.lines.models import OrderLine
from shop.orders.models import Order

Units = Mapping[int, frozenset[int]]


class GiveBackManyForm(WhyAndHowMuch):
    """Reason and amount; `seen` names the units that the page showed, so that no other are given back."""

    field_order = ("seen", "reason", "owes_money", "amount", "include_used")

    seen = forms.CharField(required=False, widget=forms.HiddenInput, max_length=20_000)
    owes_money = forms.BooleanField(
        label=gettext_lazy("Their price is to be paid back"), required=False, initial=True, widget=UnfoldBooleanWidget()
    )
    include_used = forms.BooleanField(
        label=gettext_lazy("Used seats as well: their people have begun the training"),
        required=False,
        widget=UnfoldBooleanWidget(),
    )


@dataclass(frozen=True)
class Chosen:
    """Units that an act gives back, by line, with what is proposed for them, and the people who lose their seat."""

    units: Units
    rows: Table
    worth: Decimal
    people: Table
    people_total: int
    used: int

    @property
    def seen(self) -> str:
        return ";".join(
            f"{line_id}:{ranges(index + 1 for index in sorted(units))}" for line_id, units in self.units.items()
        )


class GivingBackManyPages(GivingBackPages):
    """Pages behind the buttons that give a whole order back, or all its tutors' seats."""

    def action_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        whole = {"tutors_only": False}
        tutors = {"tutors_only": True}
        return [
            path("<int:order_id>/give-back/", wrap(self.give_back_many), whole, name="shop_order_give_back_all"),
            path(
                "<int:order_id>/give-back-tutors/",
                wrap(self.give_back_many),
                tutors,
                name="shop_order_give_back_tutors",
            ),
            *super().action_urls(),
        ]

    def give_back_many(self, request: HttpRequest, order_id: int, tutors_only: bool) -> HttpResponse:
        """Show units, worth and people with the form; the confirmed POST gives the units back."""
        order = self.order_or_404(request, order_id)
        if not request.user.has_perm("shop.give_back_units"):
            raise PermissionDenied
        form = GiveBackManyForm(request.POST if request.method == "POST" else None)
        include_used = request.method == "POST" and "include_used" in request.POST
        chosen = choose(order, tutors_only=tutors_only, include_used=include_used, viewer=request.user)
        context: dict[str, Any] = {"chosen": chosen, "tutors_only": tutors_only}
        if chosen.units and form.is_valid():
            if form.cleaned_data["seen"] != chosen.seen:
                form.add_error(None, _("The units have changed since the page was made. Look at them again."))
            else:
                try:
                    self._do(request, order, chosen.units, form.cleaned_data)
                    return redirect(ORDER_PAGE, order.pk)
                except Refused as refusal:
                    form.add_error("amount" if refusal.field == "amount" else None, str(refusal))
                    context["asks_without_script"] = isinstance(refusal, ScriptBroken)
        if form.is_bound:
            form.data = {**form.data.dict(), "seen": chosen.seen}  # type: ignore[attr-defined]  # a QueryDict
        else:
            form = GiveBackManyForm(initial={"seen": chosen.seen})
        more = [(_("To be paid back"), amount(chosen.worth, order.currency))]
        return self._answer(request, order, "orders/admin/give_back_many.html", form=form, more_facts=more, **context)


def choose(order: Order, *, tutors_only: bool, include_used: bool, viewer: Any) -> Chosen:
    """Return the units of an order that are left, or those that became tutors' seats; units with a used seat only if
    they are wanted. A constant number of queries."""
    lines = [line for line in order.lines.order_by("position") if line.may_be_given_back]
    gone = units_given_back(lines)
    left = {line.pk: {index for index in range(line.quantity) if index not in gone[line.pk]} for line in lines}
    seats = Seat.objects.filter(batch__line_id__in=left, unit_index__isnull=False)
    tutors, used = seats.filter(role__code=Role.TUTOR), seats.filter(state=SeatState.CONSUMED)
    if tutors_only:
        of_tutors = _units_of(tutors)
        left = {line_id: units & of_tutors[line_id] for line_id, units in left.items()}
    if not include_used:
        of_used = _units_of(used)
        left = {line_id: units - of_used[line_id] for line_id, units in left.items()}
    units = {line_id: frozenset(indexes) for line_id, indexes in left.items() if indexes}
    rows, worth = _rows(order, [line for line in lines if line.pk in units], units)
    concerned = (tutors if tutors_only else seats).filter(batch__line_id__in=units).in_use()
    concerned = concerned if include_used else concerned.exclude(state=SeatState.CONSUMED)
    return Chosen(
        units=units,
        rows=rows,
        worth=worth,
        people=_people(concerned, viewer),
        people_total=concerned.count(),
        used=(used & tutors if tutors_only else used).count(),
    )


def has_tutors(order: Order) -> bool:
    """Tell whether units of an order became tutors' seats that were not given back. One query."""
    seats = Seat.objects.filter(batch__order_id=order.pk, role__code=Role.TUTOR)
    return seats.exclude(state=SeatState.REVOKED).exists()


def _units_of(seats: QuerySet[Seat]) -> defaultdict[int, set[int]]:
    units: defaultdict[int, set[int]] = defaultdict(set)
    for line_id, index in seats.order_by().values_list("batch__line_id", "unit_index"):
        if line_id is not None and index is not None:
            units[line_id].add(index)
    return units


def _rows(order: Order, lines: list[OrderLine], units: Units) -> tuple[Table, Decimal]:
    """Return a row for each line with its units and what is proposed for them, and the sum."""
    contexts = line_contexts(order, lines, now=timezone.now())
    chosen = {line.pk: contexts[line.pk].units.among(units[line.pk]) for line in lines}
    proposed = proposed_for(lines, contexts, chosen)
    rows: list[list[object]] = [
        [
            line.name,
            ranges(index + 1 for index in sorted(units[line.pk])),
            amount(proposed[line.pk].worth, order.currency),
        ]
        for line in lines
    ]
    total = sum((each.worth for each in proposed.values()), ZERO)
    headings = columns(_("Entry"), _("Units"), _("To be paid back"))
    return Table(headings, rows, empty=_("Nothing is left to be given back.")), total


def _people(seats: QuerySet[Seat], viewer: Any) -> Table:
    rows: list[list[object]] = [
        [
            admin_link(viewer, User, seat.person_id, cast(User, seat.person).get_full_name()),
            admin_link(viewer, Course, seat.course_id, cast(Course, seat.course).short_name),
            Label(SeatState(seat.state).label, "danger" if seat.state == SeatState.CONSUMED else "info").html,
        ]
        for seat in seats.select_related("person", "course").order_by("-consumed_at", "pk")[:PEOPLE_SHOWN]
    ]
    return Table(columns(_("Person"), _("Course"), _("State")), rows, empty=_("Nobody has one of them."))
