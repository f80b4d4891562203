"""At the same moment.

An order that ended unpaid is about to lose its names and addresses, and its money comes.
"""

from datetime import timedelta

from django.utils import timezone

from shop.orders.copied import services as copied
from shop.orders.copied.services import blank_unneeded
from shop.orders.ending import expire_orders
from shop.payments.models import PaymentEvent
from shop.payments.requests import release
from tests.factories.enrolments import CourseFactory
from tests.factories.shop import make_cart, pay, place
from tests.rivals.given import session_entry
from tests.rivals.processes import Rival, deadlocks_among, errors_among, no_row_locks, race

# The order is judged to be of no use; emptying it comes next.
ABOUT_TO_BLANK = [(copied, "_blank")]
ABOUT_TO_MOVE = [(release, "move_order")]


def ended(number=0):
    order = place(make_cart(session_entry(CourseFactory(capacity=2)), quantity=2), email=f"buyer{number}@example.org")
    assert expire_orders(now=order.expires_at + timedelta(seconds=1)) == 1
    return order


def paying(order, **pauses):
    return Rival(lambda: pay(order, event_id=order.number), **pauses)


def blanking(order, **pauses):
    later = timezone.now() + timedelta(days=400)
    return Rival(lambda: blank_unneeded(order_ids=[order.pk], now=later), **pauses)


def test_an_order_is_paid_with_its_billing_data_or_blanked_and_never_both(trial):
    rounds = trial.size(2, 20)
    blanked_first = 0
    for number in range(rounds):
        order = ended(number)
        first, second = blanking(order, before=ABOUT_TO_BLANK), paying(order, before=ABOUT_TO_MOVE)
        pair = (first, second) if number % 2 else (second, first)
        answers = race(*pair, in_turn=True)
        assert (errors_among(answers), deadlocks_among(answers)) == ([], 0)
        order.refresh_from_db()
        if order.blanked_at is None:
            assert (order.status, order.billing_name) == ("paid", "Ateliers Roy")
        else:
            blanked_first += 1
            assert (order.status, order.billing_name) == ("expired", "")
            assert PaymentEvent.objects.needing_attention().filter(order=order).count() == 1
    assert 0 < blanked_first < rounds
    trial.note("orders blanked before their money came", blanked_first)
    trial.note("orders paid first", rounds - blanked_first)


def test_control_without_the_lock_only_the_database_keeps_a_paid_order_from_being_emptied():
    """The order is paid after it was judged to be of no use: the blanking ends with an error, not by its own check."""
    order = ended()

    answers = race(blanking(order, before=ABOUT_TO_BLANK), paying(order), in_turn=True, without=no_row_locks)

    order.refresh_from_db()
    assert errors_among(answers) == ["IntegrityError"]
    assert answers[0].constraint == "shop_order_blanked_not_needed"
    assert (order.status, order.billing_name) == ("paid", "Ateliers Roy")
