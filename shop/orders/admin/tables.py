"""Tables of the page of an order: people, money, jobs, mails and history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TypedDict

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.people.models import User
from common.admin.display import NOTHING, Column, Table, admin_link, amount, choice_label, columns, moment
from common.words import end_in_words, start_in_words
from enrolments.courses.models import Course
from enrolments.grounds.models import Enrolment, Ground
from outbox.jobs.admin import JOB_COLOURS
from outbox.jobs.labels import JOB_KIND_LABELS
from outbox.jobs.models import Job
from outbox.jobs.troubles import trouble_of
from outbox.mails.admin import MAIL_COLOURS
from outbox.mails.kinds import mail_kind_label
from outbox.mails.models import Mail
from outbox.selectors import jobs_of_order
from shop.orders.admin.facts import person_link
from shop.orders.admin.wording import event_in_words
from shop.orders.fulfilment import job_keys
from shop.orders.history.models import OrderEvent
from shop.orders.lines.models import OrderLine
from shop.orders.models import Order
from shop.payments.admin import OUTCOME_COLOURS, PAYMENT_COLOURS
from shop.payments.models import Payment, PaymentEvent
from shop.payments.refunds.admin import REFUND_COLOURS
from shop.payments.refunds.models import Refund
from shop.payments.refunds.problems import problem_in_words
from shop.payments.refunds.selectors import way_of
from shop.payments.registry import method_label

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

JOBS_SHOWN = 100
ENROLMENTS_SHOWN = 10
MONEY_SHOWN = 100


class ToDo(TypedDict):
    """Columns added to each payment event by `order_page`."""

    is_open: bool


def table_of_enrolments(grounds: QuerySet[Ground], viewer: User) -> Table:
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


def table_of_payments(order: Order, viewer: User) -> Table:
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


def table_of_refunds(refunds: Sequence[Refund], viewer: User) -> Table:
    rows: list[list[object]] = [
        [
            admin_link(viewer, Refund, refund.pk, refund),
            way_of(refund),
            amount(refund.amount, refund.currency),
            choice_label(refund, "state", REFUND_COLOURS),
            problem_in_words(refund.problem) or (refund.reference if refund.payment is None else NOTHING),
            moment(refund.done_at or refund.failed_at or refund.asked_at),
            person_link(refund.asked_by, viewer),
        ]
        for refund in refunds
    ]
    headings = columns(
        _("Refund"), _("Way"), Column(_("Amount"), is_amount=True), _("State"), _("Note"), _("When"), _("Who")
    )
    return Table(headings, rows)


def table_of_money(events: Sequence[WithAnnotations[PaymentEvent, ToDo]], viewer: User) -> Table:
    rows: list[list[object]] = [
        [
            admin_link(viewer, PaymentEvent, event.pk, moment(event.received_at)),
            method_label(event.provider),
            event.get_kind_display(),
            amount(event.amount, event.currency),
            choice_label(event, "outcome", OUTCOME_COLOURS),
            _still_to_do(event),
            person_link(event.actor, viewer),
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


def jobs_of(order: Order, lines: list[OrderLine], events: list[OrderEvent]) -> list[Job]:
    retries = Counter(
        event.detail.get("line") for event in events if event.what == OrderEvent.What.LINE_RETRIED and event.detail
    )
    keys = [key for line in lines if line.handler for key in job_keys(line, retries=retries[line.position])]
    return list(jobs_of_order(order.pk, keys)[:JOBS_SHOWN])


def table_of_jobs(jobs: list[Job], viewer: User) -> Table:
    rows: list[list[object]] = [
        [
            admin_link(viewer, Job, job.pk, JOB_KIND_LABELS.of(job.kind)),
            choice_label(job, "state", JOB_COLOURS),
            _("%(attempts)d of %(most)d") % {"attempts": job.attempts, "most": job.max_attempts},
            moment(job.finished_at) if job.finished_at else _("due %(at)s") % {"at": moment(job.due_at)},
            trouble_of(job),
        ]
        for job in jobs
    ]
    headings = columns(_("Job"), _("State"), _("Attempts"), _("Finished"), _("Last error"))
    return Table(headings, rows, empty=_("No delivery has been started yet."))


def table_of_mails(mails: Iterable[Mail], viewer: User) -> Table:
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


def table_of_history(order: Order, events: list[OrderEvent], lines: Mapping[int, OrderLine], viewer: User) -> Table:
    states = {str(code): str(label) for code, label in Order.Status.choices}
    first_people = {event.detail["asked_by"] for event in events if "asked_by" in (event.detail or {})}
    names = {user.pk: user.get_full_name() for user in User.objects.filter(pk__in=first_people)} if first_people else {}
    rows: list[list[object]] = [
        [
            moment(event.at),
            person_link(event.actor, viewer),
            event.get_what_display(),
            _from_to(states.get(event.from_status, ""), states.get(event.to_status, "")),
            event_in_words(event, order, lines, names),
        ]
        for event in events
    ]
    return Table(columns(_("When"), _("Who"), _("What"), _("From, to"), _("Why")), rows, empty=NOTHING)


def _from_to(before: str, after: str) -> str:
    return f"{before or NOTHING} → {after}" if after else ""
