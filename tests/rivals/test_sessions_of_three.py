"""At the same moment.

Sessions of three crowd into a course whose places do not suffice for all of them.
"""

from django.utils import timezone

from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.places.services import taken
from enrolments.grounds.models import Enrolment
from enrolments.seats.models import Seat
from outbox.jobs.models import Job
from outbox.jobs.running import run_due_jobs
from shop.checkout.errors import HandlerRefused
from shop.orders.models import Order
from tests.factories.enrolments import CourseFactory
from tests.factories.shop import make_cart, pay, place
from tests.rivals.given import COUNTING, participant, session_entry
from tests.rivals.processes import deadlocks_among, errors_among, no_row_locks, race, values_among


def carts_of_three(course, count):
    entry = session_entry(course, supervisor="teacher")
    return [
        make_cart(
            entry,
            quantity=3,
            units=[participant(f"learner{n}@example.org"), participant(f"tutor{n}@example.org", "tutor"), {}],
        )
        for n in range(count)
    ]


def buy_all(carts, first):
    """Buy one cart after the other; return how many were served and how many refused."""
    served = refused = 0
    for number, cart in enumerate(carts):
        try:
            place(cart, email=f"buyer{first}-{number}@example.org", now=timezone.now())
            served += 1
        except HandlerRefused:
            refused += 1
    return served, refused


def shared_out(carts, processes, **how):
    answers = race(*(lambda n=n: buy_all(carts[n::processes], n) for n in range(processes)), limit=300, **how)
    assert errors_among(answers) == []
    assert deadlocks_among(answers) == 0
    return [sum(counts) for counts in zip(*values_among(answers), strict=True)]


def test_as_many_sessions_as_fit_are_sold_and_delivered(trial):
    processes, sessions, capacity = trial.size(4, 8), trial.size(8, 100), trial.size(7, 20)
    course = CourseFactory(capacity=capacity, group_mode="separate")
    carts = carts_of_three(course, sessions)

    served, refused = shared_out(carts, processes)

    fit = capacity // 3
    assert (served, refused) == (fit, sessions - fit)
    assert taken([course.pk]) == {course.pk: fit * 3}

    orders = list(Order.objects.all())
    for order in orders:
        pay(order, event_id=order.number)
    Job.objects.exclude(kind="fulfil_line").delete()  # mails
    deliveries = race(*[run_due_jobs] * processes, limit=300)
    assert errors_among(deliveries) == []
    assert deadlocks_among(deliveries) == 0

    assert set(Order.objects.values_list("status", flat=True)) == {"completed"}
    assert Seat.objects.count() == taken([course.pk])[course.pk] == fit * 3
    assert CourseGroup.objects.filter(course=course).count() == fit
    assert Enrolment.objects.open().filter(course=course).count() == fit * 2
    trial.note("sessions of three asked for, in processes", f"{sessions}, {processes}")
    trial.note("capacity", capacity)
    trial.note("sold and delivered", served)
    trial.note("refused", refused)
    trial.note("seats", fit * 3)


def test_control_without_the_courses_lock_too_many_are_sold():
    course = CourseFactory(capacity=7)

    served, _refused = shared_out(carts_of_three(course, 4), 4, before=COUNTING, after=COUNTING, without=no_row_locks)

    assert served == 4
    assert taken([course.pk]) == {course.pk: 12}
