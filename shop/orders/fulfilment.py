"""Delivery of paid orders: one job per line, each in one transaction under the order's lock."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.people.models import User
from common.again import again_after_deadlock
from handlers.contract import Feedback, HandlerMissing, Refusal, Temporary, in_every_language
from handlers.faults import FAULT_AFTER_PAYMENT, HookBroken
from outbox.errors import RetryRefused
from outbox.jobs.models import Job
from outbox.jobs.services import NewJob, enqueue_many, retry_job
from outbox.selectors import jobs_by_key
from shop.orders import mails
from shop.orders.contexts import handler_of, line_contexts, line_with_people
from shop.orders.history.models import OrderEvent
from shop.orders.hooks import fault_of, keep_feedback, lock_courses_of
from shop.orders.lines.models import LineFeedback, OrderLine
from shop.orders.models import Order
from shop.orders.operator import take_operator
from shop.orders.transitions import move_line, move_lines, move_order, record

JOB_KIND = "fulfil_line"
NO_OPERATOR = _("The account has no owner or operator any more: nobody supervises this, and nobody was told of it.")
CUSTOMER_GONE = _("The customer had their data erased before anybody claimed the order: there is nobody to deliver to.")
ATTEMPTS_USED_UP = _("Technical trouble kept coming back. We have been told and will try again.")


def begin(order: Order, lines: Sequence[OrderLine], *, now: datetime) -> None:
    """Enqueue a job for every line with a handler; a line without one is fulfilled here. `lines` are all of the order.

    Runs in the transaction that pays the order, under its lock.
    """
    to_deliver = [line for line in lines if line.handler]
    move_lines([line for line in lines if not line.handler], OrderLine.Status.FULFILLED, fulfilled_at=now)
    enqueue_many(_job_for(line, tries=0) for line in to_deliver)
    if not to_deliver:
        _complete(order, now=now)


def fulfil_line(*, line_id: int, now: datetime) -> None:
    """Deliver one line: run its post-payment hook, and `attach_operator` if the order has an operator.

    The operator is chosen at this moment (`take_operator`); an owner who takes the part is told so with the delivery.
    Runs in the transaction of its job, whose row is locked; locks the order. Marks the line fulfilled, or failed with
    the reason if the handler refuses or answers nonsense. Any other exception rolls everything back, and the job is
    tried again. A line that needs no delivery (any more), or is frozen, is left alone.
    """
    line = line_with_people(line_id)
    order = line.order
    if order.status != Order.Status.PAID or line.status != OrderLine.Status.PENDING or line.frozen_for:
        return
    chosen = order.operator
    try:
        with transaction.atomic():
            feedback = _deliver(order, line, now=now)
    except HookBroken as broken:
        if not broken.has_answered:
            raise Temporary(str(broken.fault.message)) from broken
        fail_line(line, reason=in_every_language(FAULT_AFTER_PAYMENT), now=now)
        return
    except Refusal as refusal:
        fail_line(line, reason=refusal.in_every_language(), now=now)
        return
    move_line(line, OrderLine.Status.FULFILLED, fulfilled_at=now, failure={})
    keep_feedback(line, LineFeedback.Hook.POST_PAYMENT, feedback, now=now)
    record(order, OrderEvent.What.LINE_FULFILLED, actor=None, now=now, detail={"line": line.position})
    if line.is_last_open:
        _complete(order, now=now)
    mails.queue_delivered(order, line, now=now, is_operator_new=order.operator != chosen)


def fail_line(line: OrderLine, *, reason: dict[str, str], now: datetime) -> None:
    """Mark a pending line of a locked order failed, and mail the sales team."""
    move_line(line, OrderLine.Status.FAILED, failure=reason)
    detail = {"line": line.position, "reason": reason}
    record(line.order, OrderEvent.What.LINE_FAILED, actor=None, now=now, detail=detail)
    mails.queue_line_failed(line.order, line)


def attempts_used_up(job: Job, now: datetime) -> None:
    """Fail the line of a fulfilment job, in the transaction that marks the job dead."""
    line = line_with_people(job.payload["line"])
    if line.status == OrderLine.Status.PENDING:
        fail_line(line, reason=in_every_language(ATTEMPTS_USED_UP), now=now)


def job_brought_back(job: Job, actor_id: int | None, now: datetime) -> None:
    """Make the line of a dead job pending again, in the transaction that retries the job and has locked its row.

    The history names the user who asked. The line of a job that only waits for its next attempt is pending already.
    """
    if job.state == Job.State.DEAD:
        actor = None if actor_id is None else User.objects.get(pk=actor_id)
        _line_pending_again(line_with_people(job.payload["line"]), actor=actor, now=now)


@again_after_deadlock
@transaction.atomic
def retry_line(*, line_id: int, actor: User, now: datetime) -> None:
    """Retry a failed line on behalf of the merchant. Locks the job, then the order.

    Raises RetryRefused, also while the line's handler is missing: the message tells what is.
    """
    line = OrderLine.objects.get(pk=line_id)
    try:
        handler_of(line)
    except (HandlerMissing, HookBroken) as broken:
        raise RetryRefused(fault_of(line, broken)) from broken
    job = jobs_by_key(job_keys(line, retries=_retries(line))).last()
    if job is not None and job.state == Job.State.DEAD:
        # Wait for a rival retry: `retry_job` would take a job locked by it for a running one.
        Job.objects.select_for_update(no_key=True).get(pk=job.pk)
        retry_job(job_id=job.pk, actor_id=actor.pk, now=now)
        return
    line = line_with_people(line_id)
    _line_pending_again(line, actor=actor, now=now)
    # After a refusal the last job is done, so this try gets a job of its own, numbered under the order's lock: with the
    # number of a rival's try it would be dropped as a duplicate, and the line would stay pending for ever.
    enqueue_many([_job_for(line, tries=_retries(line))])


def deliver_again(order: Order, *, lines: Collection[int], actor: User | None, now: datetime) -> None:
    """Enqueue a delivery for each of these lines, by key, that is pending in a paid order: its job may have come while
    it was frozen. Expects the lock of the order."""
    if order.status != Order.Status.PAID:
        return
    pending = OrderLine.objects.filter(order=order, pk__in=lines, status=OrderLine.Status.PENDING)
    for line in pending.exclude(handler="").order_by("pk"):
        record(order, OrderEvent.What.LINE_RETRIED, actor=actor, now=now, detail={"line": line.position})
        enqueue_many([_job_for(line, tries=_retries(line))])


def job_keys(line: OrderLine, *, retries: int) -> list[str]:
    """Return the keys of all jobs that may exist for a line retried `retries` times."""
    return [_job_key(line, tries) for tries in range(retries + 1)]


def _deliver(order: Order, line: OrderLine, *, now: datetime) -> Feedback:
    handler = handler_of(line)
    if handler is None:
        return Feedback()
    if order.is_closed and not order.is_claimed:
        raise Refusal(CUSTOMER_GONE)
    contexts = lock_courses_of([line], line_contexts(order, [line], now=now))
    operator = take_operator(order, now=now)
    context = replace(contexts[line.pk], operator=operator)
    feedback = handler.post_payment(context)
    if operator is not None:
        return feedback | handler.attach_operator(context)
    return feedback | Feedback(sales=NO_OPERATOR if order.is_claimed else "")


def _retries(line: OrderLine) -> int:
    """Count the retries of the line."""
    retried = OrderEvent.objects.filter(order=line.order_id, what=OrderEvent.What.LINE_RETRIED)
    return retried.filter(detail__line=line.position).count()


def _line_pending_again(line: OrderLine, *, actor: User | None, now: datetime) -> None:
    if line.status != OrderLine.Status.FAILED or line.order.status != Order.Status.PAID:
        raise RetryRefused(_("Only a failed line of a paid order can be tried again."))
    move_line(line, OrderLine.Status.PENDING)
    record(line.order, OrderEvent.What.LINE_RETRIED, actor=actor, now=now, detail={"line": line.position})


def _job_for(line: OrderLine, *, tries: int) -> NewJob:
    return NewJob(
        kind=JOB_KIND,
        key=_job_key(line, tries),
        payload={"line": line.pk},
        account_id=line.account_id,
        order_id=line.order_id,
    )


def _job_key(line: OrderLine, tries: int) -> str:
    return f"{JOB_KIND}:{line.pk}:{tries}"


def _complete(order: Order, *, now: datetime) -> None:
    move_order(order, Order.Status.COMPLETED, what=OrderEvent.What.COMPLETED, actor=None, now=now, completed_at=now)
