"""Content of the page of one order, read in a constant number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.people.models import User
from common.admin.display import Label, Table, admin_url
from enrolments.grounds.models import Ground
from enrolments.seats.models import Seat
from outbox.jobs.models import Job
from outbox.mails.models import Mail
from outbox.selectors import mails_of_order
from shop.orders.admin.colours import state_label
from shop.orders.admin.facts import MoneySums, facts_of, facts_of_customer
from shop.orders.admin.line_views import LineView, views_of_lines
from shop.orders.admin.story import table_of_story
from shop.orders.admin.tables import (
    MONEY_SHOWN,
    jobs_of,
    table_of_enrolments,
    table_of_history,
    table_of_jobs,
    table_of_mails,
    table_of_money,
    table_of_payments,
    table_of_refunds,
)
from shop.orders.giving_back.units import went_back
from shop.orders.lines.models import OrderLine
from shop.orders.models import Order
from shop.orders.second_person import waits
from shop.orders.standing import with_standing
from shop.payments.attempts.models import PaymentAttempt
from shop.payments.models import PaymentEvent
from shop.payments.refunds.models import Refund
from shop.postings.of_order import Books, books_of

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

MAILS_SHOWN = 30
EVENTS_SHOWN = 200
JOINED = ("phone_order__entered_by", "phone_order__noted_by", "kept_billing", "missing_paper")


@dataclass(frozen=True)
class OrderPage:
    """Order with all that belongs to it."""

    order: Order
    state: Label
    marks: list[Label]
    facts: list[tuple[str | Promise, str | SafeString]]
    customer: list[tuple[str | Promise, str | SafeString]]
    lines: list[LineView]
    story: Table
    payments: Table
    refunds: Table
    money: Table
    books: Books | None
    jobs: Table
    mails: Table
    mails_total: int
    mails_url: str
    attempts_url: str
    history: Table
    enrolments: Table
    enrolments_total: int
    seats_url: str


def order_with_account(order_id: str | int) -> WithAnnotations[Order, MoneySums] | None:
    """Return the order with the people named on its page and its sums; None for an unknown or malformed id."""
    try:
        orders = Order.objects.select_related("account", "buyer", "operator", "seller", "terms", *JOINED)
        found: Any = with_standing(went_back(orders)).filter(pk=order_id).first()
    except (ValueError, TypeError):
        return None
    return found


def order_page(order: WithAnnotations[Order, MoneySums], *, viewer: User) -> OrderPage:
    """Return the merchant's view of an order: all three feedbacks, and links to pages that the viewer may see."""
    lines = list(order.lines.select_related("entry").order_by("position"))
    events = list(order.events.select_related("actor").order_by("-pk")[:EVENTS_SHOWN])
    still_open = Exists(PaymentEvent.objects.needing_attention().filter(pk=OuterRef("pk")))
    money = list(
        order.payment_events.select_related("actor").annotate(is_open=still_open).order_by("-pk")[:MONEY_SHOWN]
    )
    refunds = list(order.refunds.select_related("payment", "asked_by").order_by("-pk")[:MONEY_SHOWN])
    mails = mails_of_order(order.pk)
    grounds = Ground.objects.live().filter(order_id=order.pk).order_by("pk")
    seats_url = admin_url(viewer, Seat, "changelist")
    views = views_of_lines(order, lines, viewer)
    jobs = jobs_of(order, lines, events)
    return OrderPage(
        order=order,
        state=state_label(order),
        marks=marks_of(
            has_failed_line=any(line.status == OrderLine.Status.FAILED for line in lines),
            has_open_money=any(event.is_open for event in money),
        )
        + ([Label(_("refund under way"), "info")] if any(refund.state in Refund.OPEN for refund in refunds) else [])
        + ([Label(_("failed job"), "danger")] if any(job.state == Job.State.DEAD for job in jobs) else [])
        + ([Label(_("waits for a second person"), "warning")] if waits(order) else []),
        facts=facts_of(order, lines, viewer),
        customer=facts_of_customer(order, viewer),
        lines=views,
        story=table_of_story(order, refunds, viewer),
        payments=table_of_payments(order, viewer),
        refunds=table_of_refunds(refunds, viewer),
        money=table_of_money(money, viewer),
        books=books_of(order, viewer),
        jobs=table_of_jobs(jobs, viewer),
        mails=table_of_mails(mails[:MAILS_SHOWN], viewer),
        mails_total=mails.count(),
        mails_url=admin_url(viewer, Mail, "changelist"),
        attempts_url=admin_url(viewer, PaymentAttempt, "changelist"),
        history=table_of_history(order, events, {line.position: line for line in lines}, viewer),
        enrolments=table_of_enrolments(grounds, viewer),
        enrolments_total=grounds.count(),
        seats_url=f"{seats_url}?{urlencode({'q': order.number})}" if seats_url else "",
    )


def marks_of(*, has_failed_line: bool, has_open_money: bool) -> list[Label]:
    """Return labels for what needs an action of the merchant, besides the status."""
    marks = []
    if has_failed_line:
        marks.append(Label(_("failed line"), "danger"))
    if has_open_money:
        marks.append(Label(_("payment needs attention"), "danger"))
    return marks
