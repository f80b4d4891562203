"""Rows that purchases must have led to, and the rows found."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from accounts.people.delegation.models import Delegation
from accounts.people.models import User
from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.places.models import PlaceHold
from enrolments.grounds.models import Enrolment, Ground
from enrolments.seats.history.models import SeatEvent
from enrolments.seats.models import Seat
from outbox.jobs.models import Job
from outbox.mails.models import Mail
from shop.orders.history.models import OrderEvent
from shop.orders.lines.models import LineFeedback, OrderLine
from shop.orders.models import Order
from shop.payments.models import Settlement
from tests.trials.killed.purchases import BLANKS, PACK, PRINTER, UNITS, Assortment, Purchase

SALES = "sales@amphi.example"
Rows = dict[str, Counter[tuple[Any, ...]]]


def wrong_rows(assortment: Assortment) -> dict[str, str]:
    """Return the differences between the rows found and the rows expected, by kind of row; empty when all is right."""
    there, due = found(assortment), expected(assortment)
    return {
        name: f"missing: {dict(due[name] - there[name])}, too many: {dict(there[name] - due[name])}"
        for name in due
        if there[name] != due[name]
    }


def found(assortment: Assortment) -> Rows:
    """Return the rows of an assortment's purchases, each kind of row as a bag of identifying columns."""
    orders = [purchase.order.pk for purchase in assortment.purchases]
    people = people_of(assortment)
    lines = OrderLine.objects.filter(order__in=orders)
    mails = _mails_of(assortment)
    return {
        "orders": bag(Order.objects.filter(pk__in=orders), "pk", "status"),
        "settlements": bag(Settlement.objects.filter(order__in=orders), "order"),
        "lines": bag(lines, "order", "entry_code", "status"),
        "events": bag(OrderEvent.objects.filter(order__in=orders), "order", "what"),
        "feedback": bag(
            LineFeedback.objects.filter(line__in=lines, hook="post_payment"), "line__order", "line__entry_code"
        ),
        "seats": bag(Seat.objects.filter(batch__order_id__in=orders), "batch__order_id", "batch__source", "state"),
        "moves of seats": bag(
            SeatEvent.objects.filter(seat__batch__order_id__in=orders),
            "seat__batch__order_id",
            "from_state",
            "to_state",
        ),
        "groups": bag(CourseGroup.objects.filter(course__in=assortment.courses), "course__short_name", "order_id"),
        "people": bag(User.objects.filter(email__in=people), "email"),
        "enrolments": bag(
            Enrolment.objects.filter(user__email__in=people),
            "course__short_name",
            "user__email",
            "role__code",
            "closed_at",
        ),
        "grounds": bag(
            Ground.objects.filter(order_id__in=orders),
            *("order_id", "kind", "enrolment__course__short_name", "enrolment__user__email", "ended_at"),
        ),
        "delegations": bag(
            Delegation.objects.filter(Q(operator__email__in=people) | Q(person__email__in=people)),
            *("operator__email", "person__email"),
        ),
        "places still held": bag(PlaceHold.objects.live().filter(order_id__in=orders), "order_id"),
        "mails": bag(mails, "kind", "recipient", "state"),
        "jobs": bag(_jobs_of(assortment), "kind", "state"),
    }


def expected(assortment: Assortment) -> Rows:
    """Return the rows due once every order has been delivered and every person told, exactly once."""
    rows: Rows = defaultdict(Counter, {"places still held": Counter()})
    for purchase in assortment.purchases:
        for name, row, times in _rows_of(purchase, assortment):
            rows[name][row] += times
    rows["people"] = Counter((email,) for email in people_of(assortment))
    rows["groups"] += Counter({(assortment.solo_course.short_name, None): 1})
    # A person is in a course once, however many purchases led there.
    rows["enrolments"] = Counter(dict.fromkeys(rows["enrolments"], 1))
    rows["jobs"] = Counter(
        {("fulfil_line", "done"): rows["lines"].total(), ("send_mail", "done"): rows["mails"].total()}
    )
    return rows


def totals(assortment: Assortment) -> dict[str, str]:
    """Return for the report how many rows were expected and found."""
    there, due = found(assortment), expected(assortment)
    return {
        name: f"{due[name].total()} expected, {there[name].total()} found"
        for name in ("seats", "groups", "enrolments", "grounds", "mails", "jobs")
    }


def attempts_in_vain(assortment: Assortment) -> int:
    """Return how many attempts at the purchases' jobs did not finish them."""
    attempts = _jobs_of(assortment).aggregate(all=Sum("attempts"), jobs=Count("pk"))
    return attempts["all"] - attempts["jobs"]


@dataclass(frozen=True)
class Post:
    """Mails of an assortment taken by the mail server; `wrong` names those taken never, or more often than tried."""

    mails: int
    taken_again: int
    wrong: list[str]


def post_of(assortment: Assortment, taken: Mapping[str, int]) -> Post:
    """Return the mails taken; each may have gone out as often as it was tried, under one Message-ID."""
    attempts = dict(_jobs_of(assortment).values_list("key", "attempts"))
    tries = {mail.message_id: attempts[f"send_mail:{mail.pk}"] for mail in _mails_of(assortment)}
    wrong = [
        f"{name}: {taken.get(name, 0)} in {tried}"
        for name, tried in tries.items()
        if not 1 <= taken.get(name, 0) <= tried
    ]
    return Post(len(tries), sum(taken.get(name, 0) for name in tries) - len(tries), wrong)


def people_of(assortment: Assortment) -> set[str]:
    """Return the addresses of all people named in an order or placing one."""
    named = {email for purchase in assortment.purchases for email in (purchase.buyer, *purchase.own)}
    return named | {assortment.known, assortment.new}


def bag(rows: QuerySet[Any], *fields: str) -> Counter[tuple[Any, ...]]:
    return Counter(rows.order_by().values_list(*fields))


def _mails_of(assortment: Assortment) -> QuerySet[Mail]:
    orders = [purchase.order.pk for purchase in assortment.purchases]
    return Mail.objects.filter(Q(order_id__in=orders) | Q(recipient__in=people_of(assortment)))


def _jobs_of(assortment: Assortment) -> QuerySet[Job]:
    orders = [purchase.order.pk for purchase in assortment.purchases]
    lines = OrderLine.objects.filter(order__in=orders).values_list("pk", flat=True)
    mails = _mails_of(assortment).values_list("pk", flat=True)
    return Job.objects.filter(key__in=[*(f"fulfil_line:{pk}:0" for pk in lines), *(f"send_mail:{pk}" for pk in mails)])


def _rows_of(purchase: Purchase, assortment: Assortment) -> Iterator[tuple[str, tuple[Any, ...], int]]:
    order, member, shop = purchase.order.pk, purchase.member, assortment
    entries = [shop.seats, shop.session, shop.solo, shop.diploma, shop.webinar]
    participants = [*purchase.own, shop.known, shop.new]
    yield "orders", (order, "completed"), 1
    yield "settlements", (order,), 1
    for what, times in (("placed", 1), ("paid", 1), ("line_fulfilled", len(entries)), ("completed", 1)):
        yield "events", (order, what), times
    for entry in entries:
        yield "lines", (order, entry.code, "fulfilled"), 1
        yield "feedback", (order, entry.code), 1

    yield "seats", (order, "pack", "available"), UNITS * PACK
    yield "seats", (order, "session", "assigned"), len(participants)
    yield "seats", (order, "session", "available"), BLANKS
    yield "moves of seats", (order, "", "available"), UNITS * PACK + BLANKS
    yield "moves of seats", (order, "", "assigned"), len(participants)
    yield "groups", (shop.session_course.short_name, order), 1

    placed = [("seat", shop.session_course, email, "student") for email in participants]
    placed[1] = (*placed[1][:3], "tutor")
    placed += [("line", course, purchase.buyer, "student") for course in (shop.solo_course, shop.webinar_course)]
    if member:
        placed.append(("supervision", shop.session_course, member.email, "teacher"))
        placed += [("support", shop.support_course, member.email, "student")] * 3
    for kind, course, email, role in placed:
        yield "enrolments", (course.short_name, email, role, None), 1
        yield "grounds", (order, kind, course.short_name, email, None), 1
    for email in participants if member else ():
        yield "delegations", (member.email, email), 1

    delivered = "delivered" if member else "delivered_public"
    for kind, recipient, times in (
        *(("order_placed", purchase.buyer, 1), ("order_placed_sales", SALES, 1)),
        *(("payment_received", purchase.buyer, 1), ("payment_received_sales", SALES, 1)),
        *((delivered, purchase.buyer, len(entries)), ("delivered_sales", SALES, len(entries))),
        ("ext_paperdiploma_order", PRINTER, 1),
        # A person with a proved address is told; all others are invited.
        ("seat_assigned", shop.known, 1),
        *(("invitation", email, 1) for email in participants if email != shop.known),
    ):
        yield "mails", (kind, recipient, "sent"), times
