"""Giving back of units of a line by the merchant: form with units and reason, preview, confirmation."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from accounts.people.models import User
from common.admin.decimals import AdminDecimalInput
from common.admin.display import Label, Table, admin_link, amount, columns, moment
from common.decimals import AmountField
from common.refusals import Refused
from enrolments.courses.models import Course
from enrolments.grounds.models import Ground
from enrolments.seats.models import Seat, SeatState
from enrolments.unit_rows import of_units
from handlers.contract import LineContext, RevokeReason, Units
from shop.orders.admin.actions import ORDER_PAGE, WAITS, OrderActions
from shop.orders.contexts import line_contexts
from shop.orders.giving_back.ranges import ranges
from shop.orders.giving_back.units import units_given_back
from shop.orders.giving_back.worth import proposed_for
from shop.orders.hooks import ScriptBroken
from shop.orders.lines.models import OrderLine
from shop.orders.models import Order
from shop.orders.second_person import give_back_or_ask

PEOPLE_SHOWN = 100
_PART = re.compile(r"\s*([0-9]{1,6})\s*(?:[-–]\s*([0-9]{1,6})\s*)?", re.ASCII)


class UnitNumbersField(forms.Field):
    """Unit numbers as people write them, «1-3, 7», cleaned to a set. `numbers` are those that may be chosen."""

    default_error_messages = {
        "form": gettext_lazy("“%(value)s” is not understood. Write numbers and ranges, like 1-3, 7."),
        "unknown": gettext_lazy("These units are not there to be given back: %(value)s."),
    }
    numbers: frozenset[int] = frozenset()

    def to_python(self, value: Any) -> set[int] | None:
        typed = str(value or "").strip()
        chosen: set[int] = set()
        for part in typed.split(",") if typed else ():
            read = _PART.fullmatch(part)
            first, last = (int(read[1]), int(read[2] or read[1])) if read else (1, 0)
            if first > last:
                raise ValidationError(self.error_messages["form"], code="form", params={"value": part.strip()[:40]})
            # A range is expanded only if it lies within the line, so that it is never longer than the line.
            if last > max(self.numbers, default=0) or not self.numbers.issuperset(range(first, last + 1)):
                raise ValidationError(self.error_messages["unknown"], code="unknown", params={"value": part.strip()})
            chosen.update(range(first, last + 1))
        return chosen or None


class WhyAndHowMuch(forms.Form):
    """Reason of a giving back, and another amount than the price."""

    use_required_attribute = False

    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=200,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
        help_text=gettext_lazy("Kept in the history of the order and of its seats; the customer’s operators read it."),
    )
    amount = AmountField(
        label=gettext_lazy("Another amount"),
        required=False,
        min_value=Decimal(0),
        widget=AdminDecimalInput(),
        help_text=gettext_lazy(
            "Tax included. Empty: what these units were sold for. Less or more, within what was paid; say why above."
        ),
    )


class GiveBackForm(WhyAndHowMuch):
    """Units to give back, and the reason."""

    field_order = ("units", "reason", "owes_money", "amount")

    units = UnitNumbersField(
        label=gettext_lazy("Units"),
        widget=UnfoldAdminTextInputWidget({"autocomplete": "off", "maxlength": 2000}),
        help_text=gettext_lazy("Their numbers on the order’s page, like 1-3, 7. At first all that are left."),
    )
    owes_money = forms.BooleanField(
        label=gettext_lazy("Their price is to be paid back"),
        required=False,
        initial=True,
        widget=UnfoldBooleanWidget(),
        help_text=gettext_lazy(
            "What they were worth is kept with them and taken off the sales figures. No money moves by this. Without "
            "the tick, the sale stays in the figures."
        ),
    )

    def __init__(self, data: Any, *, numbers: Collection[int]) -> None:
        super().__init__(data, initial={"units": ranges(numbers)})
        cast(UnitNumbersField, self.fields["units"]).numbers = frozenset(numbers)


@dataclass(frozen=True)
class Look:
    """Preview of a giving back."""

    facts: list[tuple[str | Promise, str]]
    people: Table
    people_total: int
    used: int


class GivingBackPages(OrderActions):
    """Pages behind the button "give back" of a line."""

    def action_urls(self) -> list[URLPattern]:
        give_back = path(
            "<int:order_id>/lines/<int:line_id>/give-back/",
            self.admin_site.admin_view(self.give_back),
            name="shop_order_give_back",
        )
        return [give_back, *super().action_urls()]

    def give_back(self, request: HttpRequest, order_id: int, line_id: int) -> HttpResponse:
        """Ask for units and reason, then show the people concerned and the worth; a second, confirmed POST gives the
        units back."""
        order, line = self._line_or_404(request, order_id, line_id)
        if not request.user.has_perm("shop.give_back_units"):
            raise PermissionDenied
        given_back = units_given_back([line])[line.pk]
        left = [number for number in range(1, line.quantity + 1) if number - 1 not in given_back]
        form = GiveBackForm(request.POST or None, numbers=left)
        can_give_back = line.may_be_given_back
        context: dict[str, Any] = {"line": line, "form": form, "can_give_back": can_give_back}
        if not can_give_back or not form.is_valid():
            return self._answer(request, order, "orders/admin/give_back.html", **context)
        indexes = {number - 1 for number in form.cleaned_data["units"]}
        if "confirmed" in request.POST:
            try:
                self._do(request, order, {line.pk: indexes}, form.cleaned_data)
            except Refused as refusal:
                context["refused"] = str(refusal)
                # Asked only where it is needed.
                context["asks_without_script"] = isinstance(refusal, ScriptBroken)
            else:
                return redirect(ORDER_PAGE, order.pk)
        typed = form.cleaned_data
        look = look_at(order, line, indexes, owes_money=typed["owes_money"], typed=typed["amount"], viewer=request.user)
        return self._answer(request, order, "orders/admin/give_back_confirm.html", look=look, **context)

    def _do(
        self, request: HttpRequest, order: Order, units: Mapping[int, Collection[int]], typed: dict[str, Any]
    ) -> None:
        given, kept = give_back_or_ask(
            order_id=order.pk,
            units=units,
            actor=cast(User, request.user),
            reason=typed["reason"],
            include_consumed="include_used" in request.POST,
            without_script="without_script" in request.POST,
            why=RevokeReason.REFUNDED if typed["owes_money"] else RevokeReason.CANCELLED,
            amount=typed["amount"] if typed["owes_money"] else None,
            now=timezone.now(),
        )
        if kept:
            messages.warning(request, str(WAITS))
            return
        said = {"n": given.units, "amount": amount(given.worth, order.currency)}
        if given.worth:
            text = ngettext(
                "%(n)d unit is given back. %(amount)s are to be paid back.",
                "%(n)d units are given back. %(amount)s are to be paid back.",
                given.units,
            )
        else:
            text = ngettext(
                "%(n)d unit is given back. Nothing is to be paid back for it.",
                "%(n)d units are given back. Nothing is to be paid back for them.",
                given.units,
            )
        messages.success(request, text % said)


def look_at(
    order: Order,
    line: OrderLine,
    indexes: Collection[int],
    *,
    owes_money: bool,
    typed: Decimal | None,
    viewer: Any,
) -> Look:
    """Return the preview for units of a line: the amount proposed, or typed instead, seats by state, and the people who
    would lose their place, used seats first."""
    context = line_contexts(order, [line], now=timezone.now())[line.pk]
    units = context.units.among(indexes)
    seats = Seat.objects.filter(of_units(line.pk, units.runs), batch__line_id=line.pk)
    states = Counter(seats.order_by().values_list("state", flat=True))
    persons = seats.in_use().select_related("person", "course", "account").order_by("-consumed_at", "pk")
    takers = Ground.objects.live().filter(of_units(line.pk, units.runs), line_id=line.pk, kind=Ground.Kind.LINE)
    takers = takers.select_related("enrolment__user", "enrolment__course")
    rows = [_seat_row(seat, order, viewer) for seat in persons[:PEOPLE_SHOWN]]
    rows += [
        [
            admin_link(viewer, User, ground.enrolment.user_id, ground.enrolment.user.get_full_name()),
            admin_link(viewer, Course, ground.enrolment.course_id, ground.enrolment.course.short_name),
            Label(_("enrolled"), "info").html,
            moment(ground.created_at),
        ]
        for ground in takers
    ]
    facts: list[tuple[str | Promise, str]] = [
        (_("Units"), ranges(unit.index + 1 for unit in units)),
        *(_amounts(order, line, context, units, typed) if owes_money else [(_("To be paid back"), _("nothing"))]),
    ]
    if states:
        told = [
            _("%(state)s: %(count)d") % {"state": state.label, "count": states[state]}
            for state in SeatState
            if states[state]
        ]
        facts.append((_("Seats"), ", ".join(told)))
    facts += [(_("Given to %(account)s") % {"account": name}, told) for name, told in given_away(order, seats)]
    headings = columns(_("Person"), _("Course"), _("State"), _("Since"))
    return Look(
        facts=facts,
        people=Table(headings, rows, empty=_("Nobody has one of them.")),
        people_total=states[SeatState.ASSIGNED] + states[SeatState.CONSUMED] + len(takers),
        used=states[SeatState.CONSUMED],
    )


def _amounts(
    order: Order, line: OrderLine, context: LineContext, units: Units, typed: Decimal | None
) -> list[tuple[str | Promise, str]]:
    proposed = proposed_for([line], {line.pk: context}, {line.pk: units})[line.pk]
    if typed is None or typed == proposed.worth:
        return [(_("To be paid back"), amount(proposed.worth, order.currency))]
    return [
        (_("To be paid back"), amount(typed, order.currency)),
        (_("Instead of"), amount(proposed.worth, order.currency)),
    ]


def given_away(order: Order, seats: QuerySet[Seat]) -> list[tuple[str, str]]:
    """Return the accounts to which seats of an order were given by the merchant, with their seats by state in words."""
    others = seats.exclude(account=order.account_id).order_by("account__sort_name", "account")
    counted: dict[str, Counter[str]] = {}
    for account_id, name, state, count in others.values_list("account", "account__name", "state").annotate(Count("pk")):
        counted.setdefault(f"{name} ({account_id})", Counter())[state] += count
    return [
        (
            name,
            ", ".join(
                _("%(state)s: %(count)d") % {"state": state.label, "count": states[state]}
                for state in SeatState
                if states[state]
            ),
        )
        for name, states in counted.items()
    ]


def _seat_row(seat: Seat, order: Order, viewer: Any) -> list[object]:
    assert seat.person is not None
    assert seat.course is not None
    is_used = seat.state == SeatState.CONSUMED
    name = seat.person.get_full_name()
    if seat.account_id != order.account_id:
        name = _("%(person)s, of %(account)s") % {"person": name, "account": seat.account}
    return [
        admin_link(viewer, User, seat.person_id, name),
        admin_link(viewer, Course, seat.course_id, seat.course.short_name),
        Label(SeatState(seat.state).label, "danger" if is_used else "info").html,
        moment(seat.consumed_at if is_used else seat.assigned_at),
    ]
