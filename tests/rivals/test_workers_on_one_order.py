"""At the same moment.

Several workers deliver the lines of one order.
"""

from enrolments.seats.models import Seat
from outbox.jobs.models import Job
from outbox.jobs.running import run_due_jobs
from shop.orders import contexts, fulfilment
from shop.orders.history.models import OrderEvent
from shop.orders.lines.models import LineFeedback
from tests.factories.catalog import EntryFactory
from tests.factories.shop import fill_cart, make_cart, pay, place
from tests.rivals.processes import deadlocks_among, errors_among, race

# A line is marked fulfilled; whether it was the order's last was read under the order's lock, and counts next.
LINE_DONE = [(fulfilment, "record")]


def pack():
    return EntryFactory(handler="std_generateseats", parameters={"packsize": 3})


def paid_order(lines):
    cart = make_cart(pack())
    for _line in range(lines - 1):
        fill_cart(cart, pack())
    order = place(cart)
    pay(order, event_id=order.number)
    Job.objects.exclude(kind="fulfil_line").delete()  # mails
    return order


def delivered_by(workers, order, **how):
    answers = race(*[run_due_jobs] * workers, **how)
    order.refresh_from_db()
    return answers


def test_each_line_is_delivered_once_and_the_order_completed_once(trial):
    workers, lines, rounds = trial.size(3, 4), trial.size(4, 8), trial.size(1, 8)
    for _round in range(rounds):
        order = paid_order(lines)
        answers = delivered_by(workers, order, after=LINE_DONE)
        assert errors_among(answers) == []
        assert deadlocks_among(answers) == 0
        assert order.status == "completed"
        assert order.events.filter(what=OrderEvent.What.COMPLETED).count() == 1
        assert order.events.filter(what=OrderEvent.What.LINE_FULFILLED).count() == lines
        assert LineFeedback.objects.filter(line__order=order, hook="post_payment").count() == lines
        assert Seat.objects.filter(batch__order_id=order.pk).count() == lines * 3
    trial.note("orders, lines and workers of each", f"{rounds}, {lines}, {workers}")
    trial.note("lines delivered", rounds * lines)
    trial.note("seats", Seat.objects.count())


def without_the_orders_lock():
    contexts.lock_order_of_line = lambda _line_id: None


def test_control_without_the_orders_lock_nobody_completes_it():
    order = paid_order(2)

    answers = delivered_by(2, order, after=LINE_DONE, without=without_the_orders_lock)

    assert errors_among(answers) == []
    assert set(order.lines.values_list("status", flat=True)) == {"fulfilled"}
    assert order.status == "paid"
