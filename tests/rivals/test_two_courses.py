"""At the same moment.

Orders need places in the same two courses, each in an order of its own.
"""

from enrolments.courses.places.services import taken
from shop.checkout import place as place_module
from shop.orders.models import Order
from tests.factories import shop as given_orders
from tests.factories.enrolments import CourseFactory
from tests.factories.shop import fill_cart, make_cart
from tests.rivals.given import buying, session_entry
from tests.rivals.processes import deadlocks_among, errors_among, race

# The places of a line are held; those of the next line come next.
BETWEEN_LINES = [(place_module, "keep_feedback")]


def buyers_crossing(buyers, **how):
    """Let buyers buy two courses, every second one in the opposite order; return answers and places taken."""
    courses = CourseFactory.create_batch(2, capacity=2 * buyers)
    entries = [session_entry(course) for course in courses]
    carts = []
    for number in range(buyers):
        first, second = entries if number % 2 == 0 else reversed(entries)
        carts.append(make_cart(first))
        fill_cart(carts[-1], second)
    rivals = [buying(cart, f"buyer{number}@example.org") for number, cart in enumerate(carts)]
    answers = race(*rivals, after=BETWEEN_LINES, **how)
    counted = taken([course.pk for course in courses])
    return answers, list(counted.values())


def test_orders_over_the_same_courses_never_block_each_other(trial):
    rounds, buyers = trial.size(1, 10), trial.size(4, 8)
    deadlocks = 0
    for _round in range(rounds):
        answers, places = buyers_crossing(buyers)
        assert errors_among(answers) == []
        assert places == [buyers, buyers]
        deadlocks += deadlocks_among(answers)
        Order.objects.update(status="cancelled")  # an address may have few unpaid ones
    assert deadlocks == 0
    trial.note("orders over two courses, in either order", rounds * buyers)
    trial.note("placed", Order.objects.count())
    trial.note("deadlocks", deadlocks)


def locking_as_they_come():
    """Take the guard away: a line's course is locked at its turn, instead of all courses by key beforehand."""
    place_module.lock_courses_of = lambda _lines, contexts: contexts


def test_a_deadlock_that_happens_all_the_same_reaches_nobody(trial):
    answers, places = buyers_crossing(2, without=locking_as_they_come)

    assert errors_among(answers) == []
    assert deadlocks_among(answers) == 1
    assert places == [2, 2]
    trial.note("deadlocks provoked", deadlocks_among(answers))
    trial.note("errors that reached a person", len(errors_among(answers)))


def locking_as_they_come_and_trying_once():
    locking_as_they_come()
    given_orders.place_order = place_module.place_order.__wrapped__


def test_control_without_running_again_it_reaches_a_person():
    answers, places = buyers_crossing(2, without=locking_as_they_come_and_trying_once)

    assert errors_among(answers) == ["OperationalError"]
    assert deadlocks_among(answers) == 1
    assert places == [1, 1]
