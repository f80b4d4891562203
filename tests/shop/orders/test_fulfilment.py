"""From paid to delivered: exactly once, failures with a reason, retries."""

import pytest
from django.db import transaction
from django.utils import timezone

from handlers.contract import Refusal, Temporary
from outbox.errors import RetryRefused
from outbox.jobs.models import Job
from outbox.jobs.running import run_due_jobs
from outbox.jobs.services import retry_job
from outbox.mails.models import Mail
from shop.orders.fulfilment import fulfil_line, retry_line
from shop.orders.history.models import OrderEvent
from shop.orders.lines.models import LineFeedback
from shop.orders.models import Order
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.shop import deliver, fill_cart, make_cart, pay, place
from tests.shop.probes import traces

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def paid_order(probe_entry) -> Order:
    order = place(make_cart(probe_entry))
    pay(order)
    return order


def make_due() -> None:
    Job.objects.filter(state="pending").update(due_at=timezone.now())


def test_the_worker_delivers_and_completes_the_order(paid_order, diary):
    order = deliver(paid_order)
    line = order.lines.get()
    assert (order.status, line.status) == ("completed", "fulfilled")
    assert diary.hooks() == ["pre", "post"]
    assert order.events.get(what="line_fulfilled").detail == {"line": 0}
    feedback = line.feedback.get(hook=LineFeedback.Hook.POST_PAYMENT)
    assert (feedback.public_text, feedback.customer_text, feedback.sales_text) == (
        "done",
        "done for you",
        "done for them",
    )


def test_a_visitors_delivery_mail_has_no_word_for_the_customer(paid_order):
    deliver(paid_order)
    kinds = set(Mail.objects.filter(recipient="buyer@example.org").values_list("kind", flat=True))
    assert "delivered_public" in kinds
    assert "delivered" not in kinds


def test_the_operator_is_attached_with_the_delivery_and_gets_the_mail(probe_entry, diary):
    buyer = MembershipFactory(is_owner=False, is_buyer=True)
    operator = MembershipFactory(account=buyer.account, is_owner=False, is_operator=True).user
    order = place(make_cart(probe_entry, user=buyer.user), user=buyer.user, account=buyer.account, operator=operator)
    pay(order)
    deliver(order)

    assert diary.hooks() == ["pre", "post", "operator"]
    assert diary.contexts[-1].operator == operator
    assert Mail.objects.get(kind="delivered").recipient == operator.email
    assert Mail.objects.get(kind="delivered_public").recipient == buyer.user.email


def test_a_refusal_fails_the_line_and_holds_up_no_other(diary):
    cart = make_cart(EntryFactory(handler="std_probe"))
    fill_cart(cart, EntryFactory(handler="std_probe"))
    order = place(cart)
    diary.raises["post"] = [Refusal("The course has ended.")]
    pay(order)
    deliver(order)

    statuses = sorted(line.status for line in order.lines.all())
    assert statuses == ["failed", "fulfilled"]
    failed = order.lines.get(status="failed")
    assert failed.failure_text == "The course has ended."
    assert order.status == "paid"
    assert traces("post") == 1
    assert Mail.objects.filter(kind="line_failed_sales").count() == 1


def test_the_merchant_retries_a_refused_line(paid_order, diary):
    merchant = UserFactory(is_staff=True)
    diary.raises["post"] = [Refusal("no")]
    order = deliver(paid_order)
    line = order.lines.get()
    retry_line(line_id=line.pk, actor=merchant, now=timezone.now())
    order = deliver(order)

    assert order.status == "completed"
    assert OrderEvent.objects.get(order=order, what="line_retried").actor == merchant
    assert traces("post") == 1


def test_a_line_delivered_or_pending_cannot_be_retried(paid_order):
    merchant = UserFactory(is_staff=True)
    line = paid_order.lines.get()
    with pytest.raises(RetryRefused):
        retry_line(line_id=line.pk, actor=merchant, now=timezone.now())
    deliver(paid_order)
    with pytest.raises(RetryRefused):
        retry_line(line_id=line.pk, actor=merchant, now=timezone.now())
    assert traces("post") == 1


def test_trouble_is_tried_again_and_leaves_nothing_behind(paid_order, diary):
    diary.raises["post"] = [Temporary("later"), ValueError("bug")]
    for _attempt in range(3):
        make_due()
        run_due_jobs()
    paid_order.refresh_from_db()
    assert paid_order.status == "completed"
    assert diary.hooks() == ["pre", "post", "post", "post"]
    assert traces("post") == 1


def test_when_the_attempts_are_used_up_the_line_has_failed_and_can_be_retried(paid_order, diary):
    diary.raises["post"] = [Temporary("later")] * 8
    for _attempt in range(8):
        make_due()
        run_due_jobs()
    line = paid_order.lines.get()
    job = Job.objects.get(kind="fulfil_line")
    assert (job.state, line.status) == ("dead", "failed")
    assert line.failure_text

    retry_line(line_id=line.pk, actor=UserFactory(), now=timezone.now())
    assert deliver(paid_order).status == "completed"
    assert Job.objects.filter(kind="fulfil_line").count() == 1


def test_tries_are_counted_for_each_line_by_itself(diary):
    cart = make_cart(EntryFactory(handler="std_probe"))
    fill_cart(cart, EntryFactory(handler="std_probe"))
    order = place(cart)
    diary.raises["post"] = [Refusal("no")] * 3
    pay(order)
    deliver(order)
    first, second = order.lines.order_by("position")

    for line in (first, first, second):
        retry_line(line_id=line.pk, actor=UserFactory(), now=timezone.now())
        deliver(order)

    assert deliver(order).status == "completed"
    recorded = Job.objects.filter(kind="fulfil_line").values_list("payload__line", "key", "state")
    assert sorted(recorded) == [
        *((first.pk, f"fulfil_line:{first.pk}:{tries}", "done") for tries in range(3)),
        *((second.pk, f"fulfil_line:{second.pk}:{tries}", "done") for tries in range(2)),
    ]
    assert traces("post") == 2


def test_a_try_whose_attempts_are_used_up_is_brought_back_and_not_made_a_second_time(paid_order, diary):
    diary.raises["post"] = [Refusal("no"), *[Temporary("later")] * 8]
    deliver(paid_order)
    line = paid_order.lines.get()
    retry_line(line_id=line.pk, actor=UserFactory(), now=timezone.now())
    for _attempt in range(8):
        make_due()
        run_due_jobs()
    assert [*paid_order.lines.values_list("status", flat=True)] == ["failed"]

    retry_line(line_id=line.pk, actor=UserFactory(), now=timezone.now())

    assert deliver(paid_order).status == "completed"
    assert sorted(Job.objects.filter(kind="fulfil_line").values_list("key", "state")) == [
        (f"fulfil_line:{line.pk}:0", "done"),
        (f"fulfil_line:{line.pk}:1", "done"),
    ]


def test_bringing_the_dead_job_back_brings_its_line_back(paid_order, diary):
    diary.raises["post"] = [Temporary("later")] * 8
    for _attempt in range(8):
        make_due()
        run_due_jobs()
    retry_job(job_id=Job.objects.get(kind="fulfil_line").pk, now=timezone.now())
    assert deliver(paid_order).status == "completed"


def test_each_retry_is_of_the_one_who_asked_for_it(paid_order, diary):
    """Retried by the line's button, by the job's button, and by neither."""
    by_line, by_job = UserFactory(is_staff=True), UserFactory(is_staff=True)
    line = paid_order.lines.get()
    job = Job.objects.get(kind="fulfil_line")
    diary.raises["post"] = [Temporary("later")] * 24
    for retry in (
        lambda: retry_line(line_id=line.pk, actor=by_line, now=timezone.now()),
        lambda: retry_job(job_id=job.pk, actor_id=by_job.pk, now=timezone.now()),
        lambda: retry_job(job_id=job.pk, now=timezone.now()),
    ):
        for _attempt in range(8):
            make_due()
            run_due_jobs()
        retry()
    history = OrderEvent.objects.filter(order=paid_order, what="line_retried").order_by("pk")
    assert [event.actor for event in history] == [by_line, by_job, None]


def test_a_job_that_waits_for_its_next_attempt_can_be_made_due(paid_order, diary):
    diary.raises["post"] = [Temporary("later")]
    run_due_jobs()
    assert deliver(paid_order).status == "paid"
    retry_job(job_id=Job.objects.get(kind="fulfil_line").pk, now=timezone.now())
    assert deliver(paid_order).status == "completed"
    assert not OrderEvent.objects.filter(order=paid_order, what="line_retried").exists()


def test_running_a_delivered_line_again_does_nothing(paid_order, diary):
    deliver(paid_order)
    with transaction.atomic():
        fulfil_line(line_id=paid_order.lines.get().pk, now=timezone.now())
    assert diary.hooks() == ["pre", "post"]


def test_an_order_that_is_not_paid_is_never_delivered(probe_entry, diary):
    order = place(make_cart(probe_entry))
    with transaction.atomic():
        fulfil_line(line_id=order.lines.get().pk, now=timezone.now())
    assert diary.hooks() == ["pre"]


def test_a_missing_handler_fails_the_line_with_words(paid_order):
    paid_order.lines.update(handler="ext_gone")
    order = deliver(paid_order)
    line = order.lines.get()
    assert line.status == "failed"
    assert "ext_gone" in line.failure_text
