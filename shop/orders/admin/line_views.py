"""Lines of an order as its page shows them: as sold, with their delivery."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING

from django.db.models import Count
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.people.models import User
from catalog.models.entries import Entry
from common.admin.display import NOTHING, Column, Label, Table, admin_link, amount, choice, columns, moment
from common.words import Text
from enrolments.courses.roles.models import Role
from enrolments.seats.models import Seat, SeatState
from handlers.selectors import faults_of
from shop.orders.admin.colours import LINE_COLOURS
from shop.orders.admin.facts import person_link
from shop.orders.admin.units import UnitsView, first_units, units_view
from shop.orders.admin.wording import handler_in_words, installed_handler, parameters_in_words
from shop.orders.giving_back.models import GivingBack
from shop.orders.giving_back.ranges import in_ranges
from shop.orders.giving_back.units import units_given_back
from shop.orders.lines.models import LineFeedback, OrderLine
from shop.orders.models import Order

if TYPE_CHECKING:
    pass


@dataclass(frozen=True)
class LineView:
    """Line as sold, with its delivery."""

    line: OrderLine
    number: int
    entry: SafeString | str
    state: Label
    unit_price: str
    net: str
    tax: str
    gross: str
    handler: str
    is_handler_missing: bool
    faults: list[Text]
    parameters: list[tuple[str, str]]
    units: UnitsView
    given_back: Table
    feedback: list[LineFeedback]
    seats: list[Label]
    can_retry: bool
    can_give_back: bool


def views_of_lines(order: Order, lines: list[OrderLine], viewer: User) -> list[LineView]:
    units, given_back = first_units(lines), units_given_back(lines)
    faults = faults_of((line.handler, line.entry_code) for line in lines)
    roles = {role.code: str(role.name) for role in Role.objects.all()}
    feedback: dict[int, list[LineFeedback]] = {line.pk: [] for line in lines}
    for said in LineFeedback.objects.filter(line__in=lines).order_by("pk"):
        feedback[said.line_id].append(said)
    parts: dict[int, list[GivingBack]] = {line.pk: [] for line in lines}
    for part in GivingBack.objects.filter(line__in=lines).select_related("actor").order_by("at", "first_index"):
        parts[part.line_id].append(part)
    seats = _seats(order)
    may_act = viewer.has_perm("shop.change_order")
    may_retry = may_act and order.status == Order.Status.PAID
    views = []
    for line in lines:
        handler = installed_handler(line)
        views.append(
            LineView(
                line=line,
                number=line.position + 1,
                entry=admin_link(viewer, Entry, line.entry_id, line.entry_code),
                state=choice(line, "status", LINE_COLOURS),
                unit_price=amount(line.unit_shown, order.currency),
                net=amount(line.net, order.currency),
                tax=amount(line.tax, order.currency),
                gross=amount(line.gross, order.currency),
                handler=handler_in_words(line, handler),
                is_handler_missing=bool(line.handler) and handler is None,
                faults=faults.get((line.handler, line.entry_code), []),
                parameters=parameters_in_words(line, handler, roles),
                units=units_view(line, handler, units[line.pk], given_back=given_back[line.pk]),
                given_back=_given_back(parts[line.pk], order, viewer),
                feedback=feedback[line.pk],
                seats=seats.get(line.pk, []),
                can_retry=may_retry and line.status == OrderLine.Status.FAILED,
                can_give_back=viewer.has_perm("shop.give_back_units") and line.may_be_given_back,
            )
        )
    return views


def _given_back(parts: list[GivingBack], order: Order, viewer: User) -> Table:
    """List the units of a line given back, one row per act; `parts` are in chronological order."""
    rows: list[list[object]] = []
    for (at, actor, why, reason), act in groupby(parts, key=lambda part: (part.at, part.actor, part.why, part.reason)):
        of_act = list(act)
        noted = of_act[0]
        owed = sum((part.amount for part in of_act), Decimal(0))
        rows.append(
            [
                in_ranges((part.first_index + 1, part.last_index + 1) for part in of_act),
                amount(owed, order.currency) if why == GivingBack.Why.REFUNDED else _("nothing"),
                _paid_back(noted) if owed else NOTHING,
                moment(at),
                person_link(actor, viewer),
                reason,
            ]
        )
    headings = columns(
        _("Units"), Column(_("To be paid back"), is_amount=True), _("Paid back"), _("When"), _("Who"), _("Why")
    )
    return Table(headings, rows)


def _paid_back(part: GivingBack) -> str:
    if part.paid_back_on is None:
        return _("not yet")
    return f"{date_format(part.paid_back_on, 'DATE_FORMAT')}, {part.paid_back_reference}"


def _seats(order: Order) -> dict[int, list[Label]]:
    """Count the seats of each line by state, and those given to other accounts; return labels by line id."""
    seats = Seat.objects.filter(batch__order_id=order.pk).order_by()
    counted = seats.values_list("batch__line_id", "state", "account", "account__name").annotate(Count("pk"))
    by_line: dict[int, Counter[str]] = {}
    given: dict[int, Counter[tuple[int, str]]] = {}
    for line_id, state, account_id, name, count in counted:
        by_line.setdefault(line_id, Counter())[state] += count
        if account_id != order.account_id:
            given.setdefault(line_id, Counter())[account_id, name] += count
    return {
        line_id: [
            *(
                Label(_("%(state)s: %(count)d") % {"state": state.label, "count": counts[state]})
                for state in SeatState
                if counts[state]
            ),
            *(
                Label(_("Given to %(account)s: %(count)d") % {"account": name, "count": count}, "warning")
                for (_id, name), count in sorted(given.get(line_id, {}).items())
            ),
        ]
        for line_id, counts in by_line.items()
    }
