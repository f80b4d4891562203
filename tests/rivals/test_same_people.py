"""At the same moment.

Orders name the same new people, each in an order of its own.
"""

import sys

from allauth.account.models import EmailAddress

from accounts.people import services as people_service
from accounts.people.models import User
from enrolments.grounds.models import Enrolment, Ground
from outbox.jobs.models import Job
from outbox.jobs.running import run_due_jobs
from shop.orders.models import Order
from tests.factories.enrolments import CourseFactory
from tests.factories.shop import make_cart, pay, place
from tests.rivals.given import participant, session_entry
from tests.rivals.processes import deadlocks_among, errors_among, race

HERE = sys.modules[__name__]
# All have seen that the people are unknown; inserting them comes next, and committing after that.
ABOUT_TO_MAKE = [(people_service, "_insert_users")]


def sessions_of_the_same(names, *, orders):
    """Pay orders naming the same people forwards and backwards, in courses of their own that keep none apart."""
    for number in range(orders):
        entry = session_entry(CourseFactory())
        emails = names if number % 2 == 0 else names[::-1]
        cart = make_cart(entry, quantity=len(emails), units=[participant(email) for email in emails])
        order = place(cart, email=f"buyer{number}-{names[0]}")
        pay(order, event_id=order.number)
    Job.objects.exclude(kind="fulfil_line").delete()  # mails


def deliver_at_once(workers, **how):
    return race(*[lambda: run_due_jobs(limit=1)] * workers, **how)


def test_everybody_is_made_once_and_no_delivery_is_lost_to_a_deadlock(trial):
    people, orders, rounds = trial.size(10, 100), trial.size(3, 4), trial.size(1, 5)
    deadlocks = 0
    for number in range(rounds):
        sessions_of_the_same([f"r{number}p{person:03}@example.org" for person in range(people)], orders=orders)
        # Alternately in step, and without pauses.
        step = {"before": ABOUT_TO_MAKE, "after": ABOUT_TO_MAKE} if number % 2 == 0 else {}
        answers = deliver_at_once(orders, **step)
        assert errors_among(answers) == []
        deadlocks += deadlocks_among(answers)
    assert deadlocks == 0
    assert set(Order.objects.values_list("status", flat=True)) == {"completed"}
    assert User.objects.count() == EmailAddress.objects.count() == rounds * people
    assert Enrolment.objects.open().count() == Ground.objects.live().count() == rounds * orders * people
    trial.note("orders naming the same people, and people in each", f"{rounds * orders}, {people}")
    trial.note("users made", User.objects.count())
    trial.note("enrolments", Enrolment.objects.count())
    trial.note("deadlocks", deadlocks)


def insert_one(insert, email, *rest):
    return insert([email], *rest)


def in_the_order_typed():
    """Take the guard away: people are inserted in the order typed, not in the order of their addresses."""
    insert = people_service._insert_users

    def insert_as_typed(_sorted, typed, *rest):
        made = {}
        for email in typed:
            made |= HERE.insert_one(insert, email, typed, *rest)
        return made

    people_service._insert_users = insert_as_typed


def test_control_in_the_order_typed_they_block_each_other_and_only_the_next_attempt_delivers():
    sessions_of_the_same(["ana@example.org", "zoe@example.org"], orders=2)

    answers = deliver_at_once(2, after=[(HERE, "insert_one")], without=in_the_order_typed)

    assert errors_among(answers) == []
    assert deadlocks_among(answers) == 1
    lost = Job.objects.get(kind="fulfil_line", state="pending")
    assert "deadlock detected" in lost.last_error
    assert User.objects.count() == 2

    Job.objects.filter(pk=lost.pk).update(due_at=lost.created_at)
    run_due_jobs()
    assert set(Order.objects.values_list("status", flat=True)) == {"completed"}
    assert Enrolment.objects.open().count() == 4
