"""Content of the page of one order, read in a constant number of queries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Any, TypedDict
from urllib.parse import urlencode

from django.db.models import Count, Exists, OuterRef, QuerySet
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.members.models import CustomerAccount
from accounts.people.models import User
from catalog.models.entries import Entry
from common.admin.display import (
    NOTHING,
    Column,
    Label,
    Table,
    admin_link,
    admin_url,
    amount,
    choice,
    choice_label,
    columns,
    moment,
)
from common.words import Text, end_in_words, start_in_words
from enrolments.courses.models import Course
from enrolments.courses.roles.models import Role
from enrolments.grounds.models import Enrolment, Ground
from enrolments.seats.models import Seat, SeatState
from handlers.selectors import faults_of
from outbox.jobs.admin import JOB_COLOURS
from outbox.jobs.models import Job
from outbox.jobs.troubles import trouble_of
from outbox.mails.admin import MAIL_COLOURS
from outbox.mails.kinds import mail_kind_label
from outbox.mails.models import Mail
from outbox.selectors import jobs_of_order, mails_of_order
from shop.orders.admin.colours import LINE_COLOURS, state_label
from shop.orders.admin.units import UnitsView, first_units, units_view
from shop.orders.admin.wording import (
    entered_in_words,
    event_in_words,
    handler_in_words,
    installed_handler,
    parameters_in_words,
)
from shop.orders.copied.sight import closed_in_words, copied_for
from shop.orders.fulfilment import job_keys
from shop.orders.giving_back.models import GivingBack
from shop.orders.giving_back.ranges import in_ranges
from shop.orders.giving_back.units import WentBack, units_given_back, went_back
from shop.orders.history.models import OrderEvent
from shop.orders.lines.models import LineFeedback, OrderLine
from shop.orders.models import Order
from shop.orders.second_person import waits
from shop.orders.standing import Sums, standing_of, with_standing
from shop.payments.admin import OUTCOME_COLOURS, PAYMENT_COLOURS
from shop.payments.attempts.models import PaymentAttempt
from shop.payments.models import Payment, PaymentEvent
from shop.payments.pieces import pieces_in_words, pieces_of
from shop.payments.refunds.admin import REFUND_COLOURS
from shop.payments.refunds.models import Refund
from shop.payments.registry import method_label
from shop.postings.of_order import Books, books_of
from shop.seller.frozen import seller_of

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

MAILS_SHOWN = 30
JOBS_SHOWN = 100
ENROLMENTS_SHOWN = 10
EVENTS_SHOWN = 200
MONEY_SHOWN = 100
JOINED = ("phone_order__entered_by", "phone_order__noted_by", "kept_billing")


class MoneySums(WentBack, Sums):
    """Columns added to an order by `order_with_account`: its sums in the ledger."""


class ToDo(TypedDict):
    """Columns added to each payment event by `order_page`."""

    is_open: bool


@dataclass(frozen=True)
class LineView:
    """Line as sold, with its delivery."""

    line: OrderLine
    number: int
    entry: SafeString | str
    state: Label
    unit_net: str
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


@dataclass(frozen=True)
class OrderPage:
    """Order with all that belongs to it."""

    order: Order
    state: Label
    marks: list[Label]
    facts: list[tuple[str | Promise, str | SafeString]]
    customer: list[tuple[str | Promise, str | SafeString]]
    lines: list[LineView]
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
    views = _line_views(order, lines, viewer)
    jobs = _jobs_of(order, lines, events)
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
        facts=_facts(order, viewer),
        customer=_customer(order, viewer),
        lines=views,
        payments=_payments(order, viewer),
        refunds=_refunds(refunds, viewer),
        money=_money(money, viewer),
        books=books_of(order, viewer),
        jobs=_jobs(jobs, viewer),
        mails=_mails(mails[:MAILS_SHOWN], viewer),
        mails_total=mails.count(),
        mails_url=admin_url(viewer, Mail, "changelist"),
        attempts_url=admin_url(viewer, PaymentAttempt, "changelist"),
        history=_history(order, events, {line.position: line for line in lines}, viewer),
        enrolments=_enrolments(grounds, viewer),
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


def _facts(order: WithAnnotations[Order, MoneySums], viewer: User) -> list[tuple[str | Promise, str | SafeString]]:
    owed, paid_back = order.owed_back, order.went_back - order.lowered_back - order.owed_back
    standing = standing_of(order)
    facts: list[tuple[str | Promise, str | SafeString]] = [
        (_("Total"), amount(order.gross, order.currency)),
        (_("of which tax"), amount(order.tax, order.currency)),
        *([(_("To be paid back"), amount(owed, order.currency))] if owed else []),
        *([(_("Paid back"), amount(paid_back, order.currency))] if paid_back else []),
        *([(_("Still to be paid"), amount(standing.owed, order.currency))] if standing.owed else []),
        *pieces_in_words(pieces_of(order)),
        (_("Payment method"), method_label(order.method) if order.method else _("not chosen yet")),
        (_("Placed"), moment(order.placed_at)),
    ]
    if order.status == Order.Status.PLACED:
        facts.append((_("Unpaid until"), moment(order.expires_at)))
        if order.has_lost_places:
            facts.append((_("Places"), _("free for others since %(at)s") % {"at": moment(order.places_released_at)}))
    facts += [(_("Confirmed on"), moment(order.paid_at)), (_("Completed"), moment(order.completed_at))]
    if order.terms is not None:
        facts.append((_("Terms accepted"), admin_link(viewer, type(order.terms), order.terms.pk, order.terms)))
    else:
        facts.append((_("Terms accepted"), _("no terms were published")))
    if order.start_at_once_at:
        facts.append((_("Asked to start at once"), moment(order.start_at_once_at)))
    if (entered := entered_in_words(order)) is not None:
        facts.append((_("Entered by staff"), entered))
    seller = seller_of(order)
    facts.append((_("Sold by"), "\n".join(seller.address.lines) or NOTHING))
    return facts


def _customer(order: Order, viewer: User) -> list[tuple[str | Promise, str | SafeString]]:
    copied, closed = copied_for(order, viewer), closed_in_words(order)
    contact = (
        f"{copied.contact_name}\n{copied.contact_email}".strip() or _("a person who was erased") if copied else closed
    )
    facts: list[tuple[str | Promise, str | SafeString]] = [
        (_("Customer account"), admin_link(viewer, CustomerAccount, order.account_id, order.account)),
        (_("Claimed"), moment(order.claimed_at) if order.is_claimed else _not_claimed(order)),
        (_("Buys as"), str(order.bought_by.label)),
        (_("Contact"), contact),
        (_("Buyer"), _person(order.buyer, viewer)),
        (_("Operator"), _person(order.operator, viewer)),
        (_("Billed to"), "\n".join(copied.billing_address.lines) if copied else closed),
    ]
    if copied is None:
        return facts
    for label, text in (
        (_("SIRET or registration number"), copied.register_number),
        (_("VAT number"), copied.vat_id),
        (_("Service code"), copied.service_code),
        (_("Commitment number"), copied.commitment_number),
        (_("Payer’s address"), copied.payer_email),
        (_("Purchase-order reference"), copied.purchase_reference),
        (_("For accounting alone since"), moment(order.sealed_at) if closed else ""),
    ):
        if text:
            facts.append((label, text))
    return facts


def _not_claimed(order: Order) -> str:
    if order.address_proved_at is None:
        return _("not yet: nobody has proved the address")
    return _("not yet; the address was proved on %(at)s") % {"at": moment(order.address_proved_at)}


def _person(person: User | None, viewer: User) -> SafeString | str:
    return admin_link(viewer, User, person.pk, person.get_full_name()) if person else NOTHING


def _line_views(order: Order, lines: list[OrderLine], viewer: User) -> list[LineView]:
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
                unit_net=amount(line.unit_net, order.currency),
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
                _person(actor, viewer),
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


def _enrolments(grounds: QuerySet[Ground], viewer: User) -> Table:
    """List the enrolments made by this order."""
    grounds = grounds.select_related("enrolment__user", "enrolment__course", "enrolment__role")[:ENROLMENTS_SHOWN]
    rows: list[list[object]] = [
        [
            admin_link(viewer, Enrolment, ground.enrolment_id, ground.enrolment.user.get_full_name()),
            admin_link(viewer, Course, ground.enrolment.course_id, ground.enrolment.course.short_name),
            str(ground.enrolment.role.name),
            ground.get_kind_display(),
            start_in_words(ground.starts_at),
            end_in_words(ground.ends_at) if ground.ends_at else NOTHING,
        ]
        for ground in grounds
    ]
    headings = columns(_("Person"), _("Course"), _("Role"), _("By"), _("Starts"), _("Ends"))
    return Table(headings, rows, empty=_("Nobody is in a course by this order."))


def _payments(order: Order, viewer: User) -> Table:
    payments = order.payments.select_related("settlement").order_by("-pk")[:MONEY_SHOWN]
    rows: list[list[object]] = [
        [
            admin_link(viewer, Payment, payment.pk, payment.reference),
            method_label(payment.provider),
            amount(payment.amount, payment.currency),
            choice_label(payment, "status", PAYMENT_COLOURS),
            _("paid this order") if hasattr(payment, "settlement") else NOTHING,
            moment(payment.created_at),
        ]
        for payment in payments
    ]
    headings = columns(
        _("Reference"), _("Method"), Column(_("Amount"), is_amount=True), _("State"), _("Effect"), _("First seen")
    )
    return Table(headings, rows, empty=_("No payment yet."))


def _refunds(refunds: Sequence[Refund], viewer: User) -> Table:
    rows: list[list[object]] = [
        [
            admin_link(viewer, Refund, refund.pk, refund),
            _way_of(refund),
            amount(refund.amount, refund.currency),
            choice_label(refund, "state", REFUND_COLOURS),
            refund.problem or (refund.reference if refund.payment is None else NOTHING),
            moment(refund.done_at or refund.failed_at or refund.asked_at),
            _person(refund.asked_by, viewer),
        ]
        for refund in refunds
    ]
    headings = columns(
        _("Refund"), _("Way"), Column(_("Amount"), is_amount=True), _("State"), _("Note"), _("When"), _("Who")
    )
    return Table(headings, rows)


def _way_of(refund: Refund) -> str:
    by_provider = refund.way == Refund.Way.PROVIDER and refund.payment
    return method_label(by_provider.provider) if by_provider else refund.get_way_display()


def _money(events: Sequence[WithAnnotations[PaymentEvent, ToDo]], viewer: User) -> Table:
    rows: list[list[object]] = [
        [
            admin_link(viewer, PaymentEvent, event.pk, moment(event.received_at)),
            method_label(event.provider),
            event.get_kind_display(),
            amount(event.amount, event.currency),
            choice_label(event, "outcome", OUTCOME_COLOURS),
            _still_to_do(event),
            _person(event.actor, viewer),
        ]
        for event in events
    ]
    headings = columns(
        _("Received"), _("Method"), _("Kind"), Column(_("Amount"), is_amount=True), _("Outcome"), _("To do"),
        _("Told by"),
    )  # fmt: skip
    return Table(headings, rows, empty=_("Nothing was said about money yet."))


def _still_to_do(event: WithAnnotations[PaymentEvent, ToDo]) -> str:
    if event.outcome not in PaymentEvent.NEEDS_ATTENTION:
        return NOTHING
    return _("needs attention") if event.is_open else _("resolved")


def _jobs_of(order: Order, lines: list[OrderLine], events: list[OrderEvent]) -> list[Job]:
    retries = Counter(
        event.detail.get("line") for event in events if event.what == OrderEvent.What.LINE_RETRIED and event.detail
    )
    keys = [key for line in lines if line.handler for key in job_keys(line, retries=retries[line.position])]
    return list(jobs_of_order(order.pk, keys)[:JOBS_SHOWN])


def _jobs(jobs: list[Job], viewer: User) -> Table:
    rows: list[list[object]] = [
        [
            admin_link(viewer, Job, job.pk, job.key),
            choice_label(job, "state", JOB_COLOURS),
            _("%(attempts)d of %(most)d") % {"attempts": job.attempts, "most": job.max_attempts},
            moment(job.finished_at) if job.finished_at else _("due %(at)s") % {"at": moment(job.due_at)},
            trouble_of(job),
        ]
        for job in jobs
    ]
    headings = columns(_("Job"), _("State"), _("Attempts"), _("Finished"), _("Last error"))
    return Table(headings, rows, empty=_("No delivery has been started yet."))


def _mails(mails: Iterable[Mail], viewer: User) -> Table:
    rows: list[list[object]] = [
        [
            admin_link(viewer, Mail, mail.pk, moment(mail.created_at)),
            mail.recipient,
            mail_kind_label(mail.kind),
            choice_label(mail, "state", MAIL_COLOURS),
            mail.failed_reason[:200],
        ]
        for mail in mails
    ]
    headings = columns(_("Written"), _("To"), _("Kind"), _("State"), _("Why it failed"))
    return Table(headings, rows, empty=_("No mail about this order yet."))


def _history(order: Order, events: list[OrderEvent], lines: Mapping[int, OrderLine], viewer: User) -> Table:
    states = {str(code): str(label) for code, label in Order.Status.choices}
    first_people = {event.detail["asked_by"] for event in events if "asked_by" in (event.detail or {})}
    names = {user.pk: user.get_full_name() for user in User.objects.filter(pk__in=first_people)} if first_people else {}
    rows: list[list[object]] = [
        [
            moment(event.at),
            _person(event.actor, viewer),
            event.get_what_display(),
            _from_to(states.get(event.from_status, ""), states.get(event.to_status, "")),
            event_in_words(event, order, lines, names),
        ]
        for event in events
    ]
    return Table(columns(_("When"), _("Who"), _("What"), _("From, to"), _("Why")), rows, empty=NOTHING)


def _from_to(before: str, after: str) -> str:
    return f"{before or NOTHING} → {after}" if after else ""
