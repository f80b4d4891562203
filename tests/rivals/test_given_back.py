"""At the same moment.

Units are given back while somebody else gives them back, delivers them, or begins to use them.
"""

from decimal import Decimal
from functools import partial

from django.utils import timezone

from common.moments import local_day
from enrolments.grounds.models import Enrolment
from enrolments.seats import enter as enter_module
from enrolments.seats import revoke as revoke_module
from enrolments.seats.enter import enter_course
from enrolments.seats.models import Seat
from outbox.jobs.models import Job
from outbox.jobs.running import run_due_jobs
from shop.orders import contexts, fulfilment
from shop.orders.giving_back import paying_back
from shop.orders.giving_back import services as giving_back
from shop.orders.giving_back.models import GivingBack
from shop.orders.giving_back.services import give_units_back
from shop.orders.history.models import OrderEvent
from shop.orders.models import Order
from tests.enrolments.given import assign
from tests.factories.accounts import UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory
from tests.factories.shop import deliver, make_cart, pay, place
from tests.rivals.processes import Rival, deadlocks_among, errors_among, no_row_locks, race
from tests.rivals.test_one_seat import without_looking_at_the_state

GIVEN_BACK = OrderEvent.What.UNITS_GIVEN_BACK
# The units chosen were there to be given back; giving back comes next.
ABOUT_TO_GIVE = [(giving_back, "_lock_every_course")]
ABOUT_TO_DELIVER = [(fulfilment, "_deliver")]


def paid_packs(number=0, *, delivered=False):
    """Return a paid order of two packs of one seat, delivered if asked for."""
    entry = EntryFactory(handler="std_generateseats")
    order = place(make_cart(entry, quantity=2), email=f"buyer{number}@example.org")
    pay(order, event_id=order.number)
    Job.objects.exclude(kind="fulfil_line").delete()  # mails
    return deliver(order) if delivered else order


def giving(order, merchant, *, units=2, **pauses):
    chosen = {order.lines.get().pk: range(units)}
    give = partial(give_units_back, order_id=order.pk, units=chosen, actor=merchant, reason="", now=timezone.now())
    return Rival(lambda: give().worth, **pauses)


def test_what_two_merchants_give_back_at_once_is_worth_its_price_once(trial):
    rounds, merchant = trial.size(1, 10), UserFactory(is_staff=True)
    for number in range(rounds):
        order = paid_packs(number, delivered=True)
        answers = race(giving(order, merchant, units=1), giving(order, merchant, units=1), before=ABOUT_TO_GIVE)
        assert errors_among(answers) == ["GivingBackRefused"]
        assert deadlocks_among(answers) == 0
        [event] = order.events.filter(what=GIVEN_BACK)
        assert Decimal(event.detail["worth"]) == GivingBack.objects.get(line__order=order).amount == order.gross / 2
        assert sorted(Seat.objects.filter(batch__order_id=order.pk).values_list("state", flat=True)) == [
            "available",
            "revoked",
        ]
    trial.note("units given back by two merchants at once", rounds)
    trial.note("given back", OrderEvent.objects.filter(what=GIVEN_BACK).count())


def noting(order, merchant):
    """Return a rival's work: note that all that is owed for an order was paid back."""
    today, owed = local_day(timezone.now()), paying_back.owed_for(order)
    return lambda: paying_back.mark_paid_back(
        order_id=order.pk, amount=owed, paid_on=today, reference="transfer", actor=merchant, now=timezone.now()
    )


def noted_by_two(**how):
    """Give an order back, and let two merchants note that its money was paid back; return order and answers."""
    order, merchant = paid_packs(delivered=True), UserFactory(is_staff=True)
    giving(order, merchant).work()
    notes = [noting(order, merchant), noting(order, merchant)]
    return order, race(*notes, before=[(paying_back, "lock_order"), (paying_back, "record")], **how)


def test_what_two_merchants_note_at_once_was_paid_back_once():
    order, answers = noted_by_two()

    assert errors_among(answers) == ["NothingOwed"]
    assert order.events.filter(what="paid_back").count() == 1
    assert Order.objects.get(pk=order.pk).status == "refunded"


def test_control_without_locks_only_the_compare_and_set_of_the_order_keeps_the_second_note_out():
    order, answers = noted_by_two(without=no_row_locks)

    assert errors_among(answers) == ["MoveRefused"]
    assert order.events.filter(what="paid_back").count() == 1


def without_the_orders_lock():
    contexts.lock_order = contexts.lock_order_of_line = lambda _key: None


def test_control_without_the_orders_lock_only_the_key_of_the_rows_is_left():
    order, merchant = paid_packs(delivered=True), UserFactory(is_staff=True)

    answers = race(
        giving(order, merchant, units=1),
        giving(order, merchant, units=1),
        before=ABOUT_TO_GIVE,
        without=without_the_orders_lock,
    )

    # One is refused by the key, or ended by a deadlock over it and then finds the unit given back.
    assert errors_among(answers) in (["IntegrityError"], ["GivingBackRefused"])
    assert order.events.filter(what=GIVEN_BACK).count() == GivingBack.objects.count() == 1


def test_what_is_given_back_while_it_is_delivered_leaves_no_seat_to_anybody(trial):
    rounds, merchant = trial.size(3, 30), UserFactory(is_staff=True)
    delivered_first = 0
    for number in range(rounds):
        order = paid_packs(number)
        rivals = [run_due_jobs, giving(order, merchant)]
        # In turns: without pauses, and with each of them ahead.
        step = [*ABOUT_TO_GIVE, *ABOUT_TO_DELIVER] if number % 3 else []
        if number % 3 == 2:
            rivals.reverse()
        answers = race(*rivals, before=step, in_turn=bool(step))
        assert errors_among(answers) == []
        assert deadlocks_among(answers) == 0
        order.refresh_from_db()
        assert (order.status, order.lines.get().status) == ("completed", "given_back")
        seats = Seat.objects.filter(batch__order_id=order.pk)
        assert seats.count() in (0, 2)
        assert not seats.exclude(state="revoked").exists()
        delivered_first += seats.exists()
    assert not Job.objects.filter(kind="fulfil_line").exclude(state="done").exists()
    assert rounds // 3 <= delivered_first <= rounds - rounds // 3
    trial.note("orders given back while they are delivered", rounds)
    trial.note("delivered first, seats revoked", delivered_first)
    trial.note("given back first, nothing delivered", rounds - delivered_first)


def test_control_without_the_orders_lock_only_the_compare_and_set_of_the_line_is_left():
    order, merchant = paid_packs(), UserFactory(is_staff=True)

    answers = race(
        Rival(run_due_jobs, before=ABOUT_TO_DELIVER),
        giving(order, merchant),
        in_turn=True,
        without=without_the_orders_lock,
    )

    assert errors_among(answers) == []
    order.refresh_from_db()
    assert order.status == "completed"
    assert not Seat.objects.exists()
    assert Job.objects.get(kind="fulfil_line").last_error.startswith("MoveRefused")


def used_pack(number=0):
    """Return a delivered order of two packs, and its seat that is assigned."""
    order = paid_packs(number, delivered=True)
    seat = Seat.objects.filter(batch__order_id=order.pk).order_by("unit_index").first()
    assign(seat, CourseFactory(), f"learner{number}@example.org", UserFactory(), now=timezone.now())
    seat.refresh_from_db()
    return order, seat


ABOUT_TO_REVOKE = [(revoke_module, "move_locked_seats")]
ABOUT_TO_CONSUME = [(enter_module, "move_locked_seats")]


def entering(seat, **pauses):
    return Rival(lambda: enter_course(user=seat.person, course=seat.course, now=timezone.now()).consumed, **pauses)


def test_a_seat_is_given_back_or_entered_and_never_both(trial):
    rounds, merchant = trial.size(2, 20), UserFactory(is_staff=True)
    entered_first = 0
    for number in range(rounds):
        order, seat = used_pack(number)
        # Alternately without pauses, and with giving back ahead.
        step = [*ABOUT_TO_REVOKE, *ABOUT_TO_CONSUME] if number % 2 else []
        given, entered = race(giving(order, merchant), entering(seat), before=step, in_turn=bool(step))
        assert deadlocks_among([given, entered]) == 0
        seat.refresh_from_db()
        is_in_course = Enrolment.objects.open().filter(user__email=f"learner{number}@example.org").exists()
        if entered.error:
            assert (entered.error, given.value, seat.state) == ("NotEnrolled", order.gross, "revoked")
        else:
            assert (entered.value, given.error, seat.state) == (1, "GivingBackRefused", "consumed")
        assert is_in_course == (seat.state == "consumed")
        entered_first += seat.state == "consumed"
    assert Order.objects.filter(lines__status="given_back").count() == rounds - entered_first >= rounds // 2
    trial.note("seats given back and entered at once", rounds)
    trial.note("consumed, giving back refused", entered_first)
    trial.note("given back", rounds - entered_first)


def without_the_seats_lock_and_the_guard_of_the_move():
    no_row_locks()
    without_looking_at_the_state()


def test_control_without_lock_and_guard_a_seat_is_taken_from_somebody_who_has_just_entered():
    """The seat is revoked without the merchant's explicit yes; either guard alone would refuse one of the two."""
    order, seat = used_pack()

    given, entered = race(
        giving(order, UserFactory(is_staff=True), before=ABOUT_TO_REVOKE),
        entering(seat),
        in_turn=True,
        without=without_the_seats_lock_and_the_guard_of_the_move,
    )

    assert (given.value, entered.value) == (order.gross, 1)
    seat.refresh_from_db()
    assert seat.state == "revoked"
