"""Next step at each line of an order, for one reader by their rights."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.people.models import User
from enrolments.courses.models import Course
from enrolments.learning.bought import courses_of_order
from enrolments.seats.models import SeatState
from enrolments.seats.selectors import SeatsToFill, seats_to_fill
from shop.orders.contexts import enrols_buyer
from shop.orders.lines.models import OrderLine
from shop.orders.models import Order
from shop.orders.selectors import OrderView, Phase


@dataclass(frozen=True)
class NextStep:
    """Sentence or button: without `url`, others act next."""

    text: str
    url: str = ""

    @property
    def is_button(self) -> bool:
        """Tell whether the step leads to another page, not to a part of this one."""
        return bool(self.url) and not self.url.startswith("#")


def steps_of_page(view: OrderView, *, viewer: User | None, now: datetime) -> dict[int, list[NextStep]]:
    """Return what the viewer of an order's page does next, by line. At most two queries; none for strangers."""
    order = view.order
    if order.status == Order.Status.PLACED:
        waits = _until_paid(view)
        return {shown.line.pk: [waits] for shown in view.lines}
    lines = [shown.line for shown in view.lines]
    if not order.is_claimed:
        return {line.pk: [_claim_first(line)] for line in lines if line.handler and _is_delivered(line)}
    if viewer is None or not view.sight.is_member:
        return {}
    return delivered_steps(order, lines, reader=viewer, manages_seats=view.sight.manages_seats, now=now)


def delivered_steps(
    order: Order, lines: list[OrderLine], *, reader: User, manages_seats: bool, now: datetime
) -> dict[int, list[NextStep]]:
    """Return what a reader does next with what was delivered, by line: their own course, then seats to fill."""
    courses = courses_of_order(order_id=order.pk, user=reader, now=now)
    seats = seats_to_fill(order_id=order.pk, now=now)
    return {
        line.pk: [
            *([_go_to(courses[line.pk])] if line.pk in courses else []),
            *([_fill(order, seats[line.pk], manages_seats=manages_seats)] if line.pk in seats else []),
        ]
        for line in lines
        if _is_delivered(line)
    }


def area_url(name: str, order: Order, *args: object, **query: str) -> str:
    """Return the address of a page of the account area, in the order's account."""
    return reverse(name, args=[order.account_id, *args]) + (f"?{urlencode(query)}" if query else "")


def _is_delivered(line: OrderLine) -> bool:
    return line.status == OrderLine.Status.FULFILLED


def _until_paid(view: OrderView) -> NextStep:
    match view.phase:
        case Phase.PAYING:
            return NextStep(_("Comes once the bank has answered."))
        case Phase.AWAITING_MONEY:
            return NextStep(_("Comes once your payment has arrived."))
        case Phase.TO_CONFIRM:
            return NextStep(_("Comes once you have confirmed."))
    return NextStep(_("Pay first"), "#state") if view.methods else NextStep(_("Comes once it is paid."))


def _claim_first(line: OrderLine) -> NextStep:
    text = (
        _("Confirm that the order is yours, then go to your course")
        if enrols_buyer(line)
        else _("Confirm that the order is yours, then manage what it delivered")
    )
    return NextStep(text, "#claim")


def _go_to(course: Course) -> NextStep:
    return NextStep(_("Go to my course"), reverse("learn-course", args=[course.short_name]))


def _fill(order: Order, seats: SeatsToFill, *, manages_seats: bool) -> NextStep:
    number = seats.number
    if not manages_seats:
        return NextStep(
            ngettext("%(number)s seat waits for its person.", "%(number)s seats wait for their people.", number)
            % {"number": number}
        )
    if seats.session_id is not None:
        return NextStep(
            ngettext("Fill in %(number)s participant", "Fill in %(number)s participants", number) % {"number": number},
            area_url("account-session", order, seats.session_id),
        )
    return NextStep(
        ngettext("Assign %(number)s seat", "Assign %(number)s seats", number) % {"number": number},
        area_url("account-seats", order, entry=seats.entry_code, state=SeatState.AVAILABLE),
    )
